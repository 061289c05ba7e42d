/**
 * Finds the newest traces without looking at all of them. A window reaches back from the end of the range and grows until
 * enough traces are in it. A trace has a place in the list, its first span in the range; that place is known once the
 * window holds everything of the trace from there on, so a trace that also has spans before the window waits for a
 * larger one.
 *
 * Spans may arrive late and move the place of a trace back. The pages after the first therefore give a trace the place it had when
 * the first was read, by the time its spans came into the table, and leave out what came as a whole since then. Only traces with
 * a late span beyond the cursor are looked at that way; where there is none, a page costs what the first does.
 */
import { nanosFromMs, type UnixNano, unixNano } from '@sightline/base';
import type { PageStart } from './cursor.ts';
import { RareLookup } from './rare-traces.ts';
import { readSummaries } from './read-summaries.ts';
import type { Reader } from './reader.ts';
import { inRange, storedAfter, storedUntil } from './sql/range-sql.ts';
import { every, int64, type Sql, sql, string, trusted, uint } from './sql/sql.ts';
import { type TraceRequest, wantedTraces } from './sql/trace-sets-sql.ts';
import type { Window } from './time-range.ts';
import { type SummaryRow, tracesByHex } from './sql/trace-summary-sql.ts';
import { startsWithin } from './sql/whole-traces-sql.ts';
import { ReachingWindow } from './time-windows.ts';

export interface TraceSearch {
  readonly request: TraceRequest;
  readonly page: PageStart;
  readonly limit: number;
}

export interface PlacedTrace {
  /** Its place: the start of its first span in the range, in nanoseconds. */
  readonly key: string;
  readonly summary: SummaryRow;
}

export interface FoundTraces {
  readonly placed: readonly PlacedTrace[];
  /** The moment of the list by the engine's clock, which stamps rows. */
  readonly snapshot: UnixNano;
}

interface Candidate {
  readonly traceId: string;
  readonly key: string;
  readonly readMs: string;
}

/** Room for traces that are in a window but have their place elsewhere. */
const spareCandidates = 20;

export async function collectTraces(reader: Reader, asked: TraceSearch): Promise<FoundTraces> {
  let search = asked;
  const { page, limit } = search;
  const { range } = page;
  const end = page.after === undefined ? range.newest : keyTime(page.after);
  const reaching = new ReachingWindow(range, end, 'spans');
  let spare = spareCandidates;
  let best: FoundTraces = { placed: [], snapshot: page.snapshot };
  const lookup = new RareLookup(reader, search.request.filter, range);
  let rare = await lookup.atOnce();
  for (;;) {
    if (rare !== undefined) {
      if (rare.ids.length === 0) return best;
      search = { ...search, request: { ...search.request, filter: rare.filter, ids: rare.ids } };
      reaching.narrow(rare.from);
      rare = undefined;
    }
    const { window, isLast } = reaching;
    const candidatesMax = limit + spare;
    const candidates = await findCandidates(reader, search, { window, wanted: candidatesMax });
    if (candidates === undefined) return best;
    if (candidates.length >= limit || isLast) {
      const placed = await placeTraces(reader, page, { candidates, window });
      best = { placed: placed.slice(0, limit), snapshot: momentOf(page, candidates) };
      if (placed.length >= limit) return best;
      if (candidates.length === candidatesMax) {
        spare *= 8;
        continue;
      }
      if (isLast) return best;
    }
    const found = candidates.length;
    if (await reaching.skipsPause(reader, found)) continue;
    rare = await lookup.after(found);
    if (rare === undefined) reaching.widen({ found, wanted: limit });
  }
}

/** The first page fixes the moment: when the engine began to read it. Later pages keep it. */
function momentOf({ after, snapshot }: PageStart, [first]: readonly Candidate[]): UnixNano {
  return after !== undefined || first === undefined ? snapshot : nanosFromMs(Number(first.readMs));
}

interface CandidateWindow {
  readonly window: Window;
  readonly wanted: number;
}

/** Traces that may have their place in this window, newest first; undefined where a limit was met. */
async function findCandidates(
  reader: Reader,
  search: TraceSearch,
  { window, wanted }: CandidateWindow,
): Promise<readonly Candidate[] | undefined> {
  const { page } = search;
  const late = page.after === undefined ? [] : await findLate(reader, page, window);
  if (late === undefined) return undefined;
  const places = late.length === 0 ? placesNow(reader, search, window) : placesThen(reader, search, window);
  return reader.tryRows<Candidate>(sql`
    SELECT lower(hex(trace_id)) AS traceId, toUnixTimestamp64Nano(place) AS key, toUnixTimestamp64Milli(now64(3)) AS readMs
    FROM (${places}) WHERE ${page.after === undefined ? trusted('true') : isAfter(page.after)}
    ORDER BY place DESC, trace_id DESC LIMIT ${uint(wanted)}`);
}

