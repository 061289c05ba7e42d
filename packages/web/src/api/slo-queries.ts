/** SLOs: what is left of their budgets, and how it was spent. Same rules as in `queries.ts`. */
import type {
  CheckSloResponse,
  Slo,
  SloHistoryResponse,
  SloInput,
  SlosResponse,
} from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

const everyMs = 15_000;

export const slosQuery = queryOptions({
  queryKey: ['slos'],
  queryFn: ({ signal }) => getJson<SlosResponse>('/slos', {}, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export const sloHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['slos', id, 'history'],
    queryFn: ({ signal }) => getJson<SloHistoryResponse>(`/slos/${id}/history`, {}, signal),
    refetchInterval: everyMs,
    staleTime: 2_000,
  });

/** What an SLO that is being written would have counted. */
export const checkSloQuery = (slo: SloInput) =>
  queryOptions({
    queryKey: ['slos', 'check', slo],
    queryFn: () => sendJson<CheckSloResponse>('POST', '/slos/check', { slo }),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  });

export const saveSlo = (id: string | undefined, slo: SloInput) =>
  id === undefined ? sendJson<Slo>('POST', '/slos', slo) : sendJson<Slo>('PUT', `/slos/${id}`, slo);
export const deleteSlo = (id: string) => sendJson<unknown>('DELETE', `/slos/${id}`);
