import { runCostResponse, runGraphResponse, runResponse } from '@sightline/schema/api';
import { z } from 'zod';
import { readRun, readRunCost, readRunGraph } from '../../query/agents/read-run.ts';
import { type ApiRoute, route } from './route-table.ts';

const noParameters = z.object({});
const traceInPath = z.object({ traceId: z.string().describe('32 hex digits.') });

/** One run: its steps, and what its tabs show. */
export const runRoutes: readonly ApiRoute[] = [
  route({
    path: '/runs/:traceId',
    summary: 'One run: its sums, its steps as a tree, and what is odd about its telemetry.',
    tag: 'agents',
    params: traceInPath,
    query: noParameters,
    response: runResponse,
    answer: ({ context, params }) => readRun(context, params.traceId),
  }),
  route({
    path: '/runs/:traceId/graph',
    summary: 'Who called whom in a run, and in which order.',
    tag: 'agents',
    params: traceInPath,
    query: noParameters,
    response: runGraphResponse,
    answer: ({ context, params }) => readRunGraph(context, params.traceId),
  }),
  route({
    path: '/runs/:traceId/cost',
    summary: 'What a run cost by step, agent, model, tool and kind of token.',
    tag: 'agents',
    params: traceInPath,
    query: noParameters,
    response: runCostResponse,
    answer: ({ context, params }) => readRunCost(context, params.traceId),
  }),
];
