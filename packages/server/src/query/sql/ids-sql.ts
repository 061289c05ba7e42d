import { joinSql, type Sql, sql, string, strings, uint } from './sql.ts';

/** More as constants cost more to read than a set costs to plan. */
const constantsMax = 32;

/** For `id IN (…)`: ids of so many bytes from their hex. A few as constants; a set that the engine has to ask for takes 3 ms to plan. */
export function idsByHex(ids: readonly string[], bytes: 8 | 16): Sql {
  return ids.length > 0 && ids.length <= constantsMax
    ? joinSql(
        ids.map((id) => sql`unhex(${string(id)})`),
        ', ',
      )
    : sql`SELECT toFixedString(unhex(arrayJoin(${strings(ids)})), ${uint(bytes)})`;
}
