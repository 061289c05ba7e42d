import type { Reader } from './reader.ts';
import type { Window } from './time-range.ts';
import { selectSummaries, type SummaryRow } from './sql/trace-summary-sql.ts';

export async function readSummaries(
  reader: Reader,
  traceIds: readonly string[],
  near: Window,
): Promise<readonly SummaryRow[]> {
  return wholeTraces(traceIds, near, async (ids, window) =>
    reader.rows<SummaryRow>(selectSummaries(reader.project, ids, window)),
  );
}

/**
 * What is known of these traces, each of which has a span near the window: of all of a trace, however long it took. A week before the window
 * is looked at first, and where a root is in it, nothing is before; of traces without one all days are.
 */
export async function wholeTraces<Row extends Pick<SummaryRow, 'traceId' | 'isChild'>>(
  traceIds: readonly string[],
  near: Window,
  read: (traceIds: readonly string[], window: Window | undefined) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const found = await read(traceIds, near);
  const rooted = found.filter(({ isChild }) => isChild === 0);
  if (rooted.length === found.length) return found;
  const others = found.filter(({ isChild }) => isChild !== 0).map(({ traceId }) => traceId);
  return [...rooted, ...(await read(others, undefined))];
}
