import { useLocation, useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { busy } from '../api/busy.ts';
import { defaultRange, type TimeRange } from '../model/time-range.ts';

/** What stands after `?`: plain strings, absent when unset. */
export type UrlSearch = Readonly<Record<string, string | undefined>>;

export interface UrlState {
  readonly search: UrlSearch;
  /** Sets and (with undefined) unsets. A `push` makes a step for the Back button; typing and zooming replace. */
  readonly patch: (changes: UrlSearch, how?: 'push' | 'replace') => void;
}

/** The question a page shows, read from and written to the address. */
export function useUrlState(): UrlState {
  const search = useRouterState({ select: (state) => state.location.search as UrlSearch });
  const navigate = useNavigate();
  const patch = useCallback(
    (changes: UrlSearch, how: 'push' | 'replace' = 'push') => {
      const done = busy.begin();
      void navigate({
        to: '.',
        search: (before: UrlSearch) => withoutEmpty({ ...before, ...changes }),
        replace: how === 'replace',
      } as never).finally(done);
    },
    [navigate],
  );
  return useMemo(() => ({ search, patch }), [search, patch]);
}

export function useTimeRange(fallback: TimeRange = defaultRange): TimeRange {
  const { search } = useUrlState();
  const from = search['from'] ?? fallback.from;
  const to = search['to'] ?? fallback.to;
  return useMemo(() => ({ from, to }), [from, to]);
}

/** Navigation from code; `search` replaces the whole question. */
export function useGo(): (to: string, search?: UrlSearch) => void {
  const navigate = useNavigate();
  return useCallback(
    (to, search = {}) => {
      const done = busy.begin();
      void navigate({ to, search: withoutEmpty(search) } as never).finally(done);
    },
    [navigate],
  );
}

/** What stands behind `#`. */
export function useHash(): string {
  return useLocation({ select: (location) => location.hash });
}

export function usePathname(): string {
  return useLocation({ select: (location) => location.pathname });
}

/** The range and service that stay with a person from page to page. */
export function carriedSearch(search: UrlSearch): UrlSearch {
  return withoutEmpty({ from: search['from'], to: search['to'] });
}

export function withoutEmpty(search: UrlSearch): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}
