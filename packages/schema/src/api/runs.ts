import { z } from 'zod';
import { limitsMet, pageParameters, rangeFrom, spanId, timestamp, traceId } from './common.ts';
import { operationKind, statusCode } from './traces.ts';
import {
  agentListParameters,
  listEnd,
  modelShare,
  runStatus,
  scoreSummary,
  sortParameter,
  usage,
} from './usage.ts';

/**
 * A trace in which agents, models or tools took part. Its time and its steps are those of the spans that say so; the HTTP
 * request around them is in the trace.
 */
/** One line of at most 200 characters, as it is stored; null where nothing is recorded. */
const line = z.string().nullable();

export const run = usage.extend({
  traceId,
  name: z.string().describe('Name of the request or job around it, else of the outermost step.'),
  question: line.describe(
    'What was asked: the words of the user in the first call of a model that has any, or what went into the outermost step.',
  ),
  answer: line.describe(
    'What came of it: the words of the last call of a model that has any, or what the outermost step gave back.',
  ),
  operation: operationKind,
  agent: z.string().nullable().describe('The first agent at work.'),
  service: z.string(),
  version: z.string().nullable(),
  environment: z.string().nullable(),
  startTime: timestamp,
  durationMs: z.number(),
  status: runStatus.describe(
    '`error`: the request or job around it failed, or the outermost agent, workflow or step; where there is none, any call. Errors below were handled.',
  ),
  steps: z.number().int().describe('Spans of agents, models, tools and the like.'),
  llmCalls: z.number().int(),
  toolCalls: z.number().int(),
  errorCount: z.number().int().describe('Failed steps, also those that a retry made good.'),
  models: z.array(modelShare),
  sessionId: z.string().nullable(),
  userId: z.string().nullable(),
  scores: z.array(scoreSummary),
});

export const runColumns = [
  'startTime',
  'durationMs',
  'steps',
  'llmCalls',
  'toolCalls',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
  'unpricedCalls',
  'errorCount',
] as const;

export const runsParameters = agentListParameters.extend({
  status: runStatus.optional(),
  sort: sortParameter(runColumns, '-startTime'),
});

export const runsResponse = z.object({ runs: z.array(run), ...listEnd, limitsMet });

const runGroup = usage.extend({
  runs: z.number().int(),
  failedRuns: z.number().int(),
  startTime: timestamp,
  lastTime: timestamp.describe('When the last step ended.'),
  durationMs: z.number().describe('From the first step to the last, pauses included.'),
  activeMs: z.number().describe('The runs added up.'),
  steps: z.number().int(),
  llmCalls: z.number().int(),
  toolCalls: z.number().int(),
  errorCount: z.number().int(),
  models: z.array(modelShare),
  agents: z.array(z.string()),
  services: z.array(z.string()),
  scores: z.array(scoreSummary),
  firstQuestion: line.describe('That of the first run that has one.'),
  lastAnswer: line.describe('That of the last run that has one.'),
});

/** The runs of one conversation. */
export const session = runGroup.extend({
  sessionId: z.string(),
  userId: z.string().nullable(),
});
export const user = runGroup.extend({ userId: z.string(), sessions: z.number().int() });

const groupColumns = ['runs', 'failedRuns', 'lastTime', 'activeMs', ...runColumns] as const;

export const sessionColumns = groupColumns;
export const userColumns = [...groupColumns, 'sessions'] as const;

export const sessionsParameters = agentListParameters.extend({
  sort: sortParameter(groupColumns, '-lastTime'),
});
export const usersParameters = agentListParameters.extend({
  sort: sortParameter(userColumns, '-costUsd'),
});
export const sessionsResponse = z.object({ sessions: z.array(session), ...listEnd, limitsMet });
export const usersResponse = z.object({ users: z.array(user), ...listEnd, limitsMet });

/** Conversations last: a session looks further back than lists do. */
export const sessionParameters = rangeFrom('to-30d').extend(pageParameters.shape);

/** A session with its runs in their order. */
export const sessionResponse = z.object({ session, runs: z.array(run), ...listEnd, limitsMet });

/** One step of a run, with the step it belongs to: spans of HTTP, databases and the like are left out between them. */
export const runStep = usage.extend({
  spanId,
  parentSpanId: spanId.nullable().describe('The nearest step above.'),
  depth: z.number().int(),
  name: z.string(),
  service: z.string(),
  operation: operationKind,
  agent: z.string().nullable().describe('Its own, or that of the nearest step above that names one.'),
  tool: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  startOffsetMs: z.number().describe('From the start of the run; negative where clocks disagree.'),
  durationMs: z.number(),
  status: statusCode,
  isCounted: z
    .boolean()
    .describe('Its usage is in the totals; false for repetitions and sums of what is below.'),
  timeToFirstTokenMs: z.number().nullable(),
});

/** What is odd about the telemetry of a run. Shown, so that nobody wonders. */
export const runProblem = z.object({
  type: z.enum([
    'missing_parent',
    'cyclic_parent',
    'duplicate_span',
    'clock_skew',
    'late_span',
    'implausible_tokens',
    'negative_cost',
    'cost_difference',
    'unknown_price',
  ]),
  message: z.string(),
  spanId: spanId.nullable(),
  count: z.number().int().describe('How many spans have it; `spanId` is the first.'),
});

export const runDetailParameters = z.object({
  detail: z
    .enum(['full', 'slim'])
    .default('full')
    .describe('`slim`: without the steps, which are most of a long run.'),
});

export const runResponse = z.object({
  run,
  traceStartTime: timestamp,
  traceDurationMs: z.number(),
  spanCount: z.number().int().describe('All spans of the trace.'),
  depthMax: z.number().int(),
  steps: z.array(runStep).describe('In the order of their start. Empty with `detail=slim`.'),
  problems: z.array(runProblem),
  hasConversation: z.boolean().describe('Messages were recorded.'),
  hasPipeline: z.boolean().describe('Documents were retrieved, or stages were named.'),
  limitsMet,
});

export type Run = z.infer<typeof run>;
export type RunsParameters = z.infer<typeof runsParameters>;
export type RunsResponse = z.infer<typeof runsResponse>;
export type Session = z.infer<typeof session>;
export type SessionsParameters = z.infer<typeof sessionsParameters>;
export type SessionsResponse = z.infer<typeof sessionsResponse>;
export type SessionParameters = z.infer<typeof sessionParameters>;
export type SessionResponse = z.infer<typeof sessionResponse>;
export type User = z.infer<typeof user>;
export type UsersParameters = z.infer<typeof usersParameters>;
export type UsersResponse = z.infer<typeof usersResponse>;
export type RunDetailParameters = z.infer<typeof runDetailParameters>;
export type RunStep = z.infer<typeof runStep>;
export type RunProblem = z.infer<typeof runProblem>;
export type RunResponse = z.infer<typeof runResponse>;
