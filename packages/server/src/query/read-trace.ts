import type { TraceExtent } from './trace-extent.ts';
import { unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { Span, TraceResponse } from '@sightline/schema/api';
import { decodeSpan } from './decode-span.ts';
import { readCallCosts } from './read-call-costs.ts';
import { type QueryContext, Reader } from './reader.ts';
import { readFewWholeSpans, readWholeSpans } from './read-whole-spans.ts';
import type { FullSpanRow } from './sql/span-columns-sql.ts';
import { inBuckets } from './sql/range-sql.ts';
import { type Sql, sql, string, uint } from './sql/sql.ts';

/** Up to these, planning a statement takes longer than reading. */
const fewSpans = 500;

/** A whole trace, spans in the order of their start. Throws `trace_not_found`. */
export async function readTrace(
  context: QueryContext,
  { traceId, limit }: { readonly traceId: string; readonly limit: number },
): Promise<TraceResponse> {
  const id = normalTraceId(traceId);
  const reader = new Reader(context);
  const extent = await readTraceExtent(reader, id);
  // Where all spans come back they are put in order here: the engine would read the columns a second time for it.
  const order = extent.spanCount > limit ? sql`ORDER BY start_time, duration_ns DESC, span_id` : sql``;
  const where = spansOfTrace(reader.project, id, extent);
  const spans = sql`PREWHERE ${where} ${order} LIMIT ${uint(limit)}`;
  const [rows, costs] = await Promise.all([
    extent.spanCount > fewSpans ? readWholeSpans(reader, spans) : readFewWholeSpans(reader, spans, where),
    readCallCosts(reader, where),
  ]);
  if (rows.length === 0) throw traceNotFound(id);
  if (extent.spanCount > rows.length) meetSpanLimit(reader, rows.length, extent.spanCount);
  return {
    traceId: id,
    spans: rows.toSorted(byStart).map((row) => decodeSpan(row, costs)),
    spanCount: Math.max(extent.spanCount, rows.length),
    ...reader.limitsMet,
  };
}

/** As the slim trace orders them: a parent that starts with its child comes first, being longer. */
function byStart(a: FullSpanRow, b: FullSpanRow): number {
  if (a.startTime !== b.startTime) return a.startTime < b.startTime ? -1 : 1;
  return Number(b.durationNs) - Number(a.durationNs) || (a.spanId < b.spanId ? -1 : 1);
}

/** Throws `span_not_found`, or `trace_not_found` where no span of the trace is stored. */
export async function readSpan(
  context: QueryContext,
  { traceId, spanId }: { readonly traceId: string; readonly spanId: string },
): Promise<Span> {
  const id = normalTraceId(traceId);
  const wanted = spanId.toLowerCase();
  const reader = new Reader(context);
  const extent = await readTraceExtent(reader, id);
  const where = sql`${spansOfTrace(reader.project, id, extent)} AND span_id = unhex(${string(wanted)})`;
  const [[row], costs] = isHex(wanted, 16)
    ? await Promise.all([
        readWholeSpans(reader, sql`PREWHERE ${where} LIMIT 1`),
        readCallCosts(reader, where),
      ])
    : [[], new Map()];
  if (row !== undefined) return decodeSpan(row, costs);
  throw new SightlineError('span_not_found', `The trace ${id} has no span "${spanId.slice(0, 64)}".`, {
    hint: 'Span ids have 16 hex digits. Open the trace to see its spans.',
  });
}

/** From when to when the trace has spans, so that the spans are read from few places. Throws `trace_not_found`. */
export async function readTraceExtent(reader: Reader, traceId: string): Promise<TraceExtent> {
  const [row] = await reader.rows<{ startNanos: string; endNanos: string; spanCount: string }>(sql`
    SELECT toUnixTimestamp64Nano(min(start_time)) AS startNanos, toUnixTimestamp64Nano(max(end_time)) AS endNanos,
      sum(span_count) AS spanCount
    FROM trace_summaries WHERE project = ${string(reader.project)} AND trace_id = unhex(${string(traceId)})`);
  const spanCount = Number(row?.spanCount ?? 0);
  if (row === undefined || spanCount === 0) throw traceNotFound(traceId);
  return { start: row.startNanos, end: row.endNanos, spanCount };
}

/** Of `spans` and `ai_spans`. Their sort key begins with these columns, so that nothing else narrows it further; each condition takes time to plan. */
export function spansOfTrace(project: string, traceId: string, { start, end }: TraceExtent): Sql {
  return sql`project = ${string(project)} AND trace_id = unhex(${string(traceId)}) AND ${inBuckets({ from: unixNano(BigInt(start)), to: unixNano(BigInt(end)) })}`;
}

/** Lower-case hex. An id that cannot be one is not found rather than wrong: it came from a link or a hand. */
export function normalTraceId(traceId: string): string {
  const id = traceId.toLowerCase();
  if (isHex(id, 32)) return id;
  throw traceNotFound(traceId.slice(0, 64));
}

export function meetSpanLimit(reader: Reader, returned: number, stored: number): void {
  reader.meet({ limit: 'spans', message: `The first ${returned} of ${stored} spans are shown.` });
}

export function isHex(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-f]*$/.test(text);
}

export function traceNotFound(traceId: string): SightlineError {
  return new SightlineError('trace_not_found', `No span of the trace "${traceId}" is stored.`, {
    hint: 'Trace ids have 32 hex digits. The trace may be older than the retention, or may not have arrived yet.',
  });
}
