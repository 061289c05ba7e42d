import { unixNano } from '@sightline/base';
import type { Reader } from '../reader.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import type { RunScope } from '../sql/run-rows-sql.ts';
import { moment, sql, string, trusted, uint } from '../sql/sql.ts';
import { changedAfter, openTraces, type StoredRuns } from '../sql/stored-runs-sql.ts';

/** Reading more than these beside the table costs what reading everything costs. */
const openRowsMax = 500_000;

/** How far the table of runs goes. Nothing is known where `untilMs` is 0. */
export interface RunsProgress {
  readonly generation: number;
  readonly untilMs: bigint;
}

export async function readRunsProgress(reader: Pick<Reader, 'rows'>): Promise<RunsProgress> {
  const [row] = await reader.rows<{ generation: number; untilMs: string }>(
    trusted(`SELECT generation, toUnixTimestamp64Milli(until) AS untilMs FROM runs_progress
      ORDER BY generation DESC, recorded DESC LIMIT 1`),
  );
  return { generation: Number(row?.generation ?? 0), untilMs: BigInt(row?.untilMs ?? 0) };
}

/**
 * The scope with what the table of runs knows of it, or as it is where the table does not know enough. It is right whatever is loaded, priced or
 * noted in the table meanwhile: runs with a row of `ai_spans` that changed after the moment that is fixed here are read there.
 */
export async function withStoredRuns(
  reader: Reader,
  scope: RunScope,
  { agent, version }: ExactFilters,
): Promise<RunScope> {
  // The table does not say which run has a step without an agent or a version.
  if (agent === '' || version === '') return scope;
  const { generation, untilMs: known } = await readRunsProgress(reader);
  if (known === 0n) return scope;
  const { project, window, storedUntilMs } = scope;
  const untilMs = storedUntilMs === undefined || known < storedUntilMs ? known : storedUntilMs;
  const stored: StoredRuns = { generation, untilMs, open: undefined };
  const [late] = await reader.rows<{ rows: string; from: string; to: string }>(sql`
    SELECT count() AS rows, toUnixTimestamp64Nano(min(start_time)) AS from, toUnixTimestamp64Nano(max(start_time)) AS to
    FROM ai_spans WHERE ${changedAfter(project, untilMs)}`);
  const rows = Number(late?.rows ?? 0);
  if (late === undefined || rows === 0) return { ...scope, stored };
  if (rows > openRowsMax) return scope;
  const [before] = await reader.rows<{ runs: string; from: string; to: string }>(sql`
    SELECT count() AS runs, toUnixTimestamp64Nano(min(start_time)) AS from, toUnixTimestamp64Nano(max(last_time)) AS to
    FROM runs WHERE project = ${string(project)} AND generation = ${uint(generation)} AND is_deleted = 0
      AND bucket <= ${moment(window.to)} AND last_time >= ${moment(window.from)} AND ${openTraces(project, stored)}`);
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const isKnown = before !== undefined && Number(before.runs) > 0;
  const from = isKnown ? least(BigInt(late.from), BigInt(before.from)) : BigInt(late.from);
  const last = isKnown ? most(BigInt(late.to), BigInt(before.to)) : BigInt(late.to);
  return { ...scope, stored: { ...stored, open: { from: unixNano(from), to: unixNano(last + 1n) } } };
}
