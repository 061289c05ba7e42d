/** Checks: what is looked at from outside, and how it stands. Same rules as in `queries.ts`. */
import type {
  Check,
  CheckInput,
  CheckResultsResponse,
  ChecksResponse,
  StatusPageLink,
} from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

export const checksQuery = queryOptions({
  queryKey: ['checks'],
  queryFn: ({ signal }) => getJson<ChecksResponse>('/checks', {}, signal),
  refetchInterval: 5_000,
  staleTime: 2_000,
});

export const checkResultsQuery = (id: string) =>
  queryOptions({
    queryKey: ['checks', id, 'results'],
    queryFn: ({ signal }) => getJson<CheckResultsResponse>(`/checks/${id}/results`, { limit: 100 }, signal),
    refetchInterval: 5_000,
    staleTime: 2_000,
  });

export const statusLinkQuery = queryOptions({
  queryKey: ['status-page-link'],
  queryFn: ({ signal }) => getJson<StatusPageLink>('/status-page/link', {}, signal),
  staleTime: 5_000,
});

export const saveCheck = (id: string | undefined, check: CheckInput) =>
  id === undefined
    ? sendJson<Check>('POST', '/checks', check)
    : sendJson<Check>('PUT', `/checks/${id}`, check);
export const deleteCheck = (id: string) => sendJson<unknown>('DELETE', `/checks/${id}`);
export const shareStatusPage = (shared: boolean) =>
  sendJson<StatusPageLink>('PUT', '/status-page/link', { shared });
