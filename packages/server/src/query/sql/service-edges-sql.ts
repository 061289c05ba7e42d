/** The table `service_edges`: who called whom in each part of the time, made ahead (runs/edge-keeper.ts) from spans. */
import { unixNano } from '@sightline/base';
import { apartSMax } from '../analysis/service-edges.ts';
import { callTarget } from './call-target-sql.ts';
import { environmentOfResource } from './cell-minutes-sql.ts';
import { inRange, storedAfter } from './range-sql.ts';
import { every, joinSql, moment, type Parameter, type Sql, sql, string, trusted, uint } from './sql.ts';
import { edgePartLengths } from '../../storage/telemetry-store.ts';
import type { Window } from '../time-range.ts';

export const slotS = edgePartLengths[0];

/** A row of the table: a part of the time. */
export interface EdgePart {
  /** Seconds since 1970. */
  readonly slot: number;
  readonly seconds: number;
}

/**
 * A caller may have begun so long before what it calls, and what answers a call so long after it. So far spans around the time are read as well, of traces that are
 * in it and of those that its messages come from.
 */
const aroundS = BigInt(apartSMax);
const secondNanos = 1_000_000_000n;
const linksMax = 20;

export interface EdgeSpansRequest {
  readonly windows: readonly Window[];
  /** On `trace_id`, the same for every span of a trace. */
  readonly sample?: Sql | undefined;
  readonly withEnvironment: boolean;
}

const idNumber = (span: string): string => `toFloat64(bitShiftRight(cityHash64(trace_id, ${span}), 12))`;

/** Which rows of the table count. */
export interface EdgeRows {
  readonly project: string;
  /** That of the runs: what is derived anew begins another. */
  readonly generation: number;
}

/** Whole traces, by a hash of their ids. */
export const oneTraceIn = (weight: number): Sql => sql`cityHash64(trace_id) % ${uint(weight)} = 0`;

const secondsList = (slots: readonly number[]): Parameter => ({ type: 'Array(UInt32)', value: slots });

/** Spans of the windows and those around them, in RowBinary: key, key of the parent or 0, what it is, whether it failed, milliseconds, the start in seconds since 1970, keys of linked spans. */
export function edgeSpans(
  project: string,
  { windows, sample, withEnvironment }: EdgeSpansRequest,
): { readonly counted: Sql; readonly around: Sql } {
  const within = (window: Window): Sql => inRange(project, 'spans', window);
  const counted = joinSql(
    windows.map((each) => sql`(${within(each)})`),
    ' OR ',
  );
  const from = windows.reduce(
    (least, each) => (each.from < least ? each.from : least),
    windows[0]?.from ?? 0n,
  );
  const to = windows.reduce((most, each) => (each.to > most ? each.to : most), windows[0]?.to ?? 0n);
  const around = {
    from: unixNano(from > aroundS * secondNanos ? from - aroundS * secondNanos : 0n),
    to: unixNano(to + aroundS * secondNanos),
  };
  const traces = sql`SELECT trace_id FROM spans WHERE ${every([counted, sample])}`;
  const linked = sql`SELECT arrayJoin(arraySlice(link_trace_ids, 1, ${uint(linksMax)})) AS trace_id FROM spans
    WHERE ${every([counted, trusted('kind = 5 AND notEmpty(link_trace_ids)'), sample])}`;
  const columns = trusted(
    `${idNumber('span_id')}, if(parent_span_id = toFixedString('', 8), 0., ${idNumber('parent_span_id')}),
      concat(service, '\\n', toString(kind), '\\n', operation, '\\n', ${withEnvironment ? environmentOfResource : "''"}, '\\n', ${callTarget}), toUInt8(status_code = 2), duration_ns / 1e6,
      toFloat64(toUnixTimestamp(start_time)),
      if(kind = 5, arrayMap((trace, span) -> toFloat64(bitShiftRight(cityHash64(trace, span), 12)), arraySlice(link_trace_ids, 1, ${linksMax}), arraySlice(link_span_ids, 1, ${linksMax})), [])`,
  );
  // Two statements: on a cluster the engine refuses IN within the parts of a union.
  return {
    counted: sql`SELECT ${columns} FROM spans WHERE ${every([counted, sample])}`,
    around: sql`SELECT ${columns} FROM spans
      WHERE ${every([within(around), sql`NOT (${counted})`, sql`trace_id IN (${traces}) OR trace_id IN (${linked})`])}`,
  };
}

/** What was made of this part of the project's time: `seconds`, `slot`, `spans`, `allSpans`. */
export function edgeParts({ project, generation }: EdgeRows, window: Window): Sql {
  return sql`SELECT seconds, toUnixTimestamp(slot) AS slot, toFloat64(spans) AS spans, toFloat64(all_spans) AS allSpans FROM service_edges FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND slot >= ${moment(window.from)} AND slot < ${moment(window.to)}`;
}

