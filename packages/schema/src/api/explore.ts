import { z } from 'zod';
import {
  attributes,
  errorBody,
  filterParameter,
  limitsMet,
  rangeParameters,
  rangeFrom,
  spanId,
  timestamp,
  traceId,
} from './common.ts';
import { logRecord } from './logs.ts';
import { foundSpan } from './traces.ts';

/** What a filter, facet, histogram or tail is asked of. `traces` filters like `spans`, and counts whole traces. */
export const signal = z.enum(['traces', 'spans', 'logs', 'metrics']);

export const facetsParameters = rangeParameters.extend({
  signal: signal.exclude(['metrics']),
  fields: z.string().describe('Field names, separated by commas; as in the filter language.'),
  q: filterParameter.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(10),
});

export const facetsResponse = z.object({
  facets: z.array(
    z.object({
      field: z.string(),
      values: z.array(z.object({ value: z.string(), count: z.number().int() })),
      valueCount: z.number().int().describe('Different values, listed or not.'),
      otherCount: z.number().int().describe('Items whose value is not among those listed.'),
      missingCount: z.number().int().describe('Items without the field.'),
    }),
  ),
  limitsMet,
});

export const fieldsParameters = rangeParameters.extend({
  signal,
  prefix: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Names that can stand left of `:` in a filter. */
export const fieldsResponse = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      source: z.enum(['builtin', 'attribute', 'resource', 'scope']),
      type: z.enum(['string', 'number', 'boolean', 'duration', 'json']),
      description: z.string(),
    }),
  ),
  limitsMet,
});

export const histogramParameters = rangeParameters.extend({
  signal: signal.exclude(['metrics']),
  q: filterParameter.optional(),
  buckets: z.coerce.number().int().min(1).max(300).default(60),
});

export const histogramResponse = z.object({
  stepMs: z
    .number()
    .describe(
      'With several buckets the range is widened to whole steps, so that the first and last are not cut.',
    ),
  buckets: z.array(
    z.object({
      startMs: z.number().describe('Unix milliseconds.'),
      count: z.number().int(),
      errorCount: z
        .number()
        .int()
        .describe('Failed spans or traces; log records of severity ERROR and worse.'),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
    }),
  ),
  limitsMet,
});

export const servicesResponse = z.object({
  services: z.array(
    z.object({
      name: z.string(),
      spanCount: z.number().int(),
      errorCount: z.number().int(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
  ),
  limitsMet,
});

/** A timeline looks further back than lists do: requests of agents last hours. */
export const timelineParameters = rangeFrom('to-7d').extend({
  limit: z.coerce.number().int().min(1).max(20_000).default(5000).describe('Entries at most.'),
});

/** One moment of a request across services. */
export const timelineEntry = z.object({
  type: z.enum(['span', 'event', 'log', 'metric']),
  time: timestamp,
  service: z.string(),
  title: z.string().describe('Span or event name, log body in one line, metric name with value.'),
  durationMs: z.number().nullable(),
  severity: z.enum(['ok', 'info', 'warning', 'error']),
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
  parentSpanId: spanId.nullable(),
  attributes,
});

/** Everything that carries a correlation id (or a trace id) across services, in order. */
export const timelineResponse = z.object({
  correlationId: z.string(),
  traceIds: z.array(traceId),
  services: z.array(z.string()),
  startTime: timestamp.nullable(),
  durationMs: z.number(),
  entries: z.array(timelineEntry),
  limitsMet,
});

export const tailParameters = z.object({
  signal: z.enum(['spans', 'logs']),
  q: filterParameter.optional(),
});

/**
 * The tail is a stream of server-sent events, `event:` one of these and `data:` one JSON object. `ready` comes first, once
 * the stream is watching; then every new item as `span` (as in /spans) or `log` (as in /logs), oldest first. Where more
 * arrives than can be sent, `skipped` says how many items were left out. `: heartbeat` comments keep the connection open.
 * `id:` names the place after a batch: sent as `Last-Event-ID` when connecting again, it brings what was received since, up to an hour.
 */
export const tailEvents = {
  ready: z.object({ signal: z.enum(['spans', 'logs']) }),
  span: foundSpan,
  log: logRecord,
  skipped: z.object({ count: z.number().int() }),
  error: errorBody,
};

export const sqlRequest = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(100_000)
    .describe(
      'One SELECT (also with WITH), EXPLAIN [PIPELINE | ESTIMATE] of one, SHOW TABLES or DESCRIBE <table>. Tables: see docs/sql.md.',
    ),
  maxRows: z.number().int().min(1).max(100_000).default(10_000),
});

export const sqlResponse = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.json())),
  rowCount: z.number().int(),
  elapsedMs: z.number(),
  rowsRead: z.number().int(),
  bytesRead: z.number().int(),
  limitsMet,
});

export type FacetsParameters = z.infer<typeof facetsParameters>;
export type FieldsParameters = z.infer<typeof fieldsParameters>;
export type HistogramParameters = z.infer<typeof histogramParameters>;
export type TimelineParameters = z.infer<typeof timelineParameters>;
export type TailParameters = z.infer<typeof tailParameters>;
export type TailEvents = { [Name in keyof typeof tailEvents]: z.infer<(typeof tailEvents)[Name]> };
export type Signal = z.infer<typeof signal>;
export type FacetsResponse = z.infer<typeof facetsResponse>;
export type FieldsResponse = z.infer<typeof fieldsResponse>;
export type HistogramResponse = z.infer<typeof histogramResponse>;
export type ServicesResponse = z.infer<typeof servicesResponse>;
export type TimelineEntry = z.infer<typeof timelineEntry>;
export type TimelineResponse = z.infer<typeof timelineResponse>;
export type SqlRequest = z.infer<typeof sqlRequest>;
export type SqlResponse = z.infer<typeof sqlResponse>;
