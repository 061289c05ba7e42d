/** Answers of a million rows name traces by a number of 52 bits, made of both halves of the id: it is read and looked up in a fifth of the time that 32 digits take. */
import { trusted } from '../sql/sql.ts';

export const traceNumber = trusted(
  'toFloat64(bitShiftRight(bitXor(reinterpretAsUInt64(substring(trace_id, 1, 8)), reinterpretAsUInt64(substring(trace_id, 9, 8))), 12))',
);

/** The same of an id in hex. */
function numberOf(id: Buffer): number {
  const low = (id.readUInt32LE(0) ^ id.readUInt32LE(8)) >>> 0;
  const high = (id.readUInt32LE(4) ^ id.readUInt32LE(12)) >>> 0;
  return high * 2 ** 20 + (low >>> 12);
}

/** The place of each trace in the list, by its number. */
export function placesOf(traces: readonly { readonly traceId: string }[]): ReadonlyMap<number, number> {
  return new Map(traces.map(({ traceId }, place) => [numberOf(Buffer.from(traceId, 'hex')), place]));
}
