/**
 * What the traces of a list used, each call counted once. The rows of their calls are added up here: to plan the engine's sums over them takes 30 ms, as
 * long as everything else of a page. A page with very long traces leaves it to the engine.
 */
import { unixNano } from '@sightline/base';
import type { Usage } from '@sightline/schema/api';
import { type CountableSpan, countedByParents } from '@sightline/schema/conventions';
import { decodeOperation } from './decode-span.ts';
import type { Reader } from './reader.ts';
import { selectUsage, selectUsedCalls, type UsageRow, type UsedCallRow } from './sql/trace-summary-sql.ts';
import type { Window } from './time-windows.ts';

export type TraceUsage = Pick<Usage, 'inputTokens' | 'outputTokens' | 'costUsd' | 'unpricedCalls'>;

export interface UsedTrace {
  readonly traceId: string;
  readonly startNanos: string;
  readonly endNanos: string;
  readonly spanCount: string;
}

/** Spans of a page whose calls are added up here. */
const spansMax = 5000;

/** From the narrow table of calls, all of each trace. A trace without calls of models may have no entry. */
export async function readUsage(
  reader: Reader,
  traces: readonly UsedTrace[],
): Promise<ReadonlyMap<string, TraceUsage>> {
  if (traces.length === 0) return new Map();
  const starts = traces.map(({ startNanos }) => BigInt(startNanos));
  const ends = traces.map(({ endNanos }) => BigInt(endNanos));
  const window = {
    from: unixNano(starts.reduce((a, b) => (b < a ? b : a))),
    to: unixNano(ends.reduce((a, b) => (b > a ? b : a)) + 1n),
  };
  const ids = traces.map(({ traceId }) => traceId);
  const spans = traces.reduce((sum, { spanCount }) => sum + Number(spanCount), 0);
  return spans > spansMax ? sumInEngine(reader, ids, window) : sumHere(reader, ids, window);
}

async function sumInEngine(
  reader: Reader,
  ids: readonly string[],
  window: Window,
): Promise<Map<string, TraceUsage>> {
  const rows = await reader.rows<UsageRow>(selectUsage(reader.project, ids, window));
  return new Map(rows.map((row) => [row.traceId, { ...row, unpricedCalls: Number(row.unpricedCalls) }]));
}

async function sumHere(
  reader: Reader,
  ids: readonly string[],
  window: Window,
): Promise<Map<string, TraceUsage>> {
  const rows = await reader.rows<UsedCallRow>(selectUsedCalls(reader.project, ids, window));
  const byTrace = Map.groupBy(rows, ({ traceId }) => traceId);
  return new Map([...byTrace].map(([traceId, calls]) => [traceId, addUp(calls.map(decodeCall))]));
}

function decodeCall(row: UsedCallRow): CountableSpan {
  return {
    ...row,
    operation: decodeOperation(row.operation),
    // JSON has no such number.
    costUsd: row.costUsd === 'inf' ? Infinity : row.costUsd,
    isUncountable: row.uncountable === 1,
    startNanos: BigInt(row.startNanos),
    endNanos: BigInt(row.endNanos),
  };
}

/** In the order of `countedByParents`, which is the engine's: sums of doubles depend on it. */
function addUp(calls: readonly CountableSpan[]): TraceUsage {
  const sum = (a: number | null, b: number | null | undefined): number | null =>
    b === null || b === undefined ? a : (a ?? 0) + b;
  let usage: TraceUsage = { inputTokens: null, outputTokens: null, costUsd: null, unpricedCalls: 0 };
  for (const { inputTokens, outputTokens, costUsd } of countedByParents(calls)) {
    usage = {
      inputTokens: sum(usage.inputTokens, inputTokens),
      outputTokens: sum(usage.outputTokens, outputTokens),
      costUsd: sum(usage.costUsd, costUsd),
      unpricedCalls: usage.unpricedCalls + (costUsd === null ? 1 : 0),
    };
  }
  return usage;
}
