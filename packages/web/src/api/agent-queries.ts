/** The questions of the agent views: runs and their parts, and what they add up to. Same rules as in `queries.ts`. */
import type {
  AgentGraphResponse,
  AgentsResponse,
  ConversationResponse,
  McpResponse,
  ModelsResponse,
  OverviewGroup,
  OverviewResponse,
  PartResponse,
  PerformanceResponse,
  PipelineResponse,
  RealtimeResponse,
  RunCostResponse,
  RunGraphResponse,
  RunResponse,
  RunsResponse,
  SessionResponse,
  SessionsResponse,
  Thresholds,
  ToolFailuresResponse,
  ToolsResponse,
  TurnResponse,
  UsersResponse,
} from '@sightline/schema/api';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { comparedOverview } from '../model/compared-overview.ts';
import { getJson, request, type Parameters } from './client.ts';

/** What narrows every view of agents; each a parameter of the page's address as well. */
export const exactFilters = [
  'service',
  'version',
  'environment',
  'agent',
  'model',
  'tool',
  'session',
  'user',
] as const;
export type ExactFilter = (typeof exactFilters)[number];

interface Lists {
  readonly runs: RunsResponse;
  readonly sessions: SessionsResponse;
  readonly users: UsersResponse;
  readonly models: ModelsResponse;
  readonly agents: AgentsResponse;
  readonly tools: ToolsResponse;
}
export type AgentListName = keyof Lists;

const pageSize = 100;

export const agentListQuery = <Name extends AgentListName>(name: Name, asked: Parameters, asOf: number) =>
  infiniteQueryOptions({
    queryKey: ['agent-list', name, asked, asOf],
    queryFn: ({ pageParam, signal }) =>
      getJson<Lists[Name]>(`/${name}`, { ...asked, limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What the run adds up to. Its steps, megabytes of a long run, are in the slim trace already. */
export const runQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['run', traceId],
    queryFn: ({ signal }) => getJson<RunResponse>(`/runs/${traceId}`, { detail: 'slim' }, signal),
    staleTime: 60_000,
  });

/** Where a conversation is read from: a run, or all runs of a session. */
export type ConversationPlace = { readonly traceId: string } | { readonly sessionId: string };

/** The first page opens soon; who goes on behind it has time, and should not have to ask often. */
const laterTurns = 500;

export const conversationQuery = (place: ConversationPlace) =>
  infiniteQueryOptions({
    queryKey: ['conversation', place],
    queryFn: ({ pageParam, signal }) =>
      getJson<ConversationResponse>(
        'traceId' in place
          ? `/runs/${place.traceId}/conversation`
          : `/sessions/${encodeURIComponent(place.sessionId)}/conversation`,
        { cursor: pageParam, limit: pageParam === undefined ? undefined : laterTurns },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: 60_000,
    structuralSharing: false,
  });

/** One call with its whole prompt. */
export const turnQuery = (traceId: string, spanId: string) =>
  queryOptions({
    queryKey: ['turn', traceId, spanId],
    queryFn: ({ signal }) => getJson<TurnResponse>(`/runs/${traceId}/conversation/${spanId}`, {}, signal),
    staleTime: 300_000,
  });

/** All of a part that was cut. */
export const partQuery = (traceId: string, spanId: string, partId: string) =>
  queryOptions({
    queryKey: ['part', traceId, spanId, partId],
    queryFn: async ({ signal }) => {
      const path = `/runs/${traceId}/conversation/${spanId}/parts/${encodeURIComponent(partId)}`;
      let text = '';
      for (let offset: number | null = 0; offset !== null;) {
        const piece: PartResponse = await getJson<PartResponse>(path, { offset }, signal);
        text += piece.text;
        offset = piece.nextOffset;
      }
      return text;
    },
    staleTime: 300_000,
  });

export const runGraphQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['run-graph', traceId],
    queryFn: ({ signal }) => getJson<RunGraphResponse>(`/runs/${traceId}/graph`, {}, signal),
    staleTime: 60_000,
  });

export const pipelineQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['pipeline', traceId],
    queryFn: ({ signal }) => getJson<PipelineResponse>(`/runs/${traceId}/pipeline`, {}, signal),
    staleTime: 60_000,
  });

export const runCostQuery = (traceId: string) =>
  queryOptions({
    queryKey: ['run-cost', traceId],
    queryFn: ({ signal }) => getJson<RunCostResponse>(`/runs/${traceId}/cost`, {}, signal),
    staleTime: 60_000,
  });

export const sessionQuery = (sessionId: string) =>
  queryOptions({
    queryKey: ['session', sessionId],
    queryFn: ({ signal }) =>
      getJson<SessionResponse>(`/sessions/${encodeURIComponent(sessionId)}`, { limit: 1000 }, signal),
    staleTime: 30_000,
  });

/** The newest few, to count what came since the list was read. */
export const newestRunsQuery = (asked: Parameters) =>
  queryOptions({
    queryKey: ['agent-list', 'runs', 'newest', asked],
    queryFn: ({ signal }) =>
      getJson<RunsResponse>('/runs', { limit: pageSize, ...asked, sort: '-startTime' }, signal),
    meta: { background: true },
  });

/** The first runs of a list, which one request takes together. */
export async function readFirstRuns(asked: Parameters, limit: number): Promise<RunsResponse['runs']> {
  return (await getJson<RunsResponse>('/runs', { ...asked, limit })).runs;
}

export const toolFailuresQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['tool-failures', asked, asOf],
    queryFn: ({ signal }) => getJson<ToolFailuresResponse>('/tools/failures', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const mcpQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['mcp', asked, asOf],
    queryFn: ({ signal }) => getJson<McpResponse>('/mcp', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const agentGraphQuery = (asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['agent-graph', asked, asOf],
    queryFn: ({ signal }) => getJson<AgentGraphResponse>('/agent-graph', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const overviewQuery = (asked: Parameters & { readonly groupBy?: OverviewGroup }, asOf: number) =>
  queryOptions({
    queryKey: ['overview', asked, asOf],
    queryFn: async ({ signal }) =>
      comparedOverview(await getJson<OverviewResponse>('/overview', asked, signal)),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const realtimeQuery = (asked: Parameters) =>
  queryOptions({
    queryKey: ['realtime', asked],
    queryFn: ({ signal }) => getJson<RealtimeResponse>('/realtime', asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 1000,
  });

/** Of a window, or of one session. */
export const performanceQuery = (sessionId: string | undefined, asked: Parameters, asOf: number) =>
  queryOptions({
    queryKey: ['performance', sessionId, asked, asOf],
    queryFn: ({ signal }) =>
      getJson<PerformanceResponse>(
        sessionId === undefined ? '/performance' : `/performance/${encodeURIComponent(sessionId)}`,
        asked,
        signal,
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export async function saveThresholds(thresholds: Thresholds): Promise<Thresholds> {
  const response = await request('/settings/thresholds', {
    method: 'PUT',
    body: JSON.stringify(thresholds),
    headers: { 'content-type': 'application/json' },
  });
  return (await response.json()) as Thresholds;
}
