/** What calls cost, from `ai_spans`: the only place that knows. Spans hold what their sender reported. */
import { type UnixNano, unixNano } from '@sightline/base';
import type { CallCost } from '@sightline/schema/api';
import { decodeCost } from './decode-row.ts';
import type { Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { type Sql, sql } from './sql/sql.ts';
import { tracesByHex } from './sql/trace-summary-sql.ts';

export type CallCosts = ReadonlyMap<string, CallCost>;

/** For spans without a row: those of no operation of AI. */
const nothing: CallCost = { costUsd: null, reportedCostUsd: null, priceVersion: null, costDiffers: false };

interface Row {
  readonly key: string;
  readonly costUsd: number | null;
  readonly reportedUsd: number | null;
  readonly version: string;
}

/** The costs of the spans that meet a condition on `ai_spans`, to be asked by `costOf`. */
export async function readCallCosts(reader: Reader, where: Sql): Promise<CallCosts> {
  const rows = await reader.rows<Row>(sql`
    SELECT concat(lower(hex(trace_id)), lower(hex(span_id))) AS key, cost_usd AS costUsd, reported_cost_usd AS reportedUsd,
      price_version AS version
    FROM ai_spans PREWHERE ${where} WHERE isNotNull(cost_usd) OR isNotNull(reported_cost_usd)`);
  return new Map(rows.map((row) => [row.key, decodeCallCost(row)]));
}

interface Placed {
  readonly traceId: string;
  readonly startNanos: bigint;
}

/** The costs of a page of spans. */
export async function readCostsOf(reader: Reader, spans: readonly Placed[]): Promise<CallCosts> {
  if (spans.length === 0) return new Map();
  const ids = [...new Set(spans.map(({ traceId }) => traceId))];
  const where = sql`${inRange(reader.project, 'spans', extentOf(spans))} AND trace_id IN (${tracesByHex(ids)})`;
  return readCallCosts(reader, where);
}

function extentOf(spans: readonly Placed[]): { readonly from: UnixNano; readonly to: UnixNano } {
  let [from, to] = [spans[0]?.startNanos ?? 0n, 0n];
  for (const { startNanos } of spans) {
    if (startNanos < from) from = startNanos;
    if (startNanos > to) to = startNanos;
  }
  return { from: unixNano(from), to: unixNano(to + 1n) };
}

export function costOf(costs: CallCosts, traceId: string, spanId: string): CallCost {
  return costs.get(traceId + spanId) ?? nothing;
}

function decodeCallCost({ costUsd, reportedUsd, version }: Row): CallCost {
  const cost = decodeCost(costUsd);
  const reported = decodeCost(reportedUsd);
  const isComputed = version !== '';
  return {
    costUsd: cost,
    reportedCostUsd: reported,
    priceVersion: isComputed ? version : null,
    costDiffers: isComputed && cost !== null && reported !== null && differs(cost, reported),
  };
}

/** By more than 1 %. */
export function differs(computed: number, reported: number): boolean {
  return Math.abs(computed - reported) > 0.01 * Math.max(computed, reported);
}
