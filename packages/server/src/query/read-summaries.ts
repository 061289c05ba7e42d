import type { Reader } from './reader.ts';
import type { Window } from './time-range.ts';
import { selectSummaries, type SummaryRow } from './sql/trace-summary-sql.ts';

/**
 * What is known of these traces, each of which has a span near the window: of all of a trace, however long it took. A week before the window
 * is looked at first, and where a root is in it, nothing is before; of traces without one all days are.
 */
export async function readSummaries(
  reader: Reader,
  traceIds: readonly string[],
  near: Window,
): Promise<readonly SummaryRow[]> {
  const found = await reader.rows<SummaryRow>(selectSummaries(reader.project, traceIds, near));
  const rooted = found.filter(({ isChild }) => isChild === 0);
  if (rooted.length === found.length) return found;
  const others = found.filter(({ isChild }) => isChild !== 0).map(({ traceId }) => traceId);
  return [...rooted, ...(await reader.rows<SummaryRow>(selectSummaries(reader.project, others, undefined)))];
}
