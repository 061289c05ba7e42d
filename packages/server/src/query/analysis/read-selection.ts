/** Traces that somebody selected, as a uniform sample: which, how many there are of them, and when they were. */
import { unixNano } from '@sightline/base';
import type { Reader } from '../reader.ts';
import { wholeTraces } from '../read-summaries.ts';
import { inRange } from '../sql/range-sql.ts';
import { every, joinSql, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { type TraceRequest, wantedTraces } from '../sql/trace-sets-sql.ts';
import type { Window } from '../time-range.ts';
import { selectExtents, tracesByHex } from '../sql/trace-summary-sql.ts';
import { startsWithin } from '../sql/whole-traces-sql.ts';

export type Selection =
  /** Traces with a span in the window that meet the request, as lists have them. */
  | { readonly type: 'filter'; readonly window: Window; readonly request: TraceRequest }
  | { readonly type: 'traces'; readonly traceIds: readonly string[] };

/** What a sample knows of a trace. */
export interface SelectedTrace {
  readonly traceId: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly spanCount: number;
  readonly errorCount: number;
}

export interface SelectedTraces {
  /** All that meet the selection and not `apartFrom`. */
  readonly total: number;
  /** How many meet both. */
  readonly inBoth: number;
  /** The sample, in the order of a hash of the ids. */
  readonly traces: readonly SelectedTrace[];
  /** The ids of the sample, for `trace_id IN (…)`. Where they are too many to be written down it asks for them again. */
  readonly among: Sql;
  /** On `trace_id`: no trace of the sample lies beyond. Spares most of the lookups among many ids. */
  readonly within?: Sql | undefined;
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

/** The hash of an id, by which a sample is picked: every trace has the same chance, and the same question has the same answer. */
const rank = trusted('cityHash64(trace_id)');
const until = (last: string): Sql => sql`${rank} <= toUInt64(${string(last || '0')})`;

/** Picked by a hash of the id: ids themselves may say something of their traces, as where a service keeps those with small ids. */
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
  return selected(reader, found, spansMax);
}

/**
 * Two selections. Where the second is what is left of the same time, both are picked by one statement: to find out which traces are of the first is most of the work.
 */
export async function readSelections(
  reader: Reader,
  { a, b, isRest }: { readonly a: Selection; readonly b: Selection; readonly isRest: boolean },
  bounds: SelectionBounds,
): Promise<readonly [SelectedTraces, SelectedTraces]> {
  if (isRest && a.type === 'filter' && b.type === 'filter' && isSameTime(a.window, b.window)) {
    const found = await sampleParts(reader, { all: b, part: a }, bounds.tracesMax);
    return [selected(reader, found.part, bounds.spansMax), selected(reader, found.rest, bounds.spansMax)];
  }
  return Promise.all([
    readSelection(reader, a, bounds),
    readSelection(reader, b, { ...bounds, apartFrom: a }),
  ]);
}

const isSameTime = (a: Window, b: Window): boolean => a.from === b.from && a.to === b.to;

function selected(reader: Reader, found: Found, spansMax: number): SelectedTraces {
  const { traces, tooLarge } = withinBudget(reader, found.traces, spansMax);
  const [first] = traces;
  let [from, to] = [first?.startNanos ?? 0n, first?.endNanos ?? 0n];
  for (const { startNanos, endNanos } of traces) {
    if (startNanos < from) from = startNanos;
    if (endNanos > to) to = endNanos;
  }
  return {
    total: found.total,
    inBoth: found.inBoth,
    traces,
    among:
      found.amongUntil?.(traces.at(-1)?.rank ?? '', tooLarge) ??
      tracesByHex(traces.map(({ traceId }) => traceId)),
    ...(found.amongUntil !== undefined && { within: until(traces.at(-1)?.rank ?? '') }),
    extent: { from: unixNano(from), to: unixNano(to + 1n) },
  };
}

interface Found {
  readonly total: number;
  readonly inBoth: number;
  readonly traces: readonly RankedTrace[];
  /** Where the ids are too many to be written down: those of the sample up to a rank, except some. */
  readonly amongUntil?: (rank: string, except: readonly string[]) => Sql;
}

interface RankedTrace extends SelectedTrace {
  /** As a decimal number. */
  readonly rank: string;
  readonly isChild: number;
}

async function nameTraces(
  reader: Reader,
  traceIds: readonly string[],
  apartFrom: Selection | undefined,
): Promise<Found> {
  const all = await readExtents(reader, tracesByHex(traceIds), undefined);
  const others = apartFrom?.type === 'traces' ? new Set(apartFrom.traceIds) : new Set<string>();
  const traces = all.filter(({ traceId }) => !others.has(traceId));
  return { total: traces.length, inBoth: all.length - traces.length, traces };
}

async function readExtents(
  reader: Reader,
  among: Sql,
  window: Window | undefined,
): Promise<readonly RankedTrace[]> {
  const rows = await reader.binary(selectExtents(reader.project, among, window));
  const found: RankedTrace[] = [];
  while (!rows.isAtEnd)
    found.push({
      traceId: rows.string(),
      rank: rows.string(),
      isChild: rows.uint8(),
      startNanos: rows.int64(),
      endNanos: rows.int64(),
      spanCount: rows.float64(),
      errorCount: rows.float64(),
    });
  return found;
}

interface SampleRow {
  readonly total: string;
  readonly inBoth: string;
  readonly ids: readonly string[];
  /** The largest rank of the sample. */
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
  const all = sql`SELECT trace_id, ${isApart} AS isApart FROM (${selectedIds(project, selection)})`;
  const isMany = tracesMax > idsMax;
  // Sorting the hashes alone takes a quarter of what sorting them with their ids takes.
  const [ids, last] = isMany
    ? [trusted('[]'), sql`groupArraySortedIf(${uint(tracesMax)})(${rank}, NOT isApart)[-1]`]
    : [
        sql`arrayMap(each -> lower(hex(each.2)), groupArraySortedIf(${uint(tracesMax)})((${rank}, trace_id), NOT isApart))`,
        trusted('0'),
      ];
  const [row] = await reader.rows<SampleRow>(sql`
    SELECT countIf(NOT isApart) AS total, countIf(isApart) AS inBoth, ${ids} AS ids, toString(${last}) AS last FROM (${all})`);
  const counts = { total: Number(row?.total ?? 0), inBoth: Number(row?.inBoth ?? 0) };
  if (counts.total === 0) return { ...counts, traces: [] };
  if (isMany) {
    const amongUntil = (last: string, except: readonly string[]): Sql =>
      sql`SELECT trace_id FROM (${all}) WHERE NOT isApart AND ${until(last)}${
        except.length === 0 ? trusted('') : sql` AND trace_id NOT IN (${tracesByHex(except)})`
      }`;
    const traces = await readExtents(reader, amongUntil(row?.last ?? '', []), selection.window);
    return { ...counts, traces, amongUntil };
  }
  return { ...counts, traces: await readWhole(reader, row?.ids ?? [], selection.window) };
}

/** A part of the selection and the rest of it. */
async function sampleParts(
  reader: Reader,
  { all, part }: Record<'all' | 'part', Extract<Selection, { readonly type: 'filter' }>>,
  tracesMax: number,
): Promise<{ readonly part: Found; readonly rest: Found }> {
  const rows = await reader.rows<PartRow>(sql`
    SELECT toUInt8(trace_id IN (${selectedIds(reader.project, part)})) AS isPart, count() AS total,
      arrayMap(each -> lower(hex(each.2)), groupArraySorted(${uint(tracesMax)})((${rank}, trace_id))) AS ids
    FROM (${selectedIds(reader.project, all)}) GROUP BY isPart`);
  const traces = await readWhole(
    reader,
    rows.flatMap(({ ids }) => ids),
    all.window,
  );
  const foundOf = (isPart: number): Omit<Found, 'inBoth'> => {
    const row = rows.find((each) => each.isPart === isPart);
    const ids = new Set(row?.ids);
    return { total: Number(row?.total ?? 0), traces: traces.filter(({ traceId }) => ids.has(traceId)) };
  };
  const found = foundOf(1);
  return { part: { ...found, inBoth: 0 }, rest: { ...foundOf(0), inBoth: found.total } };
}

interface PartRow {
  readonly isPart: number;
  readonly total: string;
  readonly ids: readonly string[];
}

/** In the order of `ids`. */
async function readWhole(
  reader: Reader,
  ids: readonly string[],
  near: Window,
): Promise<readonly RankedTrace[]> {
  if (ids.length === 0) return [];
  const traces = await wholeTraces(ids, near, async (some, window) =>
    readExtents(reader, tracesByHex(some), window),
  );
  const place = new Map(ids.map((id, index) => [id, index]));
  return traces.toSorted((a, b) => (place.get(a.traceId) ?? 0) - (place.get(b.traceId) ?? 0));
}

/** All trace ids of the selection, each once. */
function selectedIds(project: string, selection: Selection): Sql {
  if (selection.type === 'traces')
    return sql`SELECT arrayJoin([${tracesByHexList(selection.traceIds)}]) AS trace_id`;
  const { window, request } = selection;
  return sql`SELECT trace_id FROM trace_starts
    WHERE ${every([startsWithin(project, window), wantedTraces(project, request, window)])} GROUP BY trace_id`;
}

function tracesByHexList(traceIds: readonly string[]): Sql {
  const [first, ...rest] = traceIds.map((id) => sql`toFixedString(unhex(${string(id)}), 16)`);
  if (first === undefined) return trusted('');
  return rest.reduce((list, each) => sql`${list}, ${each}`, first);
}

/**
 * Traces in their order as long as there is room for their spans: filling the rest of the room with small ones would make the sample one of small ones. One that is alone larger than all of
 * the room is left out.
 */
function withinBudget(
  reader: Reader,
  traces: readonly RankedTrace[],
  spansMax: number,
): { readonly traces: readonly RankedTrace[]; readonly tooLarge: readonly string[] } {
  const kept: RankedTrace[] = [];
  const tooLarge: string[] = [];
  let spans = 0;
  for (const trace of traces) {
    if (trace.spanCount > spansMax) tooLarge.push(trace.traceId);
    else if (spans + trace.spanCount > spansMax) break;
    else {
      spans += trace.spanCount;
      kept.push(trace);
    }
  }
  const left = traces.length - kept.length;
  if (left > 0)
    reader.meet({
      limit: 'spans',
      message: `${left} of ${traces.length} traces of the sample are left out: together they have more than ${spansMax} spans.`,
    });
  return { traces: kept, tooLarge };
}

/** Rows of `spans` of the selected traces. Selections may lie far apart: what is between them is not read. */
export function spansOf(project: string, selections: readonly SelectedTraces[]): Sql {
  const some = selections.filter(({ traces }) => traces.length > 0);
  const each = some.map(
    ({ extent, among, within }) =>
      sql`(${every([inRange(project, 'spans', extent), within, sql`trace_id IN (${among})`])})`,
  );
  return sql`(${joinSql(each, ' OR ')})`;
}
