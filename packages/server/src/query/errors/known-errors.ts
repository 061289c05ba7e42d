import { type QueryContext, Reader } from '../reader.ts';
import { type Sql, sql, string, trusted } from '../sql/sql.ts';
import { groupOf, hexOfId, idParameter, idsSql } from './errors-sql.ts';
import { errorNotFound } from './read-error.ts';
import type { ErrorDecisions } from './grouped-errors.ts';

interface Asked {
  readonly decisions: ErrorDecisions;
  readonly ids: readonly string[];
}

/** Throws `not_found` where no error of one of the groups is stored. */
export async function assertGroups(
  context: QueryContext,
  { decisions: { moves }, ids }: Asked,
): Promise<void> {
  await assertFound(context, { ids, id: groupOf(moves) });
}

/** Throws `not_found` where one of the ids is no part of the group. */
export async function assertParts(
  context: QueryContext,
  { decisions: { moves }, group, ids }: Asked & { readonly group: string },
): Promise<void> {
  await assertFound(context, {
    ids,
    id: trusted('variant'),
    where: sql`${groupOf(moves)} = ${idParameter(group)}`,
  });
}

async function assertFound(
  context: QueryContext,
  {
    ids,
    id,
    where = trusted('true'),
  }: { readonly ids: readonly string[]; readonly id: Sql; readonly where?: Sql },
): Promise<void> {
  const rows = await new Reader(context).rows<{ found: string }>(sql`
    SELECT DISTINCT ${hexOfId(id)} AS found FROM error_days
    WHERE project = ${string(context.project)} AND ${where} AND ${id} IN ${idsSql(ids)}`);
  const found = new Set(rows.map((row) => row.found));
  const missing = ids.find((each) => !found.has(each));
  if (missing !== undefined) throw errorNotFound(missing);
}
