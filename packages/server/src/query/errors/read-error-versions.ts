import { type QueryContext, Reader } from '../reader.ts';
import { sql, string } from '../sql/sql.ts';
import { groupOf, idParameter } from './errors-sql.ts';
import type { ErrorDecisions } from './grouped-errors.ts';

/** Versions in which any error was seen so far; undefined where none of the group was. */
export async function readErrorVersions(
  context: QueryContext,
  { decisions: { moves }, id }: { readonly decisions: ErrorDecisions; readonly id: string },
): Promise<readonly string[] | undefined> {
  const [row] = await new Reader(context).rows<{ isKnown: number; versions: readonly string[] }>(sql`
    SELECT max(${groupOf(moves)} = ${idParameter(id)}) AS isKnown, groupUniqArrayArray(1000)(versions) AS versions
    FROM error_days WHERE project = ${string(context.project)}`);
  return Number(row?.isKnown ?? 0) === 1 ? row?.versions : undefined;
}
