/** Which traces changed, and where their spans and their rows of `runs` are. */
import { idsByHex } from './ids-sql.ts';
import { hasMessages } from './message-logs-sql.ts';
import { inBuckets } from './range-sql.ts';
import { int64, joinSql, moment, type Sql, sql, string, trusted, uint } from './sql.ts';
import type { Window } from '../time-range.ts';

/** Rows of `ai_spans` by when they changed (milliseconds since 1970) and when they started: after `afterMs` until `untilMs`, from `from` to before `to`. */
export interface ChangedSteps {
  readonly afterMs: bigint;
  readonly untilMs: bigint;
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
}

/**
 * A request or a job around a run is stored when it ends, and what was said may come in log records of another exporter: mostly later than the steps. This
 * long after the last of them both are looked for.
 */
const lateMs = 600_000n;
const longMs = 30_000n;

const time = (ms: bigint): Sql => sql`fromUnixTimestamp64Milli(${int64(ms)}, 'UTC')`;

/** `SELECT columns` of the steps that changed, and of the last steps of runs whose root, or what it says of session and user, or whose messages came later. */
function changedSteps(columns: Sql, { afterMs, untilMs, from, to }: ChangedSteps, where: Sql): Sql {
  const within = sql`${where} AND ${joinSql(
    [
      trusted('true'),
      ...(from === undefined
        ? []
        : [sql`bucket >= toStartOfFiveMinutes(${moment(from)}) AND start_time >= ${moment(from)}`]),
      ...(to === undefined ? [] : [sql`bucket <= ${moment(to)} AND start_time < ${moment(to)}`]),
    ],
    ' AND ',
  )}`;
  const changedSince = (ms: bigint, read = columns): Sql => sql`SELECT ${read} FROM ai_spans
    WHERE changed_time > ${time(ms)} AND changed_time <= ${time(untilMs)} AND ${within}`;
  if (afterMs <= lateMs) return changedSince(afterMs);
  // Of a long time the ids of all traces would take hundreds of megabytes: only those that have steps are looked for.
  const withSteps =
    untilMs - afterMs < longMs
      ? trusted('true')
      : sql`trace_id IN (${changedSince(afterMs - lateMs, trusted('trace_id'))})`;
  const stored = sql`stored_time > ${time(afterMs)} AND stored_time <= ${time(untilMs)} AND ${withSteps}`;
  // One SELECT, not a UNION: on a cluster the engine refuses IN within the parts of a union that stands in an IN itself.
  return sql`${changedSince(afterMs - lateMs)} AND (changed_time > ${time(afterMs)}
      OR trace_id IN (SELECT trace_id FROM spans WHERE ${stored}
        AND operation IN ('other', 'http', 'db', 'messaging') AND (parent_span_id = toFixedString('', 8) OR session_id != '' OR user_id != ''))
      OR trace_id IN (SELECT trace_id FROM logs WHERE ${stored} AND trace_id != toFixedString('', 16) AND ${hasMessages}))`;
}

/** What changed by project and the ten minutes in which steps started, the newest first: `project`, `startS` (seconds since 1970), `weight`: about how
 * many steps have to be read, since a trace is read whole. */
export function changedTimes(changes: ChangedSteps, limit: number): Sql {
  return sql`SELECT project, toUnixTimestamp(toStartOfTenMinutes(start_time)) AS startS, greatest(count(), 10 * uniqHLL12(trace_id)) AS weight
    FROM (${changedSteps(trusted('project, start_time, trace_id'), changes, trusted('true'))})
    GROUP BY project, startS ORDER BY startS DESC, project LIMIT ${uint(limit)}`;
}

/** Some of the traces of a project with a changed step that started within the window: those with the remainder `part` of `parts`. */
export interface ChangedTraces {
  readonly project: string;
  readonly started: Window;
  readonly changes: Pick<ChangedSteps, 'afterMs' | 'untilMs'>;
  readonly part: number;
  readonly parts: number;
}

/** `SELECT trace_id …` */
export function changedIds({ project, started, changes, part, parts }: ChangedTraces): Sql {
  const inPart = parts === 1 ? trusted('true') : sql`cityHash64(trace_id) % ${uint(parts)} = ${uint(part)}`;
  return changedSteps(
    trusted('trace_id'),
    { ...changes, from: started.from, to: started.to },
    sql`project = ${string(project)} AND ${inBuckets(started)} AND ${inPart}`,
  );
}

/** Traces of a project with a span that started then or later. */
export interface TracesToSettle {
  readonly project: string;
  readonly started: Window;
  /** For `trace_id IN (…)`. */
  readonly among: Sql;
}

/** In RowBinary: the id, from when to when the trace has spans, how many, and whether its root came. It may have begun seven days before. */
export function tracesToSettle({ project, started, among }: TracesToSettle): Sql {
  return sql`SELECT trace_id, min(start_time), max(end_time), sum(span_count), min(tupleElement(head, 'is_child')) = 0 FROM trace_summaries
    WHERE project = ${string(project)} AND day >= toDate(${moment(started.from)}) - 7 AND trace_id IN (${among}) GROUP BY trace_id`;
}

/** Where the table has these traces: `traceId`, `startNanos`, `lastNanos`. `where` is on the times of the run. */
export function knownPlaces(
  { project, generation }: { readonly project: string; readonly generation: number },
  traceIds: readonly string[],
  where: Sql,
): Sql {
  return sql`SELECT lower(hex(trace_id)) AS traceId, toUnixTimestamp64Nano(start_time) AS startNanos, toUnixTimestamp64Nano(last_time) AS lastNanos FROM runs FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND ${where} AND trace_id IN (${idsByHex(traceIds, 16)})`;
}

/** Whether anything changed after that. */
export function anyChangeAfter(ms: bigint): Sql {
  return sql`SELECT 1 FROM ai_spans WHERE changed_time > fromUnixTimestamp64Milli(${int64(ms)}, 'UTC') LIMIT 1`;
}
