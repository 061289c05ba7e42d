import { joinSql, moment, type Sql, sql, string } from './sql.ts';
import type { Window } from '../time-range.ts';

/** What traces used, and what was asked and answered in them, as their runs say: a row a run that began within one of the windows. `where` is on `trace_id`. */
export function usedByRuns(project: string, windows: readonly Window[], where: Sql): Sql {
  const begun = windows.map(
    ({ from, to }) => sql`(bucket >= toStartOfFiveMinutes(${moment(from)}) AND bucket <= ${moment(to)})`,
  );
  return sql`SELECT trace_id, input_tokens AS inputTokens, output_tokens AS outputTokens, cache_read_tokens AS cacheReadTokens,
      cache_write_tokens AS cacheWriteTokens, reasoning_tokens AS reasoningTokens, cost_usd AS costUsd, unpriced_calls AS unpricedCalls,
      session_id AS sessionId, user_id AS userId, question, answer
    FROM runs FINAL
    WHERE project = ${string(project)} AND generation = (SELECT max(generation) FROM runs_progress)
      AND (${joinSql(begun, ' OR ')}) AND ${where}`;
}
