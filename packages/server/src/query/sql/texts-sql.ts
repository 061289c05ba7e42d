/** Rows of `texts`: long texts of spans, by their content, a row per day of the spans (and load, until merged). */
import { type Sql, sql, string } from './sql.ts';

/** The ids of a span's texts, one behind the other. */
export const textIdsHex = 'arrayStringConcat(arrayMap(id -> lower(hex(id)), text_ids))';

const dayNanos = 86_400_000_000_000n;

/** The project's texts of the days of a time, both ends within. */
export function textsOfDays(
  project: string,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Sql {
  return sql`project = ${string(project)} AND first_time >= ${dayStart(from)} AND first_time < ${dayStart(to + dayNanos)}`;
}

/** The value with the ids of its texts behind it: what is equal is equal in both. `wholeValues` reads it. Over rows of `spans`. */
export const taggedValue = (value: string): string =>
  `if(position(${value}, '\\x01') = 0, ${value}, concat(${value}, '\\x03', ${textIdsHex}))`;

function dayStart(nanos: bigint): Sql {
  return sql`fromUnixTimestamp64Nano(${{ type: 'Int64', value: String((nanos / dayNanos) * dayNanos) }}, 'UTC')`;
}
