/**
 * Scores that say by its id which answer they are about, and stand elsewhere: on no trace, or on that of who judged. They count for the trace that gave the answer, unless
 * the one they stand on gave it too (ids of answers may repeat, as those of a stand-in for a model do).
 */
import { every, type Sql, sql, string, trusted } from './sql.ts';

/** On rows of `scores`. */
export const namesAnswer = trusted("response_id != ''");

export interface AnsweredScores {
  /** Columns of `scores` that are wanted. */
  readonly columns: Sql;
  /** On rows of `scores`, the project among it. */
  readonly scores: Sql;
  /** On rows of `ai_spans`, the project among it: where answers are looked for. */
  readonly answers: Sql;
}

/** For `FROM (…)`: `trace_id` of the answer, and the columns. Where no score names an answer, steps are not read. */
export function answeredScores({ columns, scores, answers }: AnsweredScores): Sql {
  const naming = every([scores, namesAnswer]);
  // More than are left with FINAL, which is for the rows that count.
  const named = sql`FROM scores WHERE ${naming}`;
  return sql`SELECT arrayJoin(gave) AS trace_id, ${columns}
    FROM (SELECT response_id, trace_id AS stands_on, ${columns} FROM scores FINAL WHERE ${naming}) AS naming
    INNER JOIN (SELECT response_id, groupUniqArray(trace_id) AS gave FROM ai_spans
      WHERE ${answers} AND (SELECT count() FROM (SELECT 1 ${named} LIMIT 1)) > 0 AND response_id IN (SELECT response_id ${named})
      GROUP BY response_id) AS answers USING (response_id)
    WHERE NOT has(gave, stands_on)`;
}

/** For `WHERE` over `scores`: those elsewhere that name an answer that one of the traces gave. `traces` is for `trace_id IN (…)`. */
export function namesAnswerOf(project: string, traces: Sql): Sql {
  const steps = sql`FROM ai_spans WHERE project = ${string(project)} AND ${namesAnswer}`;
  const given = sql`SELECT response_id ${steps} AND trace_id IN (${traces})`;
  const homes = sql`SELECT trace_id FROM scores WHERE project = ${string(project)} AND ${namesAnswer} AND response_id IN (${given})`;
  return sql`(${namesAnswer} AND response_id IN (${given}) AND (trace_id, response_id) NOT IN (SELECT trace_id, response_id ${steps} AND trace_id IN (${homes})))`;
}
