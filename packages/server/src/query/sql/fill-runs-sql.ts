/** What the table of runs is filled with: runs that changed, put together by the rule that lists use where the table says nothing. */
import { callNames, callRows } from './call-rows-sql.ts';
import { inBuckets } from './range-sql.ts';
import { putTogether } from './run-rows-sql.ts';
import { int64, moment, type Sql, sql, string, trusted, uint } from './sql.ts';
import { changedSteps, type ChangedSteps, filledRuns } from './stored-runs-sql.ts';
import type { Window } from './trace-sets-sql.ts';
import { isInference } from './usage-sql.ts';

/** What changed by project and the ten minutes in which steps started, the newest first: `project`, `startS` (seconds since 1970), `weight`: about how
 * many steps have to be read, since a trace is read whole. */
export function changedTimes(changes: ChangedSteps, limit: number): Sql {
  return sql`SELECT project, toUnixTimestamp(toStartOfTenMinutes(start_time)) AS startS, greatest(count(), 10 * uniqHLL12(trace_id)) AS weight FROM ai_spans
    WHERE ${changedSteps(changes)} GROUP BY project, startS ORDER BY startS DESC, project LIMIT ${uint(limit)}`;
}

/** Some of the traces of a project with a changed step that started within the window: those with the remainder `part` of `parts`. */
export interface ChangedTraces {
  readonly project: string;
  readonly generation: number;
  readonly started: Window;
  readonly changes: Pick<ChangedSteps, 'afterMs' | 'untilMs'>;
  readonly part: number;
  readonly parts: number;
}

function changedRows({ project, started, changes, part, parts }: ChangedTraces): Sql {
  const inPart = parts === 1 ? trusted('true') : sql`cityHash64(trace_id) % ${uint(parts)} = ${uint(part)}`;
  return sql`project = ${string(project)} AND ${inBuckets(started)} AND start_time >= ${moment(started.from)} AND start_time < ${moment(started.to)}
    AND ${changedSteps(changes)} AND ${inPart}`;
}

const ids = (traces: ChangedTraces): Sql => sql`SELECT trace_id FROM ai_spans WHERE ${changedRows(traces)}`;

/**
 * From when to when these traces have steps, as far as is known: a row for those that stay within an hour of it (`isFar` = 0) and one for the others.
 * `moved`: how many of them the table has at another place; `placed`: the latest of these places. `buckets`: where they are in the table, and where they will be, as sums have it (`run-sums-sql.ts`): seconds since 1970.
 */
export function extentsOf(traces: ChangedTraces): Sql {
  const { project, generation, started } = traces;
  return sql`SELECT isFar, toUnixTimestamp64Nano(min(lo)) AS from, toUnixTimestamp64Nano(max(hi)) AS to, count() AS traces,
      countIf(isMoved) AS moved, toUnixTimestamp64Nano(max(place)) AS placed, groupUniqArrayArray(spots) AS buckets
    FROM (
      SELECT trace_id, min(first) AS lo, max(last) AS hi, maxIf(first, isKnown) AS place, groupUniqArray(toUnixTimestamp(toStartOfTenMinutes(first))) AS spots,
        countIf(isKnown) > 0 AND toStartOfFiveMinutes(minIf(first, NOT isKnown)) < toStartOfFiveMinutes(place) AS isMoved,
        lo < ${moment(started.from)} - toIntervalHour(1) OR hi >= ${moment(started.to)} + toIntervalHour(1) AS isFar
      FROM (
        SELECT trace_id, min(start_time) AS first, max(start_time) AS last, false AS isKnown FROM ai_spans WHERE ${changedRows(traces)} GROUP BY trace_id
        UNION ALL
        SELECT trace_id, start_time AS first, last_time AS last, true AS isKnown FROM runs
        WHERE project = ${string(project)} AND generation = ${uint(generation)} AND is_deleted = 0 AND trace_id IN (${ids(traces)}))
      GROUP BY trace_id)
    GROUP BY isFar`;
}

/** Those of the traces that have steps more than an hour away, as far as is known. */
export function farTraces(traces: ChangedTraces, limit: number): Sql {
  const { project, generation, started } = traces;
  return sql`SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM runs
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND is_deleted = 0 AND trace_id IN (${ids(traces)})
      AND (start_time < ${moment(started.from)} - toIntervalHour(1) OR last_time >= ${moment(started.to)} + toIntervalHour(1))
    LIMIT ${uint(limit)}`;
}

/** Rows for the table: these traces, all of whose steps lie within the window. */
export function runsOf(traces: ChangedTraces, window: Window, condition: Sql): Sql {
  const { project, generation } = traces;
  const scope = { project, window };
  const among = sql`trace_id IN (${ids(traces)}) AND ${condition}`;
  return filledRuns({
    project,
    generation,
    runs: putTogether(scope, among, trusted('true')),
    calls: callRows({ scope, where: among, kinds: 'all', reads: callNames }),
    isInference,
  });
}

export const vacatedColumns = [
  'project',
  'generation',
  'trace_id',
  'version',
  'is_deleted',
  'start_time',
  'last_time',
] as const;

/** Rows that delete what the table has of these traces at other places than the newest. All places are within, the last one too. */
export function vacatedPlaces(traces: ChangedTraces, { from, to }: Window): Sql {
  const { project, generation } = traces;
  const rows = sql`SELECT trace_id, version, start_time, last_time FROM runs FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND bucket >= toStartOfFiveMinutes(${moment(from)}) AND bucket <= ${moment(to)} AND trace_id IN (${ids(traces)})`;
  return sql`SELECT ${string(project)}, ${uint(generation)}, trace_id, newest, 1, start_time, farthest
    FROM (${rows}) AS old INNER JOIN (
      SELECT trace_id, max(version) AS newest, argMax(start_time, version) AS place, max(last_time) AS farthest FROM (${rows}) GROUP BY trace_id HAVING count() > 1
    ) AS moved USING (trace_id)
    WHERE toStartOfFiveMinutes(start_time) != toStartOfFiveMinutes(place)`;
}

/** Whether anything changed after that. */
export function anyChangeAfter(ms: bigint): Sql {
  return sql`SELECT 1 FROM ai_spans WHERE changed_time > fromUnixTimestamp64Milli(${int64(ms)}, 'UTC') LIMIT 1`;
}
