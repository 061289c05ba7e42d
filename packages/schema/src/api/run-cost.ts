import { z } from 'zod';
import { limitsMet, spanId, traceId } from './common.ts';
import { operationKind } from './traces.ts';
import { usage } from './usage.ts';

const costed = usage.extend({
  calls: z.number().int(),
  share: z.number().nullable().describe('Of the cost of the run, 0 to 1.'),
});

/** A counted call. */
export const costStep = usage.extend({
  spanId,
  name: z.string(),
  operation: operationKind,
  agent: z.string().nullable(),
  tool: z.string().nullable().describe('The tool that made the call.'),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  reportedCostUsd: z.number().nullable().describe('What the client said.'),
  costFrom: z
    .enum(['computed', 'reported'])
    .nullable()
    .describe('Where `costUsd` comes from; null: unknown.'),
  priceVersion: z.string().nullable(),
  isDifferent: z.boolean().describe('Reported and computed cost differ by more than 1 %.'),
  share: z.number().nullable(),
});

export const tokenPart = z.object({
  part: z.enum(['input', 'cache_read', 'cache_write', 'output', 'reasoning']),
  tokens: z
    .number()
    .describe('Each token in one part only: `input` without cached ones, `output` without reasoning.'),
  costUsd: z.number().nullable().describe('At the price of each call; null where no price is known.'),
});

export const runCostResponse = z.object({
  traceId,
  total: usage,
  calls: z.number().int(),
  reportedCostUsd: z.number().nullable().describe('Sum of what clients said of the counted calls.'),
  isDifferent: z.boolean().describe('A call differs by more than 1 %.'),
  uncounted: z
    .object({
      spans: z.number().int(),
      reason: z.string(),
    })
    .describe('Spans with usage that repeat or sum up what is counted elsewhere.'),
  steps: z.array(costStep),
  byAgent: z.array(costed.extend({ agent: z.string().nullable() })),
  byModel: z.array(costed.extend({ provider: z.string().nullable(), model: z.string().nullable() })),
  byTool: z.array(costed.extend({ tool: z.string().nullable() })),
  byTokenPart: z.array(tokenPart),
  limitsMet,
});

export type CostStep = z.infer<typeof costStep>;
export type TokenPart = z.infer<typeof tokenPart>;
export type RunCostResponse = z.infer<typeof runCostResponse>;
