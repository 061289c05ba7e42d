/** Replays: recorded runs that are run again. Same rules as in `queries.ts`. */
import type {
  Replay,
  ReplayBatch,
  ReplayBatchesResponse,
  ReplayBatchResponse,
  ReplayComparison,
  ReplaysResponse,
  ReplayTarget,
  TargetSettings,
  TargetsResponse,
} from '@sightline/schema/api';
import { queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

export const replaysQuery = (traceId?: string) =>
  queryOptions({
    queryKey: ['replays', traceId ?? ''],
    queryFn: ({ signal }) =>
      getJson<ReplaysResponse>('/replays', traceId === undefined ? { batchId: 'none' } : { traceId }, signal),
    refetchInterval: 3_000,
    staleTime: 1_000,
  });

export const replayComparisonQuery = (id: string) =>
  queryOptions({
    queryKey: ['replays', id, 'comparison'],
    queryFn: ({ signal }) => getJson<ReplayComparison>(`/replays/${id}/comparison`, {}, signal),
    // Until it ended and its spans came; they may be a moment late, or never come.
    refetchInterval: ({ state: { data } }) => (data === undefined || isOpen(data.replay) ? 1_000 : 10_000),
    staleTime: 1_000,
  });

export const batchesQuery = queryOptions({
  queryKey: ['replay-batches'],
  queryFn: ({ signal }) => getJson<ReplayBatchesResponse>('/replay-batches', {}, signal),
  refetchInterval: 3_000,
  staleTime: 1_000,
});

export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: ['replay-batches', id],
    queryFn: ({ signal }) => getJson<ReplayBatchResponse>(`/replay-batches/${id}`, {}, signal),
    refetchInterval: ({ state: { data } }) => (data?.batch.state === 'running' ? 2_000 : 15_000),
    staleTime: 1_000,
  });

export const replayTargetsQuery = queryOptions({
  queryKey: ['replay-targets'],
  queryFn: ({ signal }) => getJson<TargetsResponse>('/replay-targets', {}, signal),
  refetchInterval: 5_000,
  staleTime: 2_000,
});

export function isOpen({ state }: Pick<Replay, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

export const startReplay = (request: {
  readonly traceId: string;
  readonly target?: string;
  readonly input?: unknown;
  readonly whatIf?: unknown;
}) => sendJson<Replay>('POST', '/replays', request);
export const cancelReplay = (id: string) => sendJson<Replay>('POST', `/replays/${id}/cancel`);
export const changeBatch = (id: string, state: 'running' | 'paused' | 'cancelled') =>
  sendJson<ReplayBatch>('PUT', `/replay-batches/${id}/state`, { state });
export const saveTarget = (name: string, settings: Partial<TargetSettings>) =>
  sendJson<ReplayTarget>('PUT', `/replay-targets/${encodeURIComponent(name)}`, { settings });
