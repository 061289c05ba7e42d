import { useCallback, useMemo, useState } from 'react';
import type { Asked } from '../api/queries.ts';
import { defaultRange, isRelative, type TimeRange } from '../model/time-range.ts';
import { askedMoment } from './asked-moment.ts';
import { useTimeRange, useUrlState, type UrlSearch } from './url-state.ts';

/**
 * What a list page asks: its range and filter from the address, and the moment it was asked. Refreshing or choosing
 * another range moves the moment; live mode moves it for the charts but not for the list being read.
 */
export interface Question {
  readonly range: TimeRange;
  readonly filter: string;
  readonly asked: Asked;
  readonly asOf: number;
  readonly isLive: boolean;
  readonly search: UrlSearch;
  readonly patch: (changes: UrlSearch, how?: 'push' | 'replace') => void;
  readonly refresh: () => void;
  readonly setFilter: (filter: string) => void;
  readonly setRange: (range: TimeRange) => void;
  readonly setLive: (live: boolean) => void;
}

export function useQuestion(fallback: TimeRange = defaultRange): Question {
  const { search, patch } = useUrlState();
  const range = useTimeRange(fallback);
  const filter = search['q'] ?? '';
  const [asOf, setAsOf] = useState(askedMoment);
  const refresh = useCallback(() => setAsOf(Date.now()), []);
  const asked = useMemo((): Asked => ({ ...range, q: filter === '' ? undefined : filter }), [range, filter]);
  return {
    range,
    filter,
    asked,
    asOf,
    isLive: search['live'] === '1' && isRelative(range),
    search,
    patch,
    refresh,
    setFilter: (q) => {
      setAsOf(Date.now());
      patch({ q, sel: undefined });
    },
    setRange: (next) => {
      setAsOf(Date.now());
      patch({ from: next.from, to: next.to, ...(isRelative(next) ? {} : { live: undefined }) });
    },
    setLive: (live) => patch({ live: live ? '1' : undefined }, 'replace'),
  };
}
