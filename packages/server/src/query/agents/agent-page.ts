import { nanosFromMs } from '@sightline/base';
import { type PageStart, readCursor } from '../cursor.ts';
import type { Reader } from '../reader.ts';
import { trusted } from '../sql/sql.ts';
import { type RangeParameters, readListRange } from '../time-range.ts';

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
