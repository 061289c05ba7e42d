import { idsByHex } from './ids-sql.ts';
import type { Window } from '../time-range.ts';
import { summaryDaysFrom } from './whole-traces-sql.ts';
import { usedByRuns } from './used-by-runs-sql.ts';
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
  return selectSummariesAmong(project, tracesByHex(traceIds), window);
}

function selectSummariesAmong(
  project: string,
  among: Sql,
  window: Window | undefined,
  of: Sql = columns,
): Sql {
  const days = window === undefined ? sql`project = ${string(project)}` : summaryDaysFrom(project, window);
  return sql`SELECT ${of} FROM trace_summaries WHERE ${days} AND trace_id IN (${among}) GROUP BY trace_id`;
}

/** A quarter of what reading the names and services as well takes. */
const extentColumns = trusted(`
  lower(hex(trace_id)), toString(cityHash64(trace_id)), min(head.is_child), toUnixTimestamp64Nano(min(start_time)), toUnixTimestamp64Nano(max(end_time)),
  toFloat64(sum(span_count)), toFloat64(sum(error_count))`);

/** Id, its hash, whether no root is known, start, end, spans and errors of the traces that `among` gives for `trace_id IN (…)`, in the order of their hashes. */
export function selectExtents(project: string, among: Sql, window: Window | undefined): Sql {
  return sql`${selectSummariesAmong(project, among, window, extentColumns)} ORDER BY cityHash64(trace_id)`;
}

/** For `trace_id IN (…)`. */
export function tracesByHex(traceIds: readonly string[]): Sql {
  return idsByHex(traceIds, 16);
}

/** Texts are '' for none. */
export interface UsageRow {
  readonly traceId: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly question: string;
  readonly answer: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
}

/** What these traces used and said, all of whose spans are within one of the windows. A trace that is no run, or is not settled yet, has no row. */
export function selectUsage(project: string, traceIds: readonly string[], windows: readonly Window[]): Sql {
  return selectUsed(
    project,
    { traceIds, windows },
    trusted('inputTokens, outputTokens, costUsd, unpricedCalls, sessionId, userId, question, answer'),
  );
}

/** Numbers alone: questions and answers are the longest columns of runs. */
export function selectUsedNumbers(
  project: string,
  traceIds: readonly string[],
  windows: readonly Window[],
): Sql {
  return selectUsed(project, { traceIds, windows }, trusted('inputTokens, outputTokens, costUsd'));
}

function selectUsed(
  project: string,
  { traceIds, windows }: { readonly traceIds: readonly string[]; readonly windows: readonly Window[] },
  columns: Sql,
): Sql {
  const where = sql`trace_id IN (${tracesByHex(traceIds)})`;
  return sql`SELECT lower(hex(trace_id)) AS traceId, ${columns} FROM (${usedByRuns(project, windows, where)})`;
}
