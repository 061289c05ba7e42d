import { z } from 'zod';
import { timestamp } from './common.ts';

export const telemetrySignal = z.enum(['traces', 'logs', 'metrics']);

/** `received = accepted + rejected`, and `accepted = stored + pending + quarantined`, always. */
export const ledgerRow = z.object({
  project: z.string(),
  signal: telemetrySignal,
  received: z.number().int(),
  accepted: z.number().int().describe('Acknowledged: on disk in the journal, or further.'),
  stored: z.number().int().describe('In the tables.'),
  pending: z.number().int().describe('In the journal, not yet in the tables.'),
  rejected: z.number().int().describe('Refused item by item, and told so to the sender.'),
  quarantined: z
    .number()
    .int()
    .describe('Accepted, then refused by the engine; kept in the quarantine folder.'),
  rejections: z.array(z.object({ reason: z.string(), count: z.number().int() })),
  quarantines: z.array(z.object({ reason: z.string(), count: z.number().int() })),
  lastReceived: timestamp.nullable(),
});

/** The built-in probe: a span written through the receiver and read back through the query API. */
export const canary = z.object({
  state: z.enum(['starting', 'ok', 'failing', 'off']),
  lastOk: timestamp.nullable(),
  lastVisibleMs: z.number().nullable().describe('From acknowledgement to visible, last time.'),
  error: z.string().nullable(),
});

export const ledgerResponse = z.object({
  rows: z.array(ledgerRow),
  journal: z.object({
    bytes: z.number().int(),
    bytesMax: z
      .number()
      .int()
      .describe('For the journal and the quarantine together. Beyond, nothing is accepted.'),
    quarantineBytes: z.number().int().describe('Of what was accepted and then refused by the engine.'),
    segments: z.number().int(),
    oldestPendingMs: z
      .number()
      .nullable()
      .describe(
        'Age of the oldest record that is acknowledged and not yet stored; null where nothing waits.',
      ),
  }),
  runs: z.object({
    unsettledMs: z
      .number()
      .nullable()
      .describe(
        'For how long the oldest spans have been stored whose runs are not in lists yet; null where all are.',
      ),
  }),
  canary,
});

export const quarantineResendRequest = z.strictObject({
  after: z.string().max(500).default('').describe('`next` of the answer before; leave it out to begin.'),
});

/** What became of some pieces of the quarantine; `next` goes on after them. */
export const quarantineResent = z.object({
  stored: z.number().int().describe('Pieces that are in the tables now, and no longer in quarantine.'),
  items: z.number().int().describe('Spans, log records and data points in them.'),
  refused: z.number().int().describe('Pieces that the engine refused again. They stay.'),
  damaged: z.number().int().describe('Pieces that are not what was written. They stay.'),
  reasons: z.array(z.string()).describe('Why pieces were refused.'),
  next: z.string().nullable(),
});

export const statusResponse = z.object({
  version: z.string(),
  state: z.enum(['starting', 'ready', 'degraded', 'stopping']),
  problems: z.array(z.object({ code: z.string(), message: z.string(), hint: z.string() })),
  startedAt: timestamp,
  uptimeS: z.number(),
  node: z.string(),
  engine: z.object({ kind: z.enum(['embedded', 'clickhouse']), version: z.string() }),
  controlPlane: z.object({ kind: z.enum(['embedded', 'postgres']), version: z.string() }),
  endpoints: z.object({ ui: z.string(), otlpHttp: z.string(), otlpGrpc: z.string() }),
  backlog: z
    .object({ oldestMs: z.number(), bytes: z.number().int() })
    .nullable()
    .describe('What is acknowledged and not yet stored, and the age of the oldest of it.'),
  memory: z.object({ rssBytes: z.number().int() }),
  disk: z.object({
    dataBytes: z.number().int(),
    capBytes: z.number().int().nullable(),
    freeBytes: z.number().int().nullable(),
    tables: z.array(z.object({ name: z.string(), rows: z.number().int(), bytes: z.number().int() })),
  }),
  retentionDays: z.object({ traces: z.number(), logs: z.number(), metrics: z.number() }),
  apiKeyRequired: z.boolean(),
});

export const healthResponse = z.object({ status: z.literal('ok') });
/** 200 where the status is `ready`, 503 otherwise. A check that is `degraded` does not keep the server from its work. Who may not read gets no messages. */
export const readyResponse = z.object({
  status: z.enum(['ready', 'not_ready', 'stopping']),
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['ok', 'degraded', 'failing']),
      message: z.string().nullable(),
    }),
  ),
});

/** What is known to be lost, and nobody will be told of any more. */
export const damageAccepted = z.object({
  parts: z.number().int(),
  rows: z.number().int().describe('In these parts, as far as their number is known.'),
});

export type TelemetrySignal = z.infer<typeof telemetrySignal>;
export type LedgerRow = z.infer<typeof ledgerRow>;
export type LedgerResponse = z.infer<typeof ledgerResponse>;
export type QuarantineResent = z.infer<typeof quarantineResent>;
export type Canary = z.infer<typeof canary>;
export type ReadyResponse = z.infer<typeof readyResponse>;
export type DamageAccepted = z.infer<typeof damageAccepted>;
export type StatusResponse = z.infer<typeof statusResponse>;
