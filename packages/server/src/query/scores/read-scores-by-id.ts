import type { UnixNano } from '@sightline/base';
import type { QueryContext } from '../reader.ts';
import { Reader } from '../reader.ts';
import { scoreColumns, type StoredScore } from '../sql/score-columns-sql.ts';
import { moment, sql, string, strings, trusted } from '../sql/sql.ts';

/** Those of the ids that are stored; `since` when they were given, where that is known. */
export async function readScoresById(
  context: QueryContext,
  ids: readonly string[],
  since?: UnixNano,
): Promise<ReadonlyMap<string, StoredScore>> {
  if (ids.length === 0) return new Map();
  const sinceThen =
    since === undefined ? trusted('true') : sql`bucket >= toStartOfFiveMinutes(${moment(since)})`;
  const rows = await new Reader(context).rows<StoredScore>(sql`SELECT ${scoreColumns} FROM scores FINAL
    WHERE project = ${string(context.project)} AND score_id IN ${strings(ids)} AND ${sinceThen} ORDER BY received_time`);
  return new Map(rows.map((row) => [row.id, row]));
}
