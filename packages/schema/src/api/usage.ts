/** What calls of models used and cost: the shapes that every view of agents shares. */
import { z } from 'zod';
import { filterParameter, pageParameters, rangeParameters, spanId, timestamp, traceId } from './common.ts';

/** Each call counted once. `inputTokens` include what was read from and written to the cache, `outputTokens` the reasoning. */
export const usage = z.object({
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  cacheReadTokens: z.number().nullable(),
  cacheWriteTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
  costUsd: z
    .number()
    .nullable()
    .describe('Sum over the calls whose price is known; null where it is known of none.'),
  unpricedCalls: z.number().int().describe('Calls with usage but without a known price: not in `costUsd`.'),
});

export const modelShare = z.object({
  provider: z.string().nullable(),
  model: z.string(),
  calls: z
    .number()
    .int()
    .describe(
      'Calls that told what they used. 0 where none of all calls did, as where all failed: then these are the models that were called.',
    ),
  costUsd: z.number().nullable(),
});

/** All scores of one name on what is summed up. */
export const scoreSummary = z.object({
  name: z.string(),
  count: z.number().int(),
  average: z.number().nullable().describe('Of those with a numeric value.'),
  label: z.string().nullable().describe('The most frequent label.'),
});

export const runStatus = z.enum(['ok', 'error']);

/** What narrows lists of agents: a span of the run, or the call itself, has all of these. */
export const agentFilterParameters = z.object({
  q: filterParameter.optional(),
  service: z.string().optional(),
  version: z.string().optional(),
  environment: z.string().optional(),
  agent: z.string().optional(),
  model: z.string().optional(),
  tool: z.string().optional(),
  session: z.string().optional(),
  user: z.string().optional(),
});

/** `sort` is one of the columns, largest first with `-` before it. */
export function sortParameter<Column extends string>(
  columns: readonly Column[],
  first: NoInfer<Column> | `-${NoInfer<Column>}`,
) {
  const choices = columns.flatMap((column): (Column | `-${Column}`)[] => [column, `-${column}`]);
  return z
    .enum(choices as [Column, ...(Column | `-${Column}`)[]])
    .default(first as never)
    .describe('A column; with `-` before it the largest first. What has no value comes last.');
}

export const agentListParameters = rangeParameters.extend({
  ...pageParameters.shape,
  ...agentFilterParameters.shape,
});

export const listEnd = { nextCursor: z.string().nullable() };

export const failureExample = z.object({ time: timestamp, message: z.string(), traceId, spanId });

export type Usage = z.infer<typeof usage>;
export type ModelShare = z.infer<typeof modelShare>;
export type ScoreSummary = z.infer<typeof scoreSummary>;
export type RunStatus = z.infer<typeof runStatus>;
export type AgentFilterParameters = z.infer<typeof agentFilterParameters>;
export type AgentListParameters = z.infer<typeof agentListParameters>;
