import { z } from 'zod';
import {
  limitsMet,
  rangeFrom,
  filterParameter,
  spanId,
  timestamp,
  traceId,
  traceIdParameter,
} from './common.ts';
import { sortParameter } from './usage.ts';

/** `regressed`: seen again after it was resolved. */
export const errorStatus = z.enum(['unresolved', 'resolved', 'ignored', 'regressed']);
export const errorClass = z.enum([
  'rate_limit',
  'context_length',
  'content_filter',
  'timeout',
  'authentication',
  'overloaded',
  'connection',
  'tool',
]);

const name = z.string().max(500).optional();
export const errorColumns = ['count', 'lastTime', 'firstTime', 'users', 'sessions', 'runs'] as const;

export const errorsParameters = rangeFrom('to-24h').extend({
  q: filterParameter.optional().describe('Only errors of traces that meet this filter.'),
  status: z
    .enum(['open', 'all', ...errorStatus.options])
    .default('open')
    .describe('`open`: unresolved and regressed.'),
  search: z.string().max(200).optional().describe('A part of type, message or place, whatever its case.'),
  class: errorClass.optional().describe('Cause of the failure of a model, or `tool`.'),
  type: name.describe('Type of the exception.'),
  assignee: name,
  service: name,
  version: name,
  environment: name,
  model: name,
  agent: name,
  tool: name,
  user: name,
  session: name,
  trace: traceIdParameter.optional().describe('Only groups of errors of this trace.'),
  sort: sortParameter(errorColumns, '-lastTime'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const errorGroup = z.object({
  id: z.string().describe('16 hex digits.'),
  type: z.string().describe('Type of the exception, or what stands for it.'),
  message: z.string().describe('As the newest of them says it.'),
  title: z.string().describe('The message without what differs from one to the next.'),
  culprit: z
    .string()
    .describe('Where in the program it happens, as `module:function`; empty where no stack tells.'),
  class: errorClass.nullable(),
  status: errorStatus,
  assignee: z.string().nullable(),
  ignoredUntil: timestamp.nullable(),
  changedAt: timestamp.nullable().describe('When its state was changed last.'),
  changedBy: z.string().nullable(),
  count: z
    .number()
    .int()
    .describe('In the range. An error that a span passes on to the span above it counts once.'),
  handled: z.number().int().describe('Of these, recorded by spans that did not fail.'),
  users: z.number().int(),
  sessions: z.number().int(),
  runs: z.number().int().describe('Traces with it, in the range.'),
  firstTime: timestamp.describe('When it was seen first, whatever the range.'),
  lastTime: timestamp.describe('When it was seen last, within the range.'),
  services: z.array(z.string()),
  versions: z.array(z.string()),
  models: z.array(z.string()),
  agents: z.array(z.string()),
  tools: z.array(z.string()),
  counts: z.array(z.number().int()).describe('Per step of the range.'),
});

export const errorsResponse = z.object({
  errors: z.array(errorGroup),
  total: z.number().int().describe('Occurrences of all groups that meet the filter.'),
  groups: z.number().int().describe('Groups that meet the filter, also those beyond the limit.'),
  from: timestamp,
  stepMs: z.number(),
  limitsMet,
});

const share = z.object({ value: z.string(), count: z.number().int() });

export const errorFrame = z.object({
  module: z.string(),
  function: z.string(),
  file: z.string(),
  line: z.number().int().nullable(),
  inApp: z.boolean().describe('The code of the program: neither of the runtime nor of a library.'),
  source: z
    .object({ first: z.number().int(), lines: z.array(z.string()) })
    .nullable()
    .describe('Lines of the source around it, where a source map is known.'),
});

export const errorOccurrence = z.object({
  time: timestamp,
  message: z.string(),
  service: z.string(),
  version: z.string(),
  environment: z.string(),
  source: z.enum(['exception', 'status', 'log']),
  handled: z.boolean(),
  name: z.string().describe('Of the span, or of the event.'),
  model: z.string(),
  agent: z.string(),
  tool: z.string(),
  userId: z.string().nullable(),
  sessionId: z.string().nullable(),
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
  logId: z.string().nullable(),
});

export const errorStack = z.object({
  language: z.string(),
  exceptions: z
    .array(z.object({ type: z.string(), message: z.string(), frames: z.array(errorFrame) }))
    .describe(
      'The one that was reported comes first, its root cause last; in each, where it was thrown comes first.',
    ),
  text: z.string().describe('As it was reported.'),
});

export const errorParameters = rangeFrom('to-24h').extend({
  limit: z.coerce.number().int().min(1).max(200).default(20).describe('Occurrences, the newest first.'),
});

/** What a group can be split into, and what was put into it by hand. */
export const errorPart = z.object({
  id: z.string(),
  fingerprint: z.string(),
  message: z.string(),
  culprit: z.string(),
  count: z.number().int(),
  lastTime: timestamp,
});

export const errorResponse = z.object({
  error: errorGroup,
  from: timestamp,
  stepMs: z.number(),
  lastSeen: timestamp.describe('Whatever the range.'),
  byService: z.array(share),
  byVersion: z.array(share),
  byEnvironment: z.array(share),
  byModel: z.array(share).describe('Of the failed calls; where these name none, of the runs.'),
  byAgent: z.array(share),
  byTool: z.array(share),
  byUser: z.array(share),
  occurrences: z.array(errorOccurrence),
  stack: errorStack.nullable().describe('Of the newest occurrence that has one.'),
  parts: z.array(errorPart).describe('Stacks and messages that are told apart, the most frequent first.'),
  merged: z.array(z.string()).describe('Groups that were put into it by hand.'),
  limitsMet,
});

const groupId = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits');

const ignoredUntilMsMax = Date.UTC(2200, 0);

export const errorStateRequest = z.strictObject({
  status: z.enum(['unresolved', 'resolved', 'ignored']).optional(),
  inNextVersion: z
    .boolean()
    .default(false)
    .describe('With `resolved`: only errors of a version that was not seen yet are a regression.'),
  ignoredUntil: z.iso
    .datetime({ offset: true })
    .refine(
      (text) => Date.parse(text) > 0 && Date.parse(text) < ignoredUntilMsMax,
      'a time before the year 2200',
    )
    .nullable()
    .default(null)
    .describe('With `ignored`: null for ever.'),
  assignee: z.string().trim().max(200).nullable().optional().describe('Null for nobody.'),
  by: z.string().trim().max(200).optional().describe('Who changes it.'),
});

export const errorMergeRequest = z.strictObject({
  into: groupId,
  groups: z.array(groupId).min(1).max(100),
});
export const errorSplitRequest = z.strictObject({ parts: z.array(groupId).min(1).max(100) });
export const errorUnmergeRequest = z.strictObject({ group: groupId });
export const errorMoved = z.object({ id: z.string() });

export type ErrorStatus = z.infer<typeof errorStatus>;
export type ErrorsParameters = z.infer<typeof errorsParameters>;
export type ErrorsResponse = z.infer<typeof errorsResponse>;
export type ErrorGroupFacts = z.infer<typeof errorGroup>;
export type ErrorParameters = z.infer<typeof errorParameters>;
export type ErrorResponse = z.infer<typeof errorResponse>;
export type ErrorFrame = z.infer<typeof errorFrame>;
export type ErrorStack = z.infer<typeof errorStack>;
export type ErrorOccurrence = z.infer<typeof errorOccurrence>;
export type ErrorStateRequest = z.infer<typeof errorStateRequest>;
