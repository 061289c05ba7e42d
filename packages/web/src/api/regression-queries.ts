/** Deploys and what they changed. Same rules as in `queries.ts`. */
import type { Baseline, RegressionLook, RegressionsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson } from './client.ts';

export const regressionsQuery = (asked: { readonly from: string; readonly to: string }, asOf: number) =>
  queryOptions({
    queryKey: ['regressions', asked, asOf],
    queryFn: ({ signal }) => getJson<RegressionsResponse>('/regressions', { ...asked }, signal),
    staleTime: 15_000,
  });

/** What a deploy is compared with: what ran before or beside it, the same time a week before, or a baseline by its name. */
export type ComparedWith = 'before' | 'last_week' | { readonly baseline: string };

export const baselinesQuery = queryOptions({
  queryKey: ['regressions', 'baselines'],
  queryFn: ({ signal }) => getJson<{ readonly baselines: readonly Baseline[] }>('/baselines', {}, signal),
});

export const regressionNowQuery = (id: string, against: ComparedWith) =>
  queryOptions({
    queryKey: ['regressions', 'now', id, against],
    queryFn: ({ signal }) =>
      getJson<RegressionLook>(
        '/regressions/now',
        { id, ...(typeof against === 'string' ? { against } : against) },
        signal,
      ),
    staleTime: 15_000,
  });
