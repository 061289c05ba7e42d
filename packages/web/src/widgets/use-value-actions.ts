import { useCallback } from 'react';
import { addTerm } from '../model/filter-text.ts';
import { carriedSearch, useGo, useUrlState } from './url-state.ts';
import type { ValueAction } from './value-menu.tsx';

/** What a value on a page other than its list leads to: the list, filtered by it or without it. */
export function useValueActions(
  to: '/traces' | '/logs',
): (field: string, value: string) => readonly ValueAction[] {
  const go = useGo();
  const { search } = useUrlState();
  return useCallback(
    (field, value) => {
      const noun = to === '/traces' ? 'traces' : 'logs';
      const open = (mode: 'include' | 'exclude') => (): void =>
        go(to, { ...carriedSearch(search), q: addTerm('', field, value, mode) });
      return [
        { label: `Find ${noun} with this value`, icon: 'filter', run: open('include') },
        { label: `Find ${noun} without it`, icon: 'exclude', run: open('exclude') },
      ];
    },
    [go, to, search],
  );
}
