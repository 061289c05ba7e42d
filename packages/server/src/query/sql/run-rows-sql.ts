/** Runs: rows of `ai_spans`, a row a trace. */
import { every, moment, type Sql, sql, string, trusted } from './sql.ts';
import { inBuckets, storedUntil } from './range-sql.ts';
import { isInference, usageColumns } from './usage-sql.ts';
import type { Window } from './trace-sets-sql.ts';

export interface RunScope {
  readonly project: string;
  /** Spans outside are not looked at. */
  readonly window: Window;
  /** Rows that came later are not looked at: the pages of a list are read at one moment. Milliseconds since 1970. */
  readonly storedUntilMs?: bigint | undefined;
}

/** Rows of `ai_spans` of the scope. */
export function aiSpansWithin({ project, window, storedUntilMs }: RunScope): Sql {
  const { from, to } = window;
  return every([
    sql`project = ${string(project)} AND ${inBuckets(window)} AND start_time >= ${moment(from)} AND start_time < ${moment(to)}`,
    storedUntilMs === undefined ? undefined : storedUntil(storedUntilMs),
  ]);
}

/**
 * As one number, the smallest first; tuples take twice the time. The outermost step: a root, else the longest workflow or agent, else the longest of all. Not the first to start: the clock of another
 * service may be behind.
 */
const headOrder = `bitOr(bitOr(toUInt64(if(parent_span_id = toFixedString('', 8), 0, 9223372036854775808)), toUInt64(if(operation IN ('workflow', 'agent'), 0, 4611686018427387904))),
  toUInt64(4611686018427387903 - least(duration_ns, 4611686018427387903)))`;
export const endNanos = `toUnixTimestamp64Nano(start_time) + toInt64(least(duration_ns, 4000000000000000000))`;
/** One call seen by two instrumentations is one: spans of models that directly contain another do not count. */
const llmCalls = `countIf(operation = 'llm') - length(arrayIntersect(groupArrayIf(span_id, operation = 'llm'), groupArrayIf(parent_span_id, operation = 'llm' AND parent_span_id != span_id)))`;

const runColumns = `
  trace_id,
  min(toUnixTimestamp64Nano(start_time)) AS startNanos, max(${endNanos}) AS endNanos, endNanos - startNanos AS durationNanos,
  argMin(tuple(name, operation, service, service_version, environment, status_code), ${headOrder}) AS head,
  argMinIf(agent_name, start_time, agent_name != '') AS firstAgent,
  count() AS steps, ${llmCalls} AS llmCalls, countIf(operation = 'tool' OR (operation = 'mcp' AND tool_name != '')) AS toolCalls,
  countIf(status_code = 2) AS errorCount,
  argMin(if(operation IN ('workflow', 'agent', 'step'), if(status_code = 2, 2, 1), 0), ${headOrder}) AS headState,
  if(headState = 0, errorCount > 0, headState = 2) AS isFailed,
  max(session_id) AS sessionId, max(user_id) AS userId,
  groupUniqArrayIf(toString(agent_name), agent_name != '') AS agentNames, groupUniqArray(toString(service)) AS serviceNames,
  groupUniqArrayIf(toString(service_version), service_version != '') AS versionNames,
  groupUniqArrayIf(toString(model), ${isInference} AND model != '') AS modelNames,
  ${usageColumns}`;

/** `SELECT … FROM ai_spans … GROUP BY trace_id`, with the columns of a run. `having` may name them. */
export function runRows(scope: RunScope, where: Sql, having: Sql): Sql {
  return sql`SELECT ${trusted(runColumns)} FROM ai_spans
    WHERE ${aiSpansWithin(scope)} AND ${where} GROUP BY trace_id HAVING ${having}`;
}
