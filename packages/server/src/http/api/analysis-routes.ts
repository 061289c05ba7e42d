import {
  compareParameters,
  compareResponse,
  criticalPathParameters,
  criticalPathResponse,
  serviceMapParameters,
  serviceMapResponse,
  stagesParameters,
  stagesResponse,
  traceCriticalPathResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { readCriticalPaths } from '../../query/analysis/read-critical-paths.ts';
import { readServiceMap } from '../../query/analysis/read-service-map.ts';
import { readStages } from '../../query/analysis/read-stages.ts';
import { readTraceCriticalPath } from '../../query/analysis/read-critical-path.ts';
import { readComparison } from '../../query/analysis/read-comparison.ts';
import { type ApiRoute, route } from './route-table.ts';

/** Where the time of many traces goes, and what tells some of them from others. */
export const analysisRoutes: readonly ApiRoute[] = [
  route({
    path: '/compare',
    summary: 'Two selections of traces: how they did, where their time went, and what tells them apart.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: compareParameters,
    response: compareResponse,
    answer: ({ context, query }) => readComparison(context, query),
  }),
  route({
    path: '/critical-path',
    summary:
      'Where the time of many traces goes, by step and by who calls what, and what faster steps would save.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: criticalPathParameters,
    response: criticalPathResponse,
    answer: ({ context, query }) => readCriticalPaths(context, query),
  }),
  route({
    path: '/traces/:traceId/critical-path',
    summary: 'Which spans decide when a trace ends, with the own time and the slack of each.',
    tag: 'analysis',
    scope: 'read',
    params: z.object({ traceId: z.string().describe('32 hex digits.') }),
    query: z.object({}),
    response: traceCriticalPathResponse,
    answer: ({ context, params }) => readTraceCriticalPath(context, params.traceId),
  }),
  route({
    path: '/service-map',
    summary:
      'Services, databases, queues, models, MCP servers and hosts, who calls whom, and how that does against the time before.',
    tag: 'analysis',
    scope: 'read',
    query: serviceMapParameters,
    response: serviceMapResponse,
    answer: ({ context, query }) => readServiceMap(context, query),
  }),
  route({
    path: '/stages',
    summary:
      'How each stage of the work did: count, average, quantiles and success rate, by version or deployment.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: stagesParameters,
    response: stagesResponse,
    answer: ({ context, query }) => readStages(context, query),
  }),
];
