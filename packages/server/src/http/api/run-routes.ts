import {
  conversationParameters,
  conversationResponse,
  partParameters,
  partResponse,
  pipelineResponse,
  runCostResponse,
  runGraphResponse,
  runDetailParameters,
  runResponse,
  sessionConversationParameters,
  turnParameters,
  turnResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { readPipeline } from '../../query/agents/read-pipeline.ts';
import { readRun, readRunCost, readRunGraph } from '../../query/agents/read-run.ts';
import {
  readPart,
  readRunConversation,
  readSessionConversation,
  readTurn,
} from '../../query/agents/read-conversation.ts';
import { sessionInPath } from './agent-routes.ts';
import { type ApiRoute, route } from './route-table.ts';

const noParameters = z.object({});
const traceInPath = z.object({ traceId: z.string().describe('32 hex digits.') });

const turnInPath = traceInPath.extend({ spanId: z.string().describe('`spanId` of a turn.') });
const partInPath = turnInPath.extend({ partId: z.string().max(100).describe('`partId` of a part.') });

/** One run: its steps, and what its tabs show. */
export const runRoutes: readonly ApiRoute[] = [
  route({
    path: '/runs/:traceId',
    summary: 'One run: its sums, its steps as a tree, and what is odd about its telemetry.',
    tag: 'agents',
    scope: 'read',
    params: traceInPath,
    query: runDetailParameters,
    response: runResponse,
    answer: ({ context, params, query }) => readRun(context, params.traceId, query),
  }),
  route({
    path: '/runs/:traceId/graph',
    summary: 'Who called whom in a run, and in which order.',
    tag: 'agents',
    scope: 'read',
    params: traceInPath,
    query: noParameters,
    response: runGraphResponse,
    answer: ({ context, params }) => readRunGraph(context, params.traceId),
  }),
  route({
    path: '/runs/:traceId/pipeline',
    summary: 'The stages of a run that answers from documents, and which documents the answer used.',
    tag: 'agents',
    scope: 'read',
    params: traceInPath,
    query: noParameters,
    response: pipelineResponse,
    answer: ({ context, params }) => readPipeline(context, params.traceId),
  }),
  route({
    path: '/runs/:traceId/cost',
    summary: 'What a run cost by step, agent, model, tool and kind of token.',
    tag: 'agents',
    scope: 'read',
    params: traceInPath,
    query: noParameters,
    response: runCostResponse,
    answer: ({ context, sources, params }) =>
      readRunCost(context, params.traceId, sources.prices.bookOf(context.project)),
  }),
  route({
    path: '/runs/:traceId/conversation',
    summary: 'What was said in a run, each message once, tool calls with their results.',
    tag: 'agents',
    scope: 'read',
    params: traceInPath,
    query: conversationParameters,
    response: conversationResponse,
    answer: ({ context, params, query }) => readRunConversation(context, { ...query, ...params }),
  }),
  route({
    path: '/runs/:traceId/conversation/:spanId',
    summary: 'One turn of a conversation with its whole prompt.',
    tag: 'agents',
    scope: 'read',
    params: turnInPath,
    query: turnParameters,
    response: turnResponse,
    answer: ({ context, params, query }) => readTurn(context, { ...query, ...params }),
  }),
  route({
    path: '/runs/:traceId/conversation/:spanId/parts/:partId',
    summary: 'A piece of a part that was cut.',
    tag: 'agents',
    scope: 'read',
    params: partInPath,
    query: partParameters,
    response: partResponse,
    answer: ({ context, params, query }) => readPart(context, { ...query, ...params }),
  }),
  route({
    path: '/sessions/:id/conversation',
    summary: 'The runs of a session as one conversation.',
    tag: 'agents',
    scope: 'read',
    params: sessionInPath,
    query: sessionConversationParameters,
    response: conversationResponse,
    answer: ({ context, params, query }) => readSessionConversation(context, { ...query, ...params }),
  }),
];
