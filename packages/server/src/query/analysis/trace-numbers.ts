/** Answers of a million rows name traces by a number of 52 bits, a hash of the id: it is read and looked up in a fifth of the time that 32 digits take. */
import type { Reader } from '../reader.ts';
import { sql, strings, trusted } from '../sql/sql.ts';

export const traceNumber = trusted('toFloat64(bitShiftRight(cityHash64(trace_id), 12))');

/** The engine reads 256 KiB of a statement. */
const idsAtOnce = 5000;

/** The place of each trace in the list, by its number. */
export async function readPlaces(
  reader: Reader,
  traces: readonly { readonly traceId: string }[],
): Promise<ReadonlyMap<number, number>> {
  const places = new Map<number, number>();
  for (let from = 0; from < traces.length; from += idsAtOnce) {
    const ids = traces.slice(from, from + idsAtOnce).map(({ traceId }) => traceId);
    const rows = await reader.rows<{ number: number }>(
      sql`SELECT ${traceNumber} AS number FROM (SELECT toFixedString(unhex(arrayJoin(${strings(ids)})), 16) AS trace_id)`,
    );
    for (const [place, { number }] of rows.entries()) places.set(Number(number), from + place);
  }
  return places;
}
