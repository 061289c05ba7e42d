/** What rows of `ai_spans` and `runs` say of usage. */
import { inferenceOperations } from '@sightline/schema/conventions';
import { type Sql, trusted } from './sql.ts';

export const inferences = inferenceOperations.map((operation) => `'${operation}'`).join(', ');

export const isInference = `operation IN (${inferences})`;
/** A cost below zero is a mistake of its sender: unknown, and not taken off what others cost. */
export const knownCost = 'if(cost_usd >= 0, cost_usd, NULL)';
/** Tokens were reported as a number that cannot be one of them: see `countFields`. */
export const isUncountable = 'isNaN(ifNull(cost_usd, 0))';

export const endNanos = `toUnixTimestamp64Nano(start_time) + toInt64(least(duration_ns, 4000000000000000000))`;

const parts = [
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'reasoning_tokens',
  'input_audio_tokens',
  'output_audio_tokens',
];

/**
 * How much a span tells of what its call used, as a number: a cost first; then parts of its tokens, of which eight noughts weigh less than one part that is there; a service tier in between, since
 * who tells that it was the usual one may leave cached tokens out.
 */
export const usageDetail = `128 * isNotNull(${knownCost}) + 2 * (service_tier != '') + ${parts.map((part) => `ifNull(1 + 7 * (${part} > 0), 0)`).join(' + ')}`;

/** The sums of rows of `source` that have the columns above. */
export const summedUsageText = `
  sumOrNull(source.inputTokens) AS inputTokens, sumOrNull(source.outputTokens) AS outputTokens, sumOrNull(source.cacheReadTokens) AS cacheReadTokens,
  sumOrNull(source.cacheWriteTokens) AS cacheWriteTokens, sumOrNull(source.reasoningTokens) AS reasoningTokens, sumOrNull(source.costUsd) AS costUsd,
  sum(source.unpricedCalls) AS unpricedCalls`;
export const summedUsage: Sql = trusted(summedUsageText);