/** In RowBinary: the start of the part in seconds since 1970, and its edges. */
export function edgeBodies({ project, generation }: EdgeRows, parts: readonly EdgePart[]): Sql {
  const among = edgePartLengths.flatMap((seconds) => {
    const slots = parts.filter((part) => part.seconds === seconds).map(({ slot }) => slot);
    return slots.length === 0
      ? []
      : [
          sql`(seconds = ${uint(seconds)} AND slot IN (SELECT toDateTime(arrayJoin(${secondsList(slots)}), 'UTC')))`,
        ];
  });
  return sql`SELECT toFloat64(toUnixTimestamp(slot)), body FROM service_edges FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND (${joinSql(among, ' OR ')})`;
}

/** Spans by five minutes, of all projects or one: `project`, `slot` (seconds since 1970), `spans`. */
export function spansBySlot(window: Window, project?: string): Sql {
  return sql`SELECT project, toUnixTimestamp(toStartOfFiveMinutes(minute)) AS slot, toFloat64(sum(count)) AS spans FROM service_rollup_1m
    WHERE ${every([
      project === undefined ? undefined : sql`project = ${string(project)}`,
      sql`minute >= toStartOfMinute(${moment(window.from)}) AND minute < ${moment(window.to)}`,
    ])} GROUP BY project, slot`;
}

/** When the spans had been stored that are in the newest row, by the engine's clock: `ms`. */
export function newestSeen(generation: number): Sql {
  return sql`SELECT toString(toUnixTimestamp64Milli(max(seen))) AS ms FROM service_edges FINAL WHERE generation = ${uint(generation)}`;
}

/** Five minutes in which spans of traces began that have a span that was stored later: `project`, `slot`. */
export function changedSlots(afterMs: bigint): Sql {
  const stored = storedAfter(afterMs);
  const edge = (of: 'min' | 'max'): Sql =>
    sql`(SELECT toStartOfFiveMinutes(${trusted(of)}(start_time)) FROM spans WHERE ${stored})`;
  return sql`SELECT project, toUnixTimestamp(started) AS slot FROM (
    SELECT project, toStartOfFiveMinutes(start_time) AS started FROM spans WHERE ${stored}
    UNION ALL SELECT project, toStartOfFiveMinutes(start_time) AS started FROM spans
      WHERE trace_id IN (SELECT trace_id FROM spans WHERE ${stored})
        AND bucket >= ${edge('min')} - ${uint(Number(aroundS))} AND bucket <= ${edge('max')} + ${uint(Number(aroundS))})
    GROUP BY project, slot`;
}

/** What was made from this second until that one: `seconds`, `slot`. */
export function knownParts(
  { project, generation }: EdgeRows,
  { from, to }: { readonly from: number; readonly to: number },
): Sql {
  return sql`SELECT seconds, toUnixTimestamp(slot) AS slot FROM service_edges FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)}
      AND slot >= toDateTime(${uint(from)}, 'UTC') AND slot <= toDateTime(${uint(to)}, 'UTC')`;
}

/** Five minutes with spans that were not made, from one on: `project`, `slot`, `spans`, `allSpans`. The newest first. */
export function missingSlots(generation: number, fromS: number, limit: number): Sql {
  const from = sql`toDateTime(${uint(fromS)}, 'UTC')`;
  return sql`SELECT project, toUnixTimestamp(part) AS slot, toFloat64(sum(count)) AS spans, spans AS allSpans
    FROM (SELECT project, toStartOfFiveMinutes(minute) AS part, count FROM service_rollup_1m WHERE minute >= ${from})
    WHERE (project, part) NOT IN (SELECT project, slot FROM service_edges FINAL WHERE generation = ${uint(generation)} AND seconds = ${uint(slotS)} AND slot >= ${from})
    GROUP BY project, part ORDER BY part DESC, project LIMIT ${uint(limit)}`;
}

export interface MissingJoins {
  readonly generation: number;
  readonly seconds: number;
  /** The length of the parts that they are made of. */
  readonly source: number;
  readonly fromS: number;
}

/** The same of longer parts, of which there are shorter ones. */
export function missingJoins({ generation, seconds, source, fromS }: MissingJoins, limit: number): Sql {
  const ofLength = (length: number): Sql =>
    sql`generation = ${uint(generation)} AND seconds = ${uint(length)} AND slot >= toDateTime(${uint(fromS)}, 'UTC')`;
  return sql`SELECT project, toUnixTimestamp(part) AS slot, toFloat64(sum(spans)) AS spans, toFloat64(sum(all_spans)) AS allSpans
    FROM (SELECT project, toDateTime(intDiv(toUnixTimestamp(service_edges.slot), ${uint(seconds)}) * ${uint(seconds)}, 'UTC') AS part, service_edges.spans AS spans, all_spans
      FROM service_edges FINAL WHERE ${ofLength(source)})
    WHERE (project, part) NOT IN (SELECT project, slot FROM service_edges FINAL WHERE ${ofLength(seconds)})
    GROUP BY project, part ORDER BY part DESC, project LIMIT ${uint(limit)}`;
}
