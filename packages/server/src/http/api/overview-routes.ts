import {
  agentGraphParameters,
  agentGraphResponse,
  mcpParameters,
  mcpResponse,
  overviewParameters,
  overviewResponse,
  performanceParameters,
  performanceResponse,
  realtimeParameters,
  realtimeResponse,
  samplingParameters,
  samplingResponse,
  sessionPerformanceParameters,
  thresholds,
} from '@sightline/schema/api';
import { z } from 'zod';
import { readThresholds, writeThresholds } from '../../catalog/threshold-settings.ts';
import { readAgentGraph } from '../../query/agents/read-agent-graph.ts';
import { readMcp } from '../../query/agents/read-mcp.ts';
import { readOverview } from '../../query/agents/read-overview.ts';
import { readPerformance } from '../../query/agents/read-performance.ts';
import { readRealtime } from '../../query/agents/read-realtime.ts';
import { readSampling } from '../../query/read-sampling.ts';
import { type ApiRoute, route } from './route-table.ts';

/** Agents of a window, summed up. */
export const overviewRoutes: readonly ApiRoute[] = [
  route({
    path: '/overview',
    summary: 'Runs, errors, latency, tokens and cost over time, beside the window before.',
    tag: 'agents',
    scope: 'read',
    query: overviewParameters,
    response: overviewResponse,
    answer: ({ context, query }) => readOverview(context, query),
  }),
  route({
    path: '/sampling',
    summary: 'What senders kept of their traces, as the traces say themselves.',
    tag: 'agents',
    scope: 'read',
    query: samplingParameters,
    response: samplingResponse,
    answer: ({ context, query }) => readSampling(context, query),
  }),
  route({
    path: '/realtime',
    summary: 'Queries per second, latency, error, hallucination and cache hit rate of the last seconds.',
    tag: 'agents',
    scope: 'read',
    query: realtimeParameters,
    response: realtimeResponse,
    answer: ({ context, query }) => readRealtime(context, query),
  }),
  route({
    path: '/agent-graph',
    summary: 'Who called whom in the runs of a window.',
    tag: 'agents',
    scope: 'read',
    query: agentGraphParameters,
    response: agentGraphResponse,
    answer: ({ context, query }) => readAgentGraph(context, query),
  }),
  route({
    path: '/mcp',
    summary: 'MCP servers and tools with their calls, and changes of what tools take.',
    tag: 'agents',
    scope: 'read',
    query: mcpParameters,
    response: mcpResponse,
    answer: ({ context, query }) => readMcp(context, query),
  }),
  route({
    path: '/performance',
    summary: 'How runs did, and what crossed a threshold.',
    tag: 'agents',
    scope: 'read',
    query: performanceParameters,
    response: performanceResponse,
    answer: async ({ context, sources, query }) =>
      readPerformance(context, {
        ...query,
        thresholds: await readThresholds(sources.catalog, context.project),
      }),
  }),
  route({
    path: '/performance/:session',
    summary: 'How the runs of a session did, and what crossed a threshold.',
    tag: 'agents',
    scope: 'read',
    params: z.object({ session: z.string().min(1).max(500).describe('Session id.') }),
    query: sessionPerformanceParameters,
    response: performanceResponse,
    answer: async ({ context, sources, params, query }) =>
      readPerformance(context, {
        ...query,
        ...params,
        thresholds: await readThresholds(sources.catalog, context.project),
      }),
  }),
  route({
    path: '/settings/thresholds',
    summary: 'What counts as too slow, too expensive and failing too often.',
    tag: 'settings',
    scope: 'read',
    response: thresholds,
    answer: ({ context, sources }) => readThresholds(sources.catalog, context.project),
  }),
  route({
    method: 'PUT',
    path: '/settings/thresholds',
    summary: 'Changes the thresholds of the project.',
    tag: 'settings',
    scope: 'admin',
    body: thresholds,
    response: thresholds,
    answer: async ({ context, sources, body }) => {
      await writeThresholds(sources.catalog, context.project, body);
      return readThresholds(sources.catalog, context.project);
    },
  }),
];
