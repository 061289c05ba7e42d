import { nanosFromMs, unixNano } from '@sightline/base';
import { type PageStart, readCursor } from '../cursor.ts';
import type { Reader } from '../reader.ts';
import type { RunScope } from '../sql/run-rows-sql.ts';
import { trusted } from '../sql/sql.ts';
import { type RangeParameters, readListRange } from '../time-range.ts';

/** Runs that reach over the edge of the range by more than this are sorted by what lies within. They are shown whole. */
const edgeNanos = 3_600_000_000_000n;

/** The page that `cursor` points at, or the first: read as of the moment of the engine's clock. */
export async function startAgentPage(
  reader: Reader,
  query: unknown,
  parameters: RangeParameters & { readonly cursor?: string | undefined },
): Promise<PageStart> {
  if (parameters.cursor !== undefined) return readCursor(query, parameters.cursor);
  const range = readListRange(parameters, reader.clock);
  const [row] = await reader.rows<{ nowMs: string }>(
    trusted(`SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs`),
  );
  return { range, snapshot: nanosFromMs(Number(row?.nowMs ?? 0)), after: undefined };
}

/** The rows that the page reads: all that are there, on the first; those that were there then, on the later ones. */
export function scopeOf(reader: Reader, page: PageStart, padded: 'padded' | 'exact'): RunScope {
  const { from, to } = page.range;
  const edge = padded === 'padded' ? edgeNanos : 0n;
  return {
    project: reader.project,
    window: { from: unixNano(from > edge ? from - edge : 0n), to: unixNano(to + edge) },
    storedUntilMs: page.after === undefined ? undefined : page.snapshot / 1_000_000n,
  };
}
