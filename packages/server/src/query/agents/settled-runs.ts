/** How far the table of runs goes, and the scope of a question to it. */
import { formatNanos, unixNano } from '@sightline/base';
import type { Reader } from '../reader.ts';
import type { RunScope } from '../sql/runs-sql.ts';
import { int64, sql, trusted } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import type { RunsProgressToRecord } from '../../storage/telemetry-store.ts';

/** How far the table of runs goes. Nothing is known where `untilMs` is 0 and nothing is `ahead`. */
export interface RunsProgress extends Omit<RunsProgressToRecord, 'isFirst'> {
  readonly seenMs: bigint;
}

interface ProgressRow {
  readonly generation: number;
  readonly untilMs: string;
  readonly seenMs: string;
  readonly aheadUntilMs: string;
  readonly aheadFromS: number;
  readonly waiting: readonly (readonly [project: string, traceId: string, fromS: number])[];
  readonly nowMs: string;
}

async function readRow(reader: Pick<Reader, 'rows'>): Promise<ProgressRow | undefined> {
  const [row] = await reader.rows<ProgressRow>(
    trusted(`SELECT generation, toUnixTimestamp64Milli(until) AS untilMs, toUnixTimestamp64Milli(seen) AS seenMs, toUnixTimestamp64Milli(ahead_until) AS aheadUntilMs,
        toUnixTimestamp(ahead_from) AS aheadFromS, arrayMap(one -> tuple(one.1, lower(hex(one.2)), toUnixTimestamp(one.3)), waiting) AS waiting, toUnixTimestamp64Milli(now64(3)) AS nowMs
      FROM runs_progress ORDER BY generation DESC, recorded DESC LIMIT 1`),
  );
  return row;
}

export async function readRunsProgress(reader: Pick<Reader, 'rows'>): Promise<RunsProgress> {
  const row = await readRow(reader);
  const untilMs = BigInt(row?.untilMs ?? 0);
  const aheadUntilMs = BigInt(row?.aheadUntilMs ?? 0);
  const ahead =
    aheadUntilMs > untilMs ? { untilMs: aheadUntilMs, fromS: Number(row?.aheadFromS ?? 0) } : undefined;
  const waiting = (row?.waiting ?? []).map(([project, traceId, fromS]) => ({
    project,
    traceId,
    from: BigInt(fromS) * 1_000_000_000n,
  }));
  return {
    generation: Number(row?.generation ?? 0),
    untilMs,
    seenMs: BigInt(row?.seenMs ?? 0),
    ahead,
    waiting,
  };
}

/** The newest generation of the table of runs; 0 where there is none. Takes half the time of `readRunsProgress`. */
export async function readGeneration(reader: Pick<Reader, 'rows'>): Promise<number> {
  const [row] = await reader.rows<{ newest: number }>(
    trusted('SELECT max(generation) AS newest FROM runs_progress'),
  );
  return Number(row?.newest ?? 0);
}

/** Runs are settled a second or two after their spans came; what waits longer is told. */
const lateMsMin = 10_000n;

/** The scope of a question. What came just before is settled first, where that takes no longer than a moment; where much is not settled yet, the answer says so. */
export async function settledRuns(reader: Reader, window: Window): Promise<RunScope> {
  await reader.settle();
  const { project } = reader;
  const row = await readRow(reader);
  const scope = { project, generation: Number(row?.generation ?? 0), window };
  if (row === undefined) return scope;
  const untilMs = BigInt(row.seenMs);
  const lateMs = BigInt(row.nowMs) - lateMsMin;
  if (untilMs >= lateMs) return scope;
  const [late] = await reader.rows(sql`SELECT 1 FROM ai_spans
    WHERE changed_time > fromUnixTimestamp64Milli(${int64(untilMs)}, 'UTC') AND changed_time <= fromUnixTimestamp64Milli(${int64(lateMs)}, 'UTC') LIMIT 1`);
  if (late !== undefined)
    reader.meet({
      limit: 'settling',
      message: whatIsMissing(untilMs, BigInt(row.aheadFromS) * 1_000_000_000n),
    });
  return scope;
}

function whatIsMissing(untilMs: bigint, fromNanos: bigint): string {
  const time = (nanos: bigint): string => `${formatNanos(unixNano(nanos)).slice(0, 19)}Z`;
  const since =
    untilMs > 0n ? `what came or changed since ${time(untilMs * 1_000_000n)}` : 'what was stored before';
  const before = fromNanos > 0n ? ` and happened before ${time(fromNanos)}` : '';
  return `Runs are being settled: ${since}${before} is not all in this answer yet.`;
}
