/** Traces that somebody selected, as a uniform sample: which, how many there are of them, and when they were. */
import { unixNano } from '@sightline/base';
import type { Reader } from '../reader.ts';
import { readSummaries } from '../read-summaries.ts';
import { inRange } from '../sql/range-sql.ts';
import { every, joinSql, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { type TraceWish, wantedTraces } from '../sql/trace-sets-sql.ts';
import type { Window } from '../time-range.ts';
import {
  selectSummaries,
  selectSummariesAmong,
  type SummaryRow,
  tracesByHex,
} from '../sql/trace-summary-sql.ts';
import { startsWithin } from '../sql/whole-traces-sql.ts';

export type Selection =
  /** Traces with a span in the window that meet the wish, as lists have them. */
  | { readonly type: 'filter'; readonly window: Window; readonly wish: TraceWish }
  | { readonly type: 'traces'; readonly traceIds: readonly string[] };

export interface SelectedTraces {
  /** All that meet the selection and not `apartFrom`. */
  readonly total: number;
  /** How many meet both. */
  readonly inBoth: number;
  /** The sample, in the order of a hash of the ids. */
  readonly traces: readonly SummaryRow[];
  /** The ids of the sample, for `trace_id IN (…)`. Where they are too many to be written down it asks for them again, and gives those that found no room as well. */
  readonly among: Sql;
  /** From the first span of the sample to the last. */
  readonly extent: Window;
}

export interface SelectionBounds {
  readonly tracesMax: number;
  /** Spans of all traces of the sample together. */
  readonly spansMax: number;
  /** More ids than these are not written into a statement: the engine reads 256 KiB of one. */
  readonly idsMax?: number;
}

const idsMaxDefault = 3000;

/** Picked by a hash of the id, so that every trace has the same chance and the same question has the same answer. */
export async function readSelection(
  reader: Reader,
  selection: Selection,
  {
    tracesMax,
    spansMax,
    apartFrom,
    idsMax = idsMaxDefault,
  }: SelectionBounds & { readonly apartFrom?: Selection | undefined },
): Promise<SelectedTraces> {
  const found =
    selection.type === 'traces'
      ? await nameTraces(reader, selection.traceIds, apartFrom)
      : await sampleTraces(reader, selection, { tracesMax, apartFrom, idsMax });
  const traces = withinBudget(reader, found.summaries, spansMax);
  const starts = traces.map(({ startNanos }) => BigInt(startNanos));
  const ends = traces.map(({ endNanos }) => BigInt(endNanos));
  return {
    total: found.total,
    inBoth: found.inBoth,
    traces,
    among: found.among ?? tracesByHex(traces.map(({ traceId }) => traceId)),
    extent: {
      from: unixNano(starts.reduce((a, b) => (b < a ? b : a), starts[0] ?? 0n)),
      to: unixNano(ends.reduce((a, b) => (b > a ? b : a), ends[0] ?? 0n) + 1n),
    },
  };
}

interface Found {
  readonly total: number;
  readonly inBoth: number;
  readonly summaries: readonly SummaryRow[];
  /** The sample, where its ids are too many to be written down. */
  readonly among?: Sql;
}

async function nameTraces(
  reader: Reader,
  traceIds: readonly string[],
  apartFrom: Selection | undefined,
): Promise<Found> {
  const all = await reader.rows<SummaryRow>(selectSummaries(reader.project, traceIds, undefined));
  const others = apartFrom?.type === 'traces' ? new Set(apartFrom.traceIds) : new Set<string>();
  const summaries = all.filter(({ traceId }) => !others.has(traceId));
  return { total: summaries.length, inBoth: all.length - summaries.length, summaries };
}

interface SampleRow {
  readonly total: string;
  readonly inBoth: string;
  readonly ids: readonly string[];
  /** The largest hash of the sample. */
  readonly last: string;
}

async function sampleTraces(
  reader: Reader,
  selection: Extract<Selection, { readonly type: 'filter' }>,
  {
    tracesMax,
    apartFrom,
    idsMax,
  }: {
    readonly tracesMax: number;
    readonly apartFrom: Selection | undefined;
    readonly idsMax: number;
  },
): Promise<Found> {
  const { project } = reader;
  const isApart =
    apartFrom === undefined ? trusted('false') : sql`trace_id IN (${selectedIds(project, apartFrom)})`;
  const all = sql`SELECT trace_id, cityHash64(trace_id) AS hash, ${isApart} AS isApart FROM (${selectedIds(project, selection)})`;
  const [row] = await reader.rows<SampleRow>(sql`
    SELECT total, inBoth, if(length(sample) > ${uint(idsMax)}, [], arrayMap(each -> lower(hex(each.2)), sample)) AS ids,
      toString(sample[-1].1) AS last
    FROM (
      SELECT countIf(NOT isApart) AS total, countIf(isApart) AS inBoth,
        groupArraySortedIf(${uint(tracesMax)})((hash, trace_id), NOT isApart) AS sample
      FROM (${all}))`);
  const counts = { total: Number(row?.total ?? 0), inBoth: Number(row?.inBoth ?? 0) };
  const ids = row?.ids ?? [];
  if (counts.total > 0 && ids.length === 0) {
    const among = sql`SELECT trace_id FROM (${all}) WHERE NOT isApart AND hash <= toUInt64(${string(row?.last ?? '0')})`;
    const found = await reader.rows<SummaryRow>(
      sql`SELECT * FROM (${selectSummariesAmong(project, among, selection.window)}) ORDER BY cityHash64(unhex(traceId))`,
      { resultRowsMax: tracesMax },
    );
    return { ...counts, summaries: found, among };
  }
  const summaries = ids.length === 0 ? [] : await readSummaries(reader, ids, selection.window);
  const place = new Map(ids.map((id, index) => [id, index]));
  return {
    ...counts,
    summaries: summaries.toSorted((a, b) => (place.get(a.traceId) ?? 0) - (place.get(b.traceId) ?? 0)),
  };
}

/** All trace ids of the selection, each once. */
function selectedIds(project: string, selection: Selection): Sql {
  if (selection.type === 'traces')
    return sql`SELECT arrayJoin([${tracesByHexList(selection.traceIds)}]) AS trace_id`;
  const { window, wish } = selection;
  return sql`SELECT trace_id FROM trace_starts
    WHERE ${every([startsWithin(project, window), wantedTraces(project, wish, window)])} GROUP BY trace_id`;
}

function tracesByHexList(traceIds: readonly string[]): Sql {
  const [first, ...rest] = traceIds.map((id) => sql`toFixedString(unhex(${string(id)}), 16)`);
  if (first === undefined) return trusted('');
  return rest.reduce((list, each) => sql`${list}, ${each}`, first);
}

/** Traces in their order as long as there is room for their spans. One that is alone larger than all of the room is left out. */
function withinBudget(
  reader: Reader,
  summaries: readonly SummaryRow[],
  spansMax: number,
): readonly SummaryRow[] {
  const kept: SummaryRow[] = [];
  let spans = 0;
  for (const summary of summaries) {
    const count = Number(summary.spanCount);
    if (spans + count > spansMax) continue;
    spans += count;
    kept.push(summary);
  }
  const left = summaries.length - kept.length;
  if (left > 0)
    reader.meet({
      limit: 'spans',
      message: `${left} of ${summaries.length} traces of the sample are left out: together they have more than ${spansMax} spans.`,
    });
  return kept;
}

/** Rows of `spans` of the selected traces. Selections may lie far apart: what is between them is not read. */
export function spansOf(project: string, selections: readonly SelectedTraces[]): Sql {
  const some = selections.filter(({ traces }) => traces.length > 0);
  const each = some.map(
    ({ extent, among }) => sql`(${inRange(project, 'spans', extent)} AND trace_id IN (${among}))`,
  );
  return sql`(${joinSql(each, ' OR ')})`;
}
