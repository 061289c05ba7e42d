/** Deploys and what they changed. Same rules as in `queries.ts`. */
import type { RegressionLook, RegressionsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson } from './client.ts';

export const regressionsQuery = (asked: { readonly from: string; readonly to: string }, asOf: number) =>
  queryOptions({
    queryKey: ['regressions', asked, asOf],
    queryFn: ({ signal }) => getJson<RegressionsResponse>('/regressions', { ...asked }, signal),
    staleTime: 15_000,
  });

export const regressionNowQuery = (id: string) =>
  queryOptions({
    queryKey: ['regressions', 'now', id],
    queryFn: ({ signal }) => getJson<RegressionLook>('/regressions/now', { id }, signal),
    staleTime: 15_000,
  });
