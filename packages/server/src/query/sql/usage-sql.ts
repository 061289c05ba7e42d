/**
 * What a trace used, each call counted once, over rows of `ai_spans` grouped by trace id. Columns that a query does not read
 * are dropped by the engine, so one text serves lists, sorting and sums.
 */
import {
  countedSpanIdsSql,
  inferenceOperations,
  membersSql,
  toldSql,
  wrapperIdsSql,
} from '@sightline/schema/conventions';
import { type Sql, trusted } from './sql.ts';

export const inferences = inferenceOperations.map((operation) => `'${operation}'`).join(', ');

export const isInference = `operation IN (${inferences})`;
/** MCP's other methods are no calls of tools. */
export const isToolCall = `(operation = 'tool' OR (operation = 'mcp' AND tool_name != ''))`;
/** A cost below zero is a mistake of its sender: unknown, and not taken off what others cost. */
export const knownCost = 'if(cost_usd >= 0, cost_usd, NULL)';
/** Tokens were reported as a number that cannot be one of them: see `countFields`. */
export const isUncountable = 'isNaN(ifNull(cost_usd, 0))';
export const hasUsage = `(ifNull(input_tokens, 0) > 0 OR ifNull(output_tokens, 0) > 0 OR ifNull(${knownCost}, 0) > 0 OR ${isUncountable})`;

export const endNanos = `toUnixTimestamp64Nano(start_time) + toInt64(least(duration_ns, 4000000000000000000))`;

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

const ids = {
  spanId: 'span_id',
  // A span that names itself as its parent is not around anything.
  parentSpanId: "if(parent_span_id = span_id, toFixedString('', 8), parent_span_id)",
  operation: 'operation',
};

/** Ids of the spans around another of those for which the condition holds. */
export const wrapperIds = (isCall: string): string => wrapperIdsSql({ ...ids, isCall });

/** How much a span tells of what it used. */
export const told = toldSql({
  costUsd: knownCost,
  parts: [
    'cache_read_tokens',
    'cache_write_tokens',
    'cache_write_1h_tokens',
    'reasoning_tokens',
    'input_audio_tokens',
    'output_audio_tokens',
  ],
  serviceTier: 'service_tier',
});

/** Ids of the spans whose usage counts. */
export const countedIds = countedSpanIdsSql({
  ...ids,
  responseId: 'response_id',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  costUsd: knownCost,
  isUncountable,
  told,
  model: 'model',
  service: 'service',
  scope: 'scope_name',
  startNanos: 'toUnixTimestamp64Nano(start_time)',
  endNanos,
});

/** For sorting: of spans with one id, that which used most is the one that counts. As `countedByParents` has it. */
export const mostUsedSql = (part: {
  readonly [
    name in 'input' | 'output' | 'cost' | 'cacheRead' | 'cacheWrite' | 'reasoning' | 'model' | 'provider'
  ]: string;
}): string =>
  [
    `ifNull(${part.input}, 0) + ifNull(${part.output}, 0)`,
    ...[part.input, part.cost, part.cacheRead, part.cacheWrite, part.reasoning].map(
      (each) => `ifNull(${each}, -1)`,
    ),
    `toString(${part.model})`,
    `toString(${part.provider})`,
  ].join(', ');

const mostUsed = mostUsedSql({
  input: 'call.4',
  output: 'call.5',
  cost: 'call.9',
  cacheRead: 'call.6',
  cacheWrite: 'call.7',
  reasoning: 'call.8',
  model: 'call.3',
  provider: 'call.2',
});

/** Of these calls those that count, and of spans with one id the one that used most. Each name is bound once: an alias is planned anew wherever it is used. */
const billed = `arrayMap((used, counted) -> arrayMap(mine -> arrayFilter((call, nth) -> nth = 1, mine, arrayEnumerateUniq(arrayMap(call -> call.1, mine))),
    [arrayReverseSort(call -> tuple(${mostUsed}), arrayMap(any_ -> arrayFilter((call, in_) -> in_ AND call.11 = any_, used, ${membersSql('arrayMap(call -> call.1, used)', 'counted')}),
    [arrayExists(each -> each.11, used)])[1])])[1],
  [groupUniqArrayIf(tuple(${usageTuple}, ${isInference}), ${hasUsage})], [${countedIds}])[1]`;

/**
 * Aggregates over the rows of a trace. `billed`: the counted calls as tuples of span id, provider, model, tokens (input, output, cache read, cache write, reasoning), cost and
 * price version. A span that was sent twice is one, and so are two spans with one id.
 */
export const billedColumns = `${billed} AS billed`;

/** The sums of `billed`, for a SELECT around that of `billedColumns`: together they take twice as long to plan. */
export const billedSums = `
  ${sumOf(4)} AS inputTokens, ${sumOf(5)} AS outputTokens, ${sumOf(6)} AS cacheReadTokens, ${sumOf(7)} AS cacheWriteTokens,
  ${sumOf(8)} AS reasoningTokens, ${sumOf(9)} AS costUsd,
  toUInt64(arrayCount(call -> isNull(call.9), billed)) AS unpricedCalls`;

/** The sums of rows of `source` that have the columns above. */
export const summedUsageText = `
  sumOrNull(source.inputTokens) AS inputTokens, sumOrNull(source.outputTokens) AS outputTokens, sumOrNull(source.cacheReadTokens) AS cacheReadTokens,
  sumOrNull(source.cacheWriteTokens) AS cacheWriteTokens, sumOrNull(source.reasoningTokens) AS reasoningTokens, sumOrNull(source.costUsd) AS costUsd,
  sum(source.unpricedCalls) AS unpricedCalls`;
export const summedUsage: Sql = trusted(summedUsageText);
