/** Scores, the rules that write them, queues of people who write them, and coding agents. Same rules as in `queries.ts`. */
import type {
  AnnotationItem,
  AnnotationItemsResponse,
  AnnotationQueue,
  AnnotationQueuesResponse,
  AnnotationState,
  CodingAgentsResponse,
  Evaluator,
  EvaluatorRunsResponse,
  EvaluatorsResponse,
  Score,
  ScoresResponse,
  TryEvaluatorResponse,
} from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, request, type Parameters } from './client.ts';

/** A trace with its spans, or a session with its traces. */
export type ScoredPlace = { readonly traceId: string } | { readonly session: string };

export const scoresQuery = (place: ScoredPlace) =>
  queryOptions({
    queryKey: ['scores', place],
    queryFn: ({ signal }) =>
      getJson<ScoresResponse>('/scores', { ...place, from: '-390d', limit: 500 }, signal),
    staleTime: 5_000,
  });

export interface ScoreToGive {
  /** A later score of the same id replaces this one. */
  readonly id?: string | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly name: string;
  readonly value?: number | undefined;
  readonly label?: string | undefined;
  readonly comment?: string | undefined;
  readonly who?: string | undefined;
}

export async function giveScore(score: ScoreToGive): Promise<readonly Score[]> {
  const { scores } = await send<{ scores: Score[] }>('POST', '/scores', { ...score, source: 'ui' });
  return scores;
}

export const takeScoreAway = (id: string) => send<unknown>('DELETE', `/scores/${encodeURIComponent(id)}`);

export const evaluatorsQuery = queryOptions({
  queryKey: ['evaluators'],
  queryFn: ({ signal }) => getJson<EvaluatorsResponse>('/evaluators', {}, signal),
  refetchInterval: 5_000,
  staleTime: 2_000,
});

export const evaluatorRunsQuery = (id: string, status: string | undefined) =>
  queryOptions({
    queryKey: ['evaluator-runs', id, status],
    queryFn: ({ signal }) =>
      getJson<EvaluatorRunsResponse>(`/evaluators/${id}/runs`, { limit: 100, status }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    staleTime: 2_000,
  });

export const saveEvaluator = (id: string | undefined, rule: unknown) =>
  id === undefined
    ? send<Evaluator>('POST', '/evaluators', rule)
    : send<Evaluator>('PUT', `/evaluators/${id}`, rule);
export const deleteEvaluator = (id: string) => send<unknown>('DELETE', `/evaluators/${id}`);
export const tryEvaluator = (id: string, traceId: string) =>
  send<TryEvaluatorResponse>('POST', `/evaluators/${id}/run`, { traceId, save: false });

export const queuesQuery = queryOptions({
  queryKey: ['annotation-queues'],
  queryFn: ({ signal }) => getJson<AnnotationQueuesResponse>('/annotation-queues', {}, signal),
  staleTime: 2_000,
});

export const queueItemsQuery = (id: string) =>
  queryOptions({
    queryKey: ['annotation-items', id],
    queryFn: async ({ signal }) => {
      const ask = (state?: 'open') =>
        getJson<AnnotationItemsResponse>(`/annotation-queues/${id}/items`, { limit: 1000, state }, signal);
      const all = await ask();
      // Of a longer queue, those that are left: whoever works on it reaches all of them.
      return all.items.length < all.open + all.done + all.skipped && all.open > 0 ? ask('open') : all;
    },
    staleTime: 10_000,
  });

export const saveQueue = (id: string | undefined, rule: unknown) =>
  id === undefined
    ? send<AnnotationQueue>('POST', '/annotation-queues', rule)
    : send<AnnotationQueue>('PUT', `/annotation-queues/${id}`, rule);
export const deleteQueue = (id: string) => send<unknown>('DELETE', `/annotation-queues/${id}`);
export const fillQueue = (id: string, range: { readonly from: string; readonly to: string }) =>
  send<{ added: number; known: number }>('POST', `/annotation-queues/${id}/fill`, range);
export const markItem = (queueId: string, itemId: string, state: AnnotationState, who: string | undefined) =>
  send<AnnotationItem>('PUT', `/annotation-queues/${queueId}/items/${itemId}`, {
    state,
    ...(who === undefined || who === '' ? {} : { who }),
  });

export const codingAgentsQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['coding-agents', asked, asOf],
    queryFn: ({ signal }) => getJson<CodingAgentsResponse>('/coding-agents', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return (await response.json()) as T;
}
