import type { Reader } from '../reader.ts';
import { sql, string, strings, uint } from '../sql/sql.ts';
import { storedAfter } from '../sql/range-sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';

/** A trace and when something of it came last, in seconds since 1970 by the engine's clock. */
export interface Arrival {
  readonly traceId: string;
  readonly lastSeconds: number;
}

export interface QuietRequest {
  readonly sinceSeconds: number;
  readonly untilSeconds: number;
  /** The last of the page before. */
  readonly after: Arrival | undefined;
  readonly limit: number;
}

/** The engine's clock, which stamps arrivals. */
export async function readEngineSeconds(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ now: string | number }>(sql`SELECT toUnixTimestamp(now()) AS now`);
  return Number(row?.now ?? 0);
}

/** Traces of which a step of an agent or model arrived after `sinceSeconds` and nothing after `untilSeconds`, by their last arrival. */
export async function findQuietTraces(
  reader: Reader,
  { sinceSeconds, untilSeconds, after, limit }: QuietRequest,
): Promise<readonly Arrival[]> {
  // Seconds are whole: what came within the second itself is not after it.
  const sinceMs = BigInt(Math.max(0, sinceSeconds)) * 1000n + 999n;
  const later =
    after === undefined
      ? sql``
      : sql`AND (last, traceId) > (${uint(after.lastSeconds)}, ${string(after.traceId)})`;
  const rows = await reader.rows<{ traceId: string; last: string | number }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, toUInt64(toUnixTimestamp(max(stored_time))) AS last FROM ai_spans
    WHERE project = ${string(reader.project)} AND ${storedAfter(sinceMs)}
    GROUP BY trace_id HAVING last <= ${uint(untilSeconds)} ${later} ORDER BY last, traceId LIMIT ${uint(limit)}`);
  return rows.map(({ traceId, last }) => ({ traceId, lastSeconds: Number(last) }));
}

export interface TraceHead {
  readonly hasRoot: boolean;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
}

export async function readHeads(
  reader: Reader,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, TraceHead>> {
  if (traceIds.length === 0) return new Map();
  const rows = await reader.rows<{ traceId: string; isChild: number; start: string; end: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, tupleElement(min(head), 'is_child') AS isChild,
      toUnixTimestamp64Nano(min(start_time)) AS start, toUnixTimestamp64Nano(max(end_time)) AS end
    FROM trace_summaries WHERE project = ${string(reader.project)} AND trace_id IN (${tracesByHex(traceIds)})
    GROUP BY trace_id`);
  return new Map(
    rows.map(({ traceId, isChild, start, end }) => [
      traceId,
      { hasRoot: isChild === 0, startNanos: BigInt(start), endNanos: BigInt(end) },
    ]),
  );
}

/** Which of the score ids are stored, deleted ones included: what somebody took away is not made again. */
export async function findKnownScores(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await reader.rows<{ id: string }>(
    sql`SELECT DISTINCT score_id AS id FROM scores WHERE project = ${string(reader.project)} AND score_id IN ${strings(ids)}`,
  );
  return new Set(rows.map(({ id }) => id));
}
