import { joinSql, type Sql, sql, string, uint } from './sql.ts';

/** More as constants cost more to read than a set costs to plan. */
const constantsMax = 32;

/** Ids of one statement: a parameter of a server is 128 KiB at most. */
export const idsMax = 6_000;

/**
 * For `id IN (…)`: ids of so many bytes from their hex. A few as constants; a set that the engine has to ask for takes 3 ms to plan. Many as one text: to read 3,000 of an array
 * takes the engine 9 ms instead of 3.
 */
export function idsByHex(ids: readonly string[], bytes: 8 | 16): Sql {
  if (ids.length > 0 && ids.length <= constantsMax)
    return joinSql(
      ids.map((id) => sql`unhex(${string(id)})`),
      ', ',
    );
  const packed = Buffer.alloc(ids.length * bytes);
  for (const [index, id] of ids.entries()) packed.write(id, index * bytes, bytes, 'hex');
  const together = string(packed.toString('base64'));
  const width = uint(bytes);
  return sql`SELECT toFixedString(arrayJoin(arrayMap(at -> substring(base64Decode(${together}), at, ${width}), range(1, ${uint(packed.length + 1)}, ${width}))), ${width})`;
}
