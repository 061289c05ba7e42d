/**
 * What a trace used, each call counted once, over rows of `ai_spans` grouped by trace id. Columns that a query does not read
 * are dropped by the engine, so one text serves lists, sorting and sums.
 */
import { countedSpanIdsSql, inferenceOperations } from '@sightline/schema/conventions';
import { type Sql, trusted } from './sql.ts';

export const inferences = inferenceOperations.map((operation) => `'${operation}'`).join(', ');

export const isInference = `operation IN (${inferences})`;
/** A cost below zero is a mistake of its sender: unknown, and not taken off what others cost. */
export const knownCost = 'if(cost_usd >= 0, cost_usd, NULL)';
export const hasUsage = `(ifNull(input_tokens, 0) > 0 OR ifNull(output_tokens, 0) > 0 OR ifNull(${knownCost}, 0) > 0)`;

/** Token counts can be absurd: as doubles their sum does not wrap. */
const asNumber = (column: string): string => `toFloat64(${column})`;

const usageTuple = [
  'span_id',
  'provider',
  'model',
  asNumber('input_tokens'),
  asNumber('output_tokens'),
  asNumber('cache_read_tokens'),
  asNumber('cache_write_tokens'),
  asNumber('reasoning_tokens'),
  knownCost,
  'price_version',
].join(', ');

const sumOf = (place: number): string => `arrayReduce('sumOrNull', arrayMap(call -> call.${place}, billed))`;

/** Ids of the spans whose usage counts. */
export const countedIds = countedSpanIdsSql({
  spanId: 'span_id',
  // A span that names itself as its parent is not around anything.
  parentSpanId: "if(parent_span_id = span_id, toFixedString('', 8), parent_span_id)",
  operation: 'operation',
  responseId: 'response_id',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  costUsd: knownCost,
});

/**
 * `billed`: the counted calls as tuples of span id, provider, model, tokens (input, output, cache read, cache write, reasoning), cost and
 * price version; and their sums. A span that was sent twice is one.
 */
export const usageColumns = `
  ${countedIds} AS countedIds,
  arrayFilter(call -> has(countedIds, call.1), groupUniqArrayIf(tuple(${usageTuple}), ${hasUsage})) AS billed,
  ${sumOf(4)} AS inputTokens, ${sumOf(5)} AS outputTokens, ${sumOf(6)} AS cacheReadTokens, ${sumOf(7)} AS cacheWriteTokens,
  ${sumOf(8)} AS reasoningTokens, ${sumOf(9)} AS costUsd,
  toUInt64(arrayCount(call -> isNull(call.9), billed)) AS unpricedCalls`;

/** The sums of rows of `source` that have the columns above. */
export const summedUsageText = `
  sumOrNull(source.inputTokens) AS inputTokens, sumOrNull(source.outputTokens) AS outputTokens, sumOrNull(source.cacheReadTokens) AS cacheReadTokens,
  sumOrNull(source.cacheWriteTokens) AS cacheWriteTokens, sumOrNull(source.reasoningTokens) AS reasoningTokens, sumOrNull(source.costUsd) AS costUsd,
  sum(source.unpricedCalls) AS unpricedCalls`;
export const summedUsage: Sql = trusted(summedUsageText);
