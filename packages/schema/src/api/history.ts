import { z } from 'zod';
import { rangeStartParameter, timeParameter, timestamp } from './common.ts';

export const historyRequest = z.strictObject({
  from: rangeStartParameter,
  to: timeParameter.default('now'),
});

/** A rework of what is stored: one day after the other, one rework at a time. */
export const historyJob = z.object({
  id: z.string(),
  kind: z
    .enum(['reprice', 'rederive'])
    .describe('`reprice`: costs by the prices of now. `rederive`: derived fields by the conventions of now.'),
  state: z.enum(['running', 'done', 'failed']),
  from: timestamp,
  to: timestamp,
  daysDone: z.number().int(),
  daysTotal: z.number().int(),
  calls: z.number().int().describe('Calls of models in the days that are done, each once.'),
  costUsdBefore: z.number().nullable().describe('null: no call of these had a known cost.'),
  costUsdAfter: z.number().nullable(),
  unpricedCallsBefore: z.number().int(),
  unpricedCalls: z.number().int().describe('Calls of these that have no known cost now.'),
  error: z.string().nullable(),
});

export type HistoryJob = z.infer<typeof historyJob>;
