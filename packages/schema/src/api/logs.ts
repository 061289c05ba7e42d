import { z } from 'zod';
import {
  attributes,
  attributeValue,
  filterParameter,
  limitsMet,
  pageParameters,
  rangeParameters,
  spanId,
  spanIdParameter,
  timestamp,
  traceId,
  traceIdParameter,
} from './common.ts';
import { severities } from './words.ts';

/** Severity as a word, from the OTLP number (1–24): TRACE 1–4, DEBUG 5–8, INFO 9–12, WARN 13–16, ERROR 17–20, FATAL 21–24. */
export const severity = z.enum(severities);

export const logRecord = z.object({
  id: z.string().describe('Opaque; names this record for /logs/{id}/context.'),
  timestamp: timestamp.describe('The event time, or the observed time where the event time is unset.'),
  observedTimestamp: timestamp.nullable(),
  severity,
  severityNumber: z.number().int(),
  severityText: z.string().describe('As sent.'),
  body: attributeValue.describe('A string, or the structured body.'),
  eventName: z.string(),
  service: z.string(),
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
  correlationId: z.string().nullable(),
  attributes,
  resource: z.object({ attributes }),
  scope: z.object({ name: z.string(), version: z.string() }),
  flags: z.number().int(),
  droppedAttributesCount: z.number().int(),
});

export const logsParameters = rangeParameters.extend({
  ...pageParameters.shape,
  q: filterParameter.optional(),
  service: z.string().optional(),
  traceId: traceIdParameter.optional(),
  spanId: spanIdParameter.optional(),
  correlationId: z.string().optional(),
  severity: severity.optional().describe('This severity or worse.'),
  order: z.enum(['desc', 'asc']).default('desc'),
});

export const logsResponse = z.object({
  logs: z.array(logRecord),
  nextCursor: z.string().nullable(),
  limitsMet,
});

export const logContextParameters = z.object({
  before: z.coerce.number().int().min(0).max(200).default(20),
  after: z.coerce.number().int().min(0).max(200).default(20),
  sameService: z.stringbool().default(true).describe('Only lines of the same service.'),
});

/** Lines around one line, oldest first; `index` is the place of the line asked for. */
export const logContextResponse = z.object({ logs: z.array(logRecord), index: z.number().int() });

export type Severity = z.infer<typeof severity>;
export type LogRecord = z.infer<typeof logRecord>;
export type LogsParameters = z.infer<typeof logsParameters>;
export type LogContextParameters = z.infer<typeof logContextParameters>;
export type LogsResponse = z.infer<typeof logsResponse>;
export type LogContextResponse = z.infer<typeof logContextResponse>;