/** A row if a trace of the window may have another place now than on the first page; undefined where a limit was met. */
async function findLate(
  reader: Reader,
  page: PageStart,
  window: Window,
): Promise<readonly unknown[] | undefined> {
  return reader.tryRows(sql`SELECT 1 FROM spans WHERE ${lateSpans(reader.project, page, window)} LIMIT 1`);
}

/** Each trace of the window with its first span there. */
function placesNow({ project }: Reader, { request }: TraceSearch, window: Window, condition?: Sql): Sql {
  return sql`SELECT trace_id, min(start_time) AS place FROM trace_starts
    WHERE ${every([startsWithin(project, window), condition, wantedTraces(project, request, window)])} GROUP BY trace_id`;
}

/** The same as of the first page. The place of a trace with late spans is told by those that were there. */
function placesThen(reader: Reader, search: TraceSearch, window: Window): Sql {
  const { project } = reader;
  const { page, request } = search;
  const moved = sql`SELECT trace_id FROM spans WHERE ${lateSpans(project, page, window)}`;
  const beyond = beyondCursor(page, window);
  return sql`${placesNow(reader, search, window, sql`trace_id NOT IN (${moved})`)}
    UNION ALL SELECT trace_id, min(start_time) AS place FROM spans
    WHERE ${every([
      inRange(project, 'spans', beyond),
      storedUntil(snapshotMs(page)),
      sql`trace_id IN (${moved})`,
      wantedTraces(project, request, window),
    ])} GROUP BY trace_id`;
}

/** Rows of spans that came since the first page and lie where they can make a difference: not above the cursor. */
function lateSpans(project: string, page: PageStart, window: Window): Sql {
  return every([inRange(project, 'spans', beyondCursor(page, window)), storedAfter(snapshotMs(page))]);
}

/** With the moment of the cursor itself: of the spans that begin there, some come after it. */
function beyondCursor({ after, range }: PageStart, { from }: Window): Window {
  return { from, to: after === undefined ? range.to : unixNano(keyTime(after) + 1n) };
}

/** Those that have their place in this window, with what a list shows of them. */
async function placeTraces(
  reader: Reader,
  page: PageStart,
  { candidates, window }: { readonly candidates: readonly Candidate[]; readonly window: Window },
): Promise<readonly PlacedTrace[]> {
  if (candidates.length === 0) return [];
  const ids = candidates.map(({ traceId }) => traceId);
  const summaries = await readSummaries(reader, ids, page.range);
  const byId = new Map(summaries.map((summary) => [summary.traceId, summary]));
  const placed = candidates.flatMap(({ traceId, key }) => {
    const summary = byId.get(traceId);
    return summary === undefined ? [] : [{ key, summary }];
  });
  const begun = placed.filter(({ summary }) => BigInt(summary.startNanos) < window.from);
  if (begun.length === 0 || window.from === page.range.from) return placed;
  const earlier = await findWithSpansBefore(reader, page, {
    traceIds: begun.map(({ summary }) => summary.traceId),
    before: { from: page.range.from, to: window.from },
  });
  return placed.filter(({ summary }) => !earlier.has(summary.traceId));
}

/** Traces that have their place before the window. */
async function findWithSpansBefore(
  reader: Reader,
  page: PageStart,
  { traceIds, before }: { readonly traceIds: readonly string[]; readonly before: Window },
): Promise<ReadonlySet<string>> {
  const { project } = reader;
  const source =
    page.after === undefined
      ? sql`trace_starts WHERE ${startsWithin(project, before)}`
      : sql`spans WHERE ${inRange(project, 'spans', before)} AND ${storedUntil(snapshotMs(page))}`;
  const rows = await reader.rows<{ traceId: string }>(
    sql`SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM ${source} AND trace_id IN (${tracesByHex(traceIds)})`,
  );
  return new Set(rows.map(({ traceId }) => traceId));
}

/** The place comes after the cursor in the list, which runs backwards. */
function isAfter([time = '0', traceId = '']: readonly string[]): Sql {
  return sql`(toUnixTimestamp64Nano(place), trace_id) < (${int64(BigInt(time))}, toFixedString(unhex(${string(traceId)}), 16))`;
}

function keyTime([time = '0']: readonly string[]): UnixNano {
  return unixNano(BigInt(time));
}

function snapshotMs({ snapshot }: PageStart): bigint {
  return snapshot / 1_000_000n;
}
