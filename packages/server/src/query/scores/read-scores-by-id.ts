import type { QueryContext } from '../reader.ts';
import { Reader } from '../reader.ts';
import { scoreColumns, type StoredScore } from '../sql/score-columns-sql.ts';
import { sql, string, strings } from '../sql/sql.ts';

/** Those of the ids that are stored. */
export async function readScoresById(
  context: QueryContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredScore>> {
  if (ids.length === 0) return new Map();
  const rows = await new Reader(context).rows<StoredScore>(sql`SELECT ${scoreColumns} FROM scores FINAL
    WHERE project = ${string(context.project)} AND score_id IN ${strings(ids)} ORDER BY received_time`);
  return new Map(rows.map((row) => [row.id, row]));
}
