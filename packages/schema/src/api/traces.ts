import { z } from 'zod';
import {
  attributes,
  type attributeValue,
  filterParameter,
  limitsMet,
  pageParameters,
  rangeParameters,
  spanId,
  timestamp,
  traceId,
  traceIdParameter,
} from './common.ts';
import { operationKinds, spanKinds, statusCodes } from './words.ts';

export const statusCode = z.enum(statusCodes);
export const spanKind = z.enum(spanKinds);

/** What a span did, in one vocabulary for every dialect. */
export const operationKind = z.enum(operationKinds);

export const tracesParameters = rangeParameters.extend({
  ...pageParameters.shape,
  service: z.string().optional(),
  session: z.string().optional(),
  user: z.string().optional(),
  q: filterParameter.optional(),
  minDurationMs: z.coerce.number().min(0).optional(),
  maxDurationMs: z.coerce.number().min(0).optional(),
  status: statusCode.optional().describe('`error`: traces with at least one failed span; `ok`: without any.'),
});

export const traceSummary = z.object({
  traceId,
  name: z.string().describe('Name of the root span; of the earliest span while the root has not arrived.'),
  service: z.string(),
  services: z.array(z.string()).describe('Every service with a span in the trace.'),
  startTime: timestamp,
  durationMs: z.number(),
  spanCount: z.number().int(),
  errorCount: z.number().int(),
  inputTokens: z.number().int().nullable(),
  outputTokens: z.number().int().nullable(),
  costUsd: z.number().nullable().describe('null when unknown, never 0 for an unknown price.'),
  unpricedCalls: z.number().int().describe('Calls that are not in `costUsd`, their price being unknown.'),
  sessionId: z.string().nullable(),
  userId: z.string().nullable(),
  question: z
    .string()
    .nullable()
    .describe('What was asked in the run that the trace is; null where none is recorded.'),
  answer: z.string().nullable().describe('What came of it.'),
  rootArrived: z.boolean(),
});

export const tracesResponse = z.object({
  traces: z.array(traceSummary),
  nextCursor: z.string().nullable(),
  limitsMet,
});

/** What a call cost. */
export const callCost = z.object({
  costUsd: z
    .number()
    .nullable()
    .describe('What counts: the computed price, else what was reported. null when unknown.'),
  reportedCostUsd: z.number().nullable().describe('What the client said.'),
  priceVersion: z
    .string()
    .nullable()
    .describe('The prices `costUsd` was computed by; null where it was not.'),
  costDiffers: z.boolean().describe('The computed and the reported cost differ by more than 1 %.'),
});

/** What the waterfall and lists need of a span. */
export const slimSpan = z.object({
  traceId,
  spanId,
  parentSpanId: spanId.nullable(),
  name: z.string(),
  kind: spanKind,
  service: z.string(),
  startTime: timestamp,
  durationMs: z.number(),
  status: z.object({ code: statusCode, message: z.string() }),
  operation: operationKind,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  inputTokens: z.number().int().nullable(),
  outputTokens: z.number().int().nullable(),
  costUsd: z.number().nullable(),
  eventCount: z.number().int(),
});

export const spanEvent = z.object({
  time: timestamp,
  name: z.string(),
  attributes,
  droppedAttributesCount: z.number().int(),
});

export const spanLink = z.object({
  traceId,
  spanId,
  traceState: z.string(),
  flags: z.number().int(),
  attributes,
  droppedAttributesCount: z.number().int(),
});

export const span = slimSpan.extend({
  ...callCost.shape,
  traceState: z.string(),
  flags: z.number().int(),
  attributes,
  resource: z.object({ attributes, schemaUrl: z.string(), droppedAttributesCount: z.number().int() }),
  scope: z.object({ name: z.string(), version: z.string(), attributes, schemaUrl: z.string() }),
  events: z.array(spanEvent),
  links: z.array(spanLink),
  droppedAttributesCount: z.number().int(),
  droppedEventsCount: z.number().int(),
  droppedLinksCount: z.number().int(),
  requestModel: z.string().nullable(),
  responseModel: z.string().nullable(),
  cacheReadTokens: z.number().int().nullable(),
  cacheWriteTokens: z.number().int().nullable(),
  reasoningTokens: z.number().int().nullable(),
  sessionId: z.string().nullable(),
  userId: z.string().nullable(),
  agentName: z.string().nullable(),
  toolName: z.string().nullable(),
  timeToFirstTokenMs: z.number().nullable(),
  correlationId: z.string().nullable(),
  receivedTime: timestamp,
});

