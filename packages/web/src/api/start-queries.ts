/** What Get started asks: what came last, and the demo data. Same rules as in `queries.ts`. */
import type { DemoState, LedgerResponse, RunsResponse, TracesResponse } from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, request } from './client.ts';

/** By their time: what is stored with an older one did not happen now. */
const recently = { from: '-1h', to: 'now', limit: 100 } as const;

/** Runs and traces of the last hour, the newest first. */
export const recentQuery = queryOptions({
  queryKey: ['recent'],
  queryFn: async ({ signal }) => {
    // In this order: where all is settled after the traces were read, the runs are those of all of them.
    const { traces } = await getJson<TracesResponse>('/traces', recently, signal);
    const ledger = await getJson<LedgerResponse>('/ledger', {}, signal);
    const { runs } = await getJson<RunsResponse>('/runs', recently, signal);
    return { runs, traces, isSettled: ledger.runs.unsettledMs === null };
  },
  staleTime: 0,
  gcTime: 0,
});

/** Looks again while something is under way. */
export const demoQuery = queryOptions({
  queryKey: ['demo'],
  queryFn: ({ signal }) => getJson<DemoState>('/demo', {}, signal),
  refetchInterval: ({ state: { data } }) =>
    data?.state === 'loading' || data?.state === 'deleting' ? 400 : false,
  staleTime: 2000,
});

export async function changeDemo(method: 'POST' | 'DELETE'): Promise<DemoState> {
  return (await (await request('/demo', { method })).json()) as DemoState;
}
