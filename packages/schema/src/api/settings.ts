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

export const apiKeyInfo = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string().describe('The first characters of the key, to tell keys apart.'),
  createdAt: timestamp,
  revokedAt: timestamp.nullable(),
});

export const apiKeysResponse = z.object({ keys: z.array(apiKeyInfo) });
export const newApiKeyRequest = z.strictObject({ name: z.string().trim().min(1).max(100) });
export const newApiKeyResponse = apiKeyInfo.extend({
  key: z.string().describe('Shown this once; only its hash is kept.'),
});

export type RetentionSettings = z.infer<typeof retentionSettings>;
export type ApiKeyInfo = z.infer<typeof apiKeyInfo>;