/** `detail=full` (default): whole spans. `detail=slim`: spans without payloads, for long traces. */
export const traceParameters = z.object({
  detail: z.enum(['full', 'slim']).default('full'),
  limit: z.coerce.number().int().min(1).max(100_000).default(50_000),
});

export const traceResponse = z.object({
  traceId,
  spans: z.array(span),
  spanCount: z.number().int().describe('Spans stored, which may be more than returned.'),
  limitsMet,
});

export const deletedTraceResponse = z.object({
  deleted: traceId,
  spanCount: z.number().int().describe('Spans that were stored of it.'),
});

/**
 * A long trace by columns: `names[i]`… belong to span i, in start order. Small tables hold the repeating words.
 * About 60 bytes a span, so that 50,000 spans open at once.
 */
export const slimTraceResponse = z.object({
  traceId,
  spanCount: z.number().int(),
  startTime: timestamp.describe('Start of the earliest span; `startOffsetUs` count from here.'),
  tables: z.object({
    names: z.array(z.string()),
    services: z.array(z.string()),
    statusMessages: z.array(z.string()),
    models: z.array(z.string()),
  }),
  columns: z.object({
    spanId: z.array(z.string()),
    parent: z
      .array(z.number().int())
      .describe('Index of the parent in these arrays; -1 for none, -2 for a parent that is not stored.'),
    name: z.array(z.number().int()),
    service: z.array(z.number().int()),
    kind: z.array(z.number().int()).describe('0 unspecified … 5 consumer, as in OTLP.'),
    operation: z.array(z.number().int()).describe('Index into `operationKind`.'),
    startOffsetUs: z.array(z.number()),
    durationUs: z.array(z.number()),
    statusCode: z.array(z.number().int()).describe('0 unset, 1 ok, 2 error.'),
    statusMessage: z.array(z.number().int()),
    model: z.array(z.number().int()).describe('-1 for none.'),
    eventCount: z.array(z.number().int()),
    inputTokens: z.array(z.number().int().nullable()),
    outputTokens: z.array(z.number().int().nullable()),
    costUsd: z.array(z.number().nullable()),
  }),
  limitsMet,
});

export const spansParameters = rangeParameters.extend({
  ...pageParameters.shape,
  q: filterParameter.optional(),
  service: z.string().optional(),
  traceId: traceIdParameter.optional(),
});

/** A span found by a search: slim, plus the attributes with values cut at 256 characters. */
export const foundSpan = slimSpan.extend({ attributes });

export const spansResponse = z.object({
  spans: z.array(foundSpan),
  nextCursor: z.string().nullable(),
  limitsMet,
});

export type TracesParameters = z.infer<typeof tracesParameters>;
export type SpansParameters = z.infer<typeof spansParameters>;
export type TraceParameters = z.infer<typeof traceParameters>;
export type TraceSummary = z.infer<typeof traceSummary>;
export type CallCost = z.infer<typeof callCost>;
export type TracesResponse = z.infer<typeof tracesResponse>;
export type SlimSpan = z.infer<typeof slimSpan>;
export type FoundSpan = z.infer<typeof foundSpan>;
export type Span = z.infer<typeof span>;
export type SpanEvent = z.infer<typeof spanEvent>;
export type SpanLink = z.infer<typeof spanLink>;
export type TraceResponse = z.infer<typeof traceResponse>;
export type SlimTraceResponse = z.infer<typeof slimTraceResponse>;
export type SpansResponse = z.infer<typeof spansResponse>;
export type OperationKind = z.infer<typeof operationKind>;
export type SpanKind = z.infer<typeof spanKind>;
export type StatusCode = z.infer<typeof statusCode>;
export type AttributeValue = z.infer<typeof attributeValue>;
