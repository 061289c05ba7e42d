/** What the traces of a list used, each call counted once, and what was asked and answered in them: as their runs say. */
import { unixNano } from '@sightline/base';
import type { Usage } from '@sightline/schema/api';
import type { Reader } from './reader.ts';
import { selectUsage, type UsageRow } from './sql/trace-summary-sql.ts';

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
  const starts = traces.map(({ startNanos }) => BigInt(startNanos));
  const ends = traces.map(({ endNanos }) => BigInt(endNanos));
  const window = {
    from: unixNano(starts.reduce((a, b) => (b < a ? b : a))),
    to: unixNano(ends.reduce((a, b) => (b > a ? b : a)) + 1n),
  };
  const ids = traces.map(({ traceId }) => traceId);
  const rows = await reader.rows<UsageRow>(selectUsage(reader.project, ids, window));
  return new Map(rows.map((row) => [row.traceId, { ...row, unpricedCalls: Number(row.unpricedCalls) }]));
}
