import { z } from 'zod';
import { timestamp } from './common.ts';

const days = z.number().min(1).max(3650);

/** How long each signal is kept, and the largest size of the telemetry store. */
export const retentionSettings = z.strictObject({
  days: z.strictObject({ traces: days, logs: days, metrics: days }),
  capBytes: z
    .number()
    .int()
    .min(100_000_000)
    .nullable()
    .describe('Over it, the oldest days go first. null: no cap. At least 100 MB.'),
});

/** What a key may do. None implies another. */
export const keyScope = z
  .enum(['ingest', 'read', 'write', 'admin'])
  .describe(
    'ingest: send telemetry. read: ask for what is stored. write: scores, annotations, deleting traces. admin: keys, links to dashboards, retention, prices, evaluators, reworks.',
  );

const scopes = z.array(keyScope).describe('Each opens its own requests; none implies another.');
const requestsPerMinute = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullable()
  .describe('Requests a minute that each server takes with this key. null: no limit.');

export const apiKeyInfo = z.object({
  id: z.string(),
  name: z.string(),
  scopes,
  requestsPerMinute,
  prefix: z.string().describe('The first characters of the key, to tell keys apart.'),
  createdAt: timestamp,
  revokedAt: timestamp.nullable(),
});

export const apiKeysResponse = z.object({ keys: z.array(apiKeyInfo) });
export const newApiKeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: scopes
    .min(1)
    .refine((given) => new Set(given).size === given.length, 'A scope stands here twice')
    .default(() => [...keyScope.options]),
  requestsPerMinute: requestsPerMinute.default(null),
});
export const newApiKeyResponse = apiKeyInfo.extend({
  key: z.string().describe('Shown this once; only its hash is kept.'),
});

export type RetentionSettings = z.infer<typeof retentionSettings>;
export type ApiKeyInfo = z.infer<typeof apiKeyInfo>;
export type KeyScope = z.infer<typeof keyScope>;
