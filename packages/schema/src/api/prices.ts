import { z } from 'zod';
import { limitsMet, rangeFrom, timestamp } from './common.ts';

const dollars = z.number().min(0).max(1_000_000);
const perMillion = (of: string) => dollars.describe(`US dollars per million tokens of ${of}.`);

/** A price of the project's own. The first whose pattern fits a model counts, before the catalogue. */
export const priceOverride = z.strictObject({
  model: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .describe('Glob over the model, `*` for any characters: `gpt-4o*`.'),
  provider: z
    .string()
    .trim()
    .max(100)
    .optional()
    .describe('Only calls of this provider; of any unless given.'),
  input: perMillion('input'),
  output: perMillion('output'),
  cacheRead: perMillion('input read from the cache; as input unless given').optional(),
  cacheWrite: perMillion('input written to the cache; as input unless given').optional(),
  reasoning: perMillion('reasoning; as output unless given').optional(),
  request: dollars.describe('US dollars per call.').optional(),
});

export const priceSettings = z.strictObject({ overrides: z.array(priceOverride).max(500) });

export const unpricedReason = z.enum([
  'unknown_model',
  'unknown_provider',
  'unknown_tier',
  'counts_missing',
  'no_model',
  'priced_since',
]);

export const unpricedModel = z.object({
  provider: z.string().nullable(),
  model: z.string().nullable(),
  serviceTier: z.string().nullable(),
  calls: z.number().int(),
  tokens: z.number(),
  reportedCostUsd: z.number().describe('What the clients themselves said these calls cost.'),
  lastSeen: timestamp,
  reason: unpricedReason.describe(
    '`unknown_provider`: the model is known, but not at this host. `counts_missing`: input or output tokens were not sent. `priced_since`: there is a price now; reprice to apply it.',
  ),
});

export const unpricedModelsParameters = rangeFrom('to-7d');
export const unpricedModelsResponse = z.object({ models: z.array(unpricedModel), limitsMet });

export type PriceSettings = z.infer<typeof priceSettings>;
export type UnpricedModel = z.infer<typeof unpricedModel>;
export type UnpricedModelsResponse = z.infer<typeof unpricedModelsResponse>;
