/**
 * What a question may take from the table of runs, and what it reads in `ai_spans` beside it. Where more changed than can be read within the limits of an
 * answer, as after an upgrade or when a whole day was priced anew, it answers for what can be read, the newest of it, and says so.
 */
import { formatNanos, unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { type QueryContext, Reader } from '../reader.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import { aiSpansWithin, type RunScope } from '../sql/run-rows-sql.ts';
import { joinSql, moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { changedSteps, type ChangedSteps, openTraces, type StoredRuns } from '../sql/stored-runs-sql.ts';
import type { RunsProgressToRecord } from '../../storage/telemetry-store.ts';

/** Steps that are read alone, as many times as beside the table. */
const aloneFactor = 2;
/** What runs did this long before or after a window counts for it, as at its edges. */
const edgeNanos = 3_600_000_000_000n;

/** How far the table of runs goes. Nothing is known where `untilMs` is 0 and nothing is `ahead`. */
export type RunsProgress = Omit<RunsProgressToRecord, 'isFirst'>;

export async function readRunsProgress(reader: Pick<Reader, 'rows'>): Promise<RunsProgress> {
  const [row] = await reader.rows<{
    generation: number;
    untilMs: string;
    aheadUntilMs: string;
    aheadFromS: number;
  }>(
    trusted(`SELECT generation, toUnixTimestamp64Milli(until) AS untilMs, toUnixTimestamp64Milli(ahead_until) AS aheadUntilMs,
        toUnixTimestamp(ahead_from) AS aheadFromS
      FROM runs_progress ORDER BY generation DESC, recorded DESC LIMIT 1`),
  );
  const untilMs = BigInt(row?.untilMs ?? 0);
  const aheadUntilMs = BigInt(row?.aheadUntilMs ?? 0);
  const ahead =
    aheadUntilMs > untilMs ? { untilMs: aheadUntilMs, fromS: Number(row?.aheadFromS ?? 0) } : undefined;
  return { generation: Number(row?.generation ?? 0), untilMs, ahead };
}

/** The newest generation of the table of runs; 0 where there is none. Takes half the time of `readRunsProgress`. */
export async function readGeneration(reader: Pick<Reader, 'rows'>): Promise<number> {
  const [row] = await reader.rows<{ newest: number }>(
    trusted('SELECT max(generation) AS newest FROM runs_progress'),
  );
  return Number(row?.newest ?? 0);
}

/**
 * The scope with what the table of runs knows of it, or as it is where the table does not know enough. It is right whatever is loaded, priced or
 * noted in the table meanwhile: runs with a row of `ai_spans` that changed after the moments that are fixed here are read there.
 */
export async function withStoredRuns(
  reader: Reader,
  scope: RunScope,
  { agent, version }: ExactFilters,
): Promise<RunScope> {
  // The table does not say which run has a step without an agent or a version.
  if (agent === '' || version === '') return scope;
  const { generation, untilMs, ahead } = await readRunsProgress(reader);
  const isKnown = untilMs > 0n || ahead !== undefined;
  if (untilMs > 0n && ahead === undefined) {
    const unknown = [{ afterMs: until(scope, untilMs) }];
    const changed = await countSteps(reader, unknown);
    if (changed.steps <= reader.stepsReadMax)
      return withOpen(reader, scope, { generation, unknown, changed });
  }
  const window = padded(scope);
  const unknown: ChangedSteps[] = [{ afterMs: until(scope, ahead?.untilMs ?? untilMs), ...window }];
  if (ahead !== undefined) {
    const to = BigInt(ahead.fromS) * 1_000_000_000n;
    const before = { from: window.from, to: to < window.to ? to : window.to };
    const afterMs = until(scope, untilMs);
    if (before.from < before.to) unknown.push({ afterMs, untilMs: until(scope, ahead.untilMs), ...before });
  }
  if (isKnown) {
    const changed = await countSteps(reader, unknown);
    if (changed.steps <= reader.stepsReadMax)
      return withOpen(reader, scope, { generation, unknown, changed });
  }
  const alone = reader.stepsReadMax * aloneFactor;
  const [all] = await reader.rows<{ steps: string }>(
    sql`SELECT count() AS steps FROM ai_spans WHERE ${aiSpansWithin(scope)}`,
  );
  if (Number(all?.steps ?? 0) <= alone) return scope;
  const from = await newestFrom(reader, unknown, isKnown ? reader.stepsReadMax : alone);
  reader.meet({ limit: 'rows', message: whatIsMissing(from, untilMs) });
  if (!isKnown) {
    const newest = from > scope.window.from ? from : scope.window.from;
    return { ...scope, window: { ...scope.window, from: unixNano(newest) } };
  }
  const some = unknown.map((steps) => ({ ...steps, from }));
  return withOpen(reader, scope, { generation, unknown: some, changed: await countSteps(reader, some) });
}

/** Of the steps that may be read beside the table, what is read when that was too much. */
const lessFactor = 0.125;

/**
 * What `read` answers. Where it meets a limit while much is not in the table yet, it answers once more with less of that, and says so. How many steps fit
 * depends on how long their texts are, and on how busy the machine is. `isCut` says of an answer that a part of it met a limit.
 */
export async function withinLimits<Answer>(
  context: QueryContext,
  read: (context: QueryContext) => Promise<Answer>,
  isCut: (answer: Answer) => boolean = () => false,
): Promise<Answer> {
  let cut: { readonly answer: Answer } | { readonly error: SightlineError };
  try {
    const answer = await read(context);
    if (!isCut(answer)) return answer;
    cut = { answer };
  } catch (error) {
    if (!(error instanceof SightlineError) || error.code !== 'query_limit') throw error;
    cut = { error };
  }
  const reader = new Reader(context);
  const stepsReadMax = Math.floor(reader.stepsReadMax * lessFactor);
  if (await isBehind(reader, stepsReadMax)) return read({ ...context, stepsReadMax });
  if ('error' in cut) throw cut.error;
  return cut.answer;
}

/** Whether more than so many steps are not in the table. */
async function isBehind(reader: Reader, stepsMax: number): Promise<boolean> {
  const { untilMs, ahead } = await readRunsProgress(reader);
  if (untilMs === 0n || ahead !== undefined) return true;
  const { steps } = await countSteps(reader, [{ afterMs: untilMs }]);
  return steps > stepsMax;
}

/** Pages of a list are read as of the first. Rows of before there was a time of change have none. */
function until({ storedUntilMs }: RunScope, ms: bigint): bigint {
  const least = storedUntilMs === undefined || ms < storedUntilMs ? ms : storedUntilMs;
  return least === 0n ? -1n : least;
}

function padded({ window: { from, to } }: RunScope): { readonly from: bigint; readonly to: bigint } {
  return { from: from > edgeNanos ? from - edgeNanos : 0n, to: to + edgeNanos };
}

interface ChangedExtent {
  readonly steps: number;
  readonly from: bigint;
  readonly to: bigint;
}

interface ChangedRow {
  readonly steps: string;
  readonly from: string;
  readonly to: string;
}

/** How many there are, and from when to when they started. */
async function countSteps(reader: Reader, unknown: readonly ChangedSteps[]): Promise<ChangedExtent> {
  const counts = unknown.map(
    (
      steps,
    ) => sql`SELECT count() AS steps, toUnixTimestamp64Nano(min(start_time)) AS from, toUnixTimestamp64Nano(max(start_time)) AS to
      FROM ai_spans WHERE project = ${string(reader.project)} AND ${changedSteps(steps)}`,
  );
  const rows = await reader.rows<ChangedRow>(joinSql(counts, ' UNION ALL '));
  return extentOf(rows);
}

function extentOf(rows: readonly ChangedRow[]): ChangedExtent {
  const some = rows.filter(({ steps }) => Number(steps) > 0);
  const [first] = some;
  if (first === undefined) return { steps: 0, from: 0n, to: 0n };
  return some.reduce(
    (all, { steps, from, to }) => ({
      steps: all.steps + Number(steps),
      from: BigInt(from) < all.from ? BigInt(from) : all.from,
      to: BigInt(to) > all.to ? BigInt(to) : all.to,
    }),
    { steps: 0, from: BigInt(first.from), to: BigInt(first.to) },
  );
}

interface Open extends Pick<StoredRuns, 'generation' | 'unknown'> {
  readonly changed: ChangedExtent;
}

/** The scope by the table, with from when to when the runs have steps that it does not know. */
async function withOpen(
  reader: Reader,
  scope: RunScope,
  { generation, unknown, changed }: Open,
): Promise<RunScope> {
  const { project, window } = scope;
  const stored = { generation, unknown, open: undefined };
  if (changed.steps === 0) return { ...scope, stored };
  const before = await reader.rows<ChangedRow>(sql`
    SELECT count() AS steps, toUnixTimestamp64Nano(min(start_time)) AS from, toUnixTimestamp64Nano(max(last_time)) AS to
    FROM runs WHERE project = ${string(project)} AND generation = ${uint(generation)} AND is_deleted = 0
      AND bucket <= ${moment(window.to)} AND last_time >= ${moment(window.from)} AND ${openTraces(project, stored)}`);
  const text = { steps: '1', from: String(changed.from), to: String(changed.to) };
  const { from, to } = extentOf([text, ...before]);
  return { ...scope, stored: { ...stored, open: { from: unixNano(from), to: unixNano(to + 1n) } } };
}

const stretchS = 10;

/** From when on as many of these steps started as can be read, to ten seconds. */
async function newestFrom(
  reader: Reader,
  unknown: readonly ChangedSteps[],
  stepsMax: number,
): Promise<bigint> {
  const any: readonly Sql[] = unknown.map(changedSteps);
  const [row] = await reader.rows<{ stretches: string; fromS: string; last: string }>(sql`
    SELECT countIf(steps <= ${uint(stepsMax)}) AS stretches, minIf(startS, steps <= ${uint(stepsMax)}) AS fromS, max(startS) AS last
    FROM (SELECT startS, sum(some) OVER (ORDER BY startS DESC) AS steps FROM (
      SELECT intDiv(toUnixTimestamp(start_time), ${uint(stretchS)}) * ${uint(stretchS)} AS startS, count() AS some
      FROM ai_spans WHERE project = ${string(reader.project)} AND (${joinSql(any, ' OR ')}) GROUP BY startS))`);
  const fromS = Number(row?.stretches ?? 0) > 0 ? Number(row?.fromS) : Number(row?.last ?? 0) + stretchS;
  return BigInt(fromS) * 1_000_000_000n;
}

function whatIsMissing(from: bigint, untilMs: bigint): string {
  const time = (nanos: bigint): string => `${formatNanos(nanos).slice(0, 19)}Z`;
  const what =
    untilMs > 0n ? `what came or changed since ${time(untilMs * 1_000_000n)} and happened` : 'what happened';
  return `Runs are being put together: ${what} before ${time(from)} is not all in this answer yet.`;
}
