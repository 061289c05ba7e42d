/** How many alerts fire, for the bell: apart from `alert-queries.ts`, since every page loads it first. */
import type { AlertsResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson } from './client.ts';

export const alertCountsQuery = queryOptions({
  queryKey: ['alerts', 'counts'],
  queryFn: ({ signal }) =>
    getJson<Pick<AlertsResponse, 'counts' | 'firingBySeverity'>>('/alerts', { limit: 1 }, signal),
  refetchInterval: 10_000,
  staleTime: 5_000,
  retry: false,
  meta: { background: true },
});
