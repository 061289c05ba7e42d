import { idsByHex } from './ids-sql.ts';
import { inRange } from './range-sql.ts';
import type { Window } from './trace-sets-sql.ts';
import { summaryDaysFrom } from './whole-traces-sql.ts';
import {
  billedColumns,
  billedSums,
  endNanos,
  hasUsage,
  isUncountable,
  knownCost,
  told,
} from './usage-sql.ts';
import { type Sql, sql, string, trusted } from './sql.ts';

export interface SummaryRow {
  readonly traceId: string;
  readonly name: string;
  readonly service: string;
  readonly isChild: number;
  readonly services: readonly string[];
  readonly startText: string;
  readonly startNanos: string;
  readonly endNanos: string;
  readonly spanCount: string;
  readonly errorCount: string;
  readonly sessionId: string;
  readonly userId: string;
}

const columns = trusted(`
  lower(hex(trace_id)) AS traceId, min(head) AS first,
  tupleElement(first, 'name') AS name, tupleElement(first, 'service') AS service, tupleElement(first, 'is_child') AS isChild,
  arraySort(groupUniqArrayArray(services)) AS services, min(start_time) AS startText,
  toUnixTimestamp64Nano(startText) AS startNanos, toUnixTimestamp64Nano(max(end_time)) AS endNanos,
  sum(span_count) AS spanCount, sum(error_count) AS errorCount,
  max(session_id) AS sessionId, max(user_id) AS userId`);

/** The summaries of these traces (hex ids), all of which have a span within the window; without one, whenever they were. */
export function selectSummaries(
  project: string,
  traceIds: readonly string[],
  window: Window | undefined,
): Sql {
  const days = window === undefined ? sql`project = ${string(project)}` : summaryDaysFrom(project, window);
  return sql`SELECT ${columns} FROM trace_summaries
    WHERE ${days} AND trace_id IN (${tracesByHex(traceIds)}) GROUP BY trace_id`;
}

/** For `trace_id IN (…)`. */
export function tracesByHex(traceIds: readonly string[]): Sql {
  return idsByHex(traceIds, 16);
}

export interface UsageRow {
  readonly traceId: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
}

/** What these traces used, all of whose spans are within the window. A trace without calls of models has no row. */
export function selectUsage(project: string, traceIds: readonly string[], window: Window): Sql {
  return sql`SELECT traceId, inputTokens, outputTokens, costUsd, unpricedCalls FROM (SELECT traceId, ${trusted(billedSums)} FROM (
    SELECT lower(hex(trace_id)) AS traceId, ${trusted(billedColumns)} FROM ai_spans
    WHERE ${inRange(project, 'spans', window)} AND trace_id IN (${tracesByHex(traceIds)}) GROUP BY trace_id))`;
}

/** A call, or a sum of calls, as the rule of what counts needs it. */
export interface UsedCallRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly operation: string;
  readonly responseId: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | 'inf' | null;
  readonly uncountable: number;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly model: string;
  readonly provider: string;
  readonly service: string;
  readonly scope: string;
  readonly startNanos: string;
  readonly endNanos: string;
  readonly told: number;
}

/** What `selectUsage` adds up, span by span. */
export function selectUsedCalls(project: string, traceIds: readonly string[], window: Window): Sql {
  return sql`SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentSpanId,
      operation, response_id AS responseId, toFloat64(input_tokens) AS inputTokens, toFloat64(output_tokens) AS outputTokens,
      ${trusted(knownCost)} AS costUsd, toUInt8(${trusted(isUncountable)}) AS uncountable, toFloat64(cache_read_tokens) AS cacheReadTokens,
      toFloat64(cache_write_tokens) AS cacheWriteTokens, toFloat64(reasoning_tokens) AS reasoningTokens, model, provider,
      service, scope_name AS scope, toString(toUnixTimestamp64Nano(start_time)) AS startNanos, toString(${trusted(endNanos)}) AS endNanos,
      toUInt8(${trusted(told)}) AS told
    FROM ai_spans WHERE ${inRange(project, 'spans', window)} AND trace_id IN (${tracesByHex(traceIds)}) AND ${trusted(hasUsage)}`;
}
