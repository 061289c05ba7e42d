/** What the traces of a list used, each call counted once, and what was asked and answered in them: as their runs say. */
import { unixNano } from '@sightline/base';
import type { Usage } from '@sightline/schema/api';
import type { Reader } from './reader.ts';
import type { Window } from './time-range.ts';
import { selectUsage, selectUsedNumbers, type UsageRow } from './sql/trace-summary-sql.ts';

export type TraceUsage = Pick<Usage, 'inputTokens' | 'outputTokens' | 'costUsd' | 'unpricedCalls'> &
  Pick<UsageRow, 'sessionId' | 'userId' | 'question' | 'answer'>;

export interface UsedTrace {
  readonly traceId: string;
  readonly startNanos: string | bigint;
  readonly endNanos: string | bigint;
}

/** A trace that is no run, or is not settled yet, has no entry. */
export async function readUsage(
  reader: Reader,
  traces: readonly UsedTrace[],
): Promise<ReadonlyMap<string, TraceUsage>> {
  if (traces.length === 0) return new Map();
  await reader.settle();
  const ids = traces.map(({ traceId }) => traceId);
  const rows = await reader.rows<UsageRow>(selectUsage(reader.project, ids, windowsOf(traces)));
  return new Map(rows.map((row) => [row.traceId, { ...row, unpricedCalls: Number(row.unpricedCalls) }]));
}

export type UsedNumbers = Pick<UsageRow, 'inputTokens' | 'outputTokens' | 'costUsd'>;

/** As `readUsage`, of numbers alone. */
export async function readUsedNumbers(
  reader: Reader,
  traces: readonly UsedTrace[],
): Promise<ReadonlyMap<string, UsedNumbers>> {
  if (traces.length === 0) return new Map();
  await reader.settle();
  const ids = traces.map(({ traceId }) => traceId);
  const rows = await reader.rows<UsedNumbers & Pick<UsageRow, 'traceId'>>(
    selectUsedNumbers(reader.project, ids, windowsOf(traces)),
  );
  return new Map(rows.map((row) => [row.traceId, row]));
}

/** Traces further apart have windows of their own: what ran between them is not read. */
const apartNanos = 3_600_000_000_000n;

/** Windows that hold the traces, in order and apart from each other. */
function windowsOf(traces: readonly UsedTrace[]): readonly Window[] {
  const windows: Window[] = [];
  const extents = traces
    .map(({ startNanos, endNanos }) => ({ from: BigInt(startNanos), to: BigInt(endNanos) + 1n }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  for (const { from, to } of extents) {
    const last = windows.at(-1);
    if (last === undefined || from > last.to + apartNanos)
      windows.push({ from: unixNano(from), to: unixNano(to) });
    else if (to > last.to) windows[windows.length - 1] = { from: last.from, to: unixNano(to) };
  }
  return windows;
}
