/**
 * Finds the newest traces without looking at all of them. A window reaches back from the end of the range and grows until
 * enough traces are in it. A trace has a place in the list, its first span in the range; that place is known once the
 * window holds everything of the trace from there on, so a trace that also has spans before the window waits for a
 * larger one.
 *
 * Spans may arrive late and move the place of a trace back, even past a page that already showed it. Such a trace is told by
 * the time its spans were received: what had a place above the cursor when the first page was read is not shown again.
 */
import { type UnixNano, unixNano } from '@sightline/base';
import type { PageStart } from './cursor.ts';
import type { Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { every, int64, moment, type Sql, sql, string, uint } from './sql/sql.ts';
import { startsWithin, type TraceWish, wantedTraces, type Window } from './sql/trace-sets-sql.ts';
import { selectSummaries, type SummaryRow, tracesByHex } from './sql/trace-summary-sql.ts';
import { growthOf, windowBefore } from './time-windows.ts';

export interface TraceSearch {
  readonly wish: TraceWish;
  readonly page: PageStart;
  readonly limit: number;
}

export interface PlacedTrace {
  /** Start of its first span in the range, in nanoseconds. */
  readonly key: string;
  readonly summary: SummaryRow;
}

interface Candidate {
  readonly traceId: string;
  readonly key: string;
}

const fiveMinutes = 300_000_000_000n;
/** Room for traces that are in a window but have their place elsewhere. */
const spareCandidates = 20;

export async function collectTraces(reader: Reader, search: TraceSearch): Promise<readonly PlacedTrace[]> {
  const { page, limit } = search;
  const { range } = page;
  const end = page.after === undefined ? range.newest : keyTime(page.after);
  let width = fiveMinutes;
  let spare = spareCandidates;
  let best: readonly PlacedTrace[] = [];
  for (;;) {
    const window = { from: windowBefore(range, end, width).from, to: range.to };
    const isLast = window.from === range.from;
    const wanted = limit + spare;
    const candidates = await findCandidates(reader, search, { window, wanted });
    if (candidates === undefined) return best;
    if (candidates.length >= limit || isLast) {
      best = await placeTraces(reader, page, { candidates, window });
      if (best.length >= limit) return best.slice(0, limit);
      if (candidates.length === wanted) {
        spare *= 8;
        continue;
      }
      if (isLast) return best;
    }
    width *= growthOf(candidates.length, limit);
  }
}

/** Traces that may have their place in this window, newest first; undefined where a limit was met. */
async function findCandidates(
  reader: Reader,
  { wish, page }: TraceSearch,
  { window, wanted }: { readonly window: Window; readonly wanted: number },
): Promise<readonly Candidate[] | undefined> {
  const { project } = reader;
  return reader.tryRows<Candidate>(sql`
    SELECT lower(hex(trace_id)) AS traceId, toUnixTimestamp64Nano(min(start_time)) AS key
    FROM trace_starts
    WHERE ${every([startsWithin(project, window), wantedTraces(project, wish, window)])}
    GROUP BY trace_id ${page.after === undefined ? sql`` : havingAfter(page.after)}
    ORDER BY key DESC, trace_id DESC LIMIT ${uint(wanted)}`);
}

/** Those that have their place in this window and on this page, with what a list shows of them. */
async function placeTraces(
  reader: Reader,
  page: PageStart,
  { candidates, window }: { readonly candidates: readonly Candidate[]; readonly window: Window },
): Promise<readonly PlacedTrace[]> {
  if (candidates.length === 0) return [];
  const ids = candidates.map(({ traceId }) => traceId);
  const summaries = await reader.rows<SummaryRow>(selectSummaries(reader.project, ids, page.range));
  const byId = new Map(summaries.map((summary) => [summary.traceId, summary]));
  const placed = candidates.flatMap(({ traceId, key }) => {
    const summary = byId.get(traceId);
    return summary === undefined ? [] : [{ key, summary }];
  });
  const elsewhere = await findElsewhere(reader, page, { placed, window });
  return placed.filter(({ summary }) => !elsewhere.has(summary.traceId));
}

/** Traces that do not belong to this page: their place is before the window, or an earlier page has shown them. */
async function findElsewhere(
  reader: Reader,
  page: PageStart,
  { placed, window }: { readonly placed: readonly PlacedTrace[]; readonly window: Window },
): Promise<ReadonlySet<string>> {
  const begun = placed.filter(({ summary }) => BigInt(summary.startNanos) < window.from);
  const [early, shown] = await Promise.all([
    window.from === page.range.from
      ? []
      : findWithSpansBefore(reader, idsOf(begun), { from: page.range.from, to: window.from }),
    page.after === undefined ? [] : findShown(reader, page, { placed, after: page.after }),
  ]);
  return new Set([...early, ...shown]);
}

async function findWithSpansBefore(
  reader: Reader,
  traceIds: readonly string[],
  before: Window,
): Promise<string[]> {
  if (traceIds.length === 0) return [];
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM trace_starts
    WHERE ${startsWithin(reader.project, before)} AND trace_id IN (${tracesByHex(traceIds)})`);
  return rows.map(({ traceId }) => traceId);
}

/** Of the traces that reach past the cursor, those that had their place there when the first page was read. */
async function findShown(
  reader: Reader,
  { range, snapshot }: PageStart,
  { placed, after }: { readonly placed: readonly PlacedTrace[]; readonly after: readonly string[] },
): Promise<string[]> {
  const reaching = placed.filter(({ summary }) => BigInt(summary.endNanos) >= keyTime(after));
  if (reaching.length === 0) return [];
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId FROM spans
    WHERE ${inRange(reader.project, 'spans', range)} AND trace_id IN (${tracesByHex(idsOf(reaching))})
      AND received_time <= ${moment(snapshot)}
    GROUP BY trace_id HAVING NOT (${isAfter(after, sql`min(start_time)`)})`);
  return rows.map(({ traceId }) => traceId);
}

function havingAfter(after: readonly string[]): Sql {
  return sql`HAVING ${isAfter(after, sql`min(start_time)`)}`;
}

/** The place (`time`, trace_id) comes after the cursor in the list, which runs backwards. */
function isAfter(after: readonly string[], time: Sql): Sql {
  const [, traceId = ''] = after;
  return sql`(toUnixTimestamp64Nano(${time}), trace_id) < (${int64(keyTime(after))}, toFixedString(unhex(${string(traceId)}), 16))`;
}

function keyTime([time = '0']: readonly string[]): UnixNano {
  return unixNano(BigInt(time));
}

function idsOf(traces: readonly PlacedTrace[]): string[] {
  return traces.map(({ summary }) => summary.traceId);
}
