/**
 * What counts as a verdict on hallucination, over rows of `scores`. A score named after hallucination says how much was made up: high is
 * bad. One named after groundedness or faithfulness says how much was not: low is bad. A label decides before a value.
 */
import { answeredScores, namesAnswer } from './answered-scores-sql.ts';
import { every, type Sql, sql, trusted } from './sql.ts';

const lowered = 'lower(toString(name))';
const label = 'lower(toString(label))';
const madeUp = `position(${lowered}, 'hallucinat') > 0`;
const grounded = `match(${lowered}, 'grounded|faithful')`;
const yes = `${label} IN ('hallucinated', 'hallucination', 'yes', 'true', 'fail', 'failed', 'bad')`;
const no = `${label} IN ('not_hallucinated', 'not hallucinated', 'factual', 'no', 'false', 'none', 'pass', 'passed', 'good')`;
const unfounded = `${label} IN ('ungrounded', 'not_grounded', 'unfaithful', 'hallucinated', 'fail', 'failed', 'no', 'false', 'bad')`;
const founded = `${label} IN ('grounded', 'faithful', 'pass', 'passed', 'yes', 'true', 'good')`;

/** True for rows that say whether something was made up. */
const isHallucinationVerdict = trusted(
  `((${madeUp} AND (${yes} OR ${no} OR value IS NOT NULL)) OR (${grounded} AND (${unfounded} OR ${founded} OR value IS NOT NULL)))`,
);

/** Of such rows: true where it was. */
const isHallucinated = trusted(
  `if(${madeUp}, multiIf(${yes}, true, ${no}, false, ifNull(value >= 0.5, false)), multiIf(${unfounded}, true, ${founded}, false, ifNull(value < 0.5, false)))`,
);

export interface VerdictRequest {
  /** On rows of `scores`. */
  readonly scores: Sql;
  /** On rows of `ai_spans`; undefined where no verdict names an answer (`verdictCounts`): to look for them is most of what the statement costs. */
  readonly answers: Sql | undefined;
}

/**
 * `trace_id` and whether any `verdict` on it is bad, of the traces with a verdict among these rows of `scores`: those they stand on, and those whose answers, among these rows of
 * `ai_spans`, they name.
 */
export function verdictsByTrace(wanted: VerdictRequest): Sql {
  return sql`SELECT trace_id, max(isHallucinated) AS verdict FROM (${verdictRows({ ...wanted, columns: trusted('time') })}) GROUP BY trace_id`;
}

/** The same, a row a verdict: `trace_id`, `isHallucinated`, the name, value and label of the score, and other columns of it. */
export function verdictRows(wanted: VerdictRequest & { readonly columns: Sql }): Sql {
  const scores = every([wanted.scores, isHallucinationVerdict]);
  const columns = sql`name, value, label, ${wanted.columns}`;
  const standing = sql`SELECT trace_id, ${columns} FROM scores FINAL WHERE ${scores} AND trace_id != toFixedString('', 16)`;
  const rows =
    wanted.answers === undefined
      ? standing
      : sql`${standing} UNION ALL SELECT trace_id, ${columns} FROM (${answeredScores({ columns, scores, answers: wanted.answers })})`;
  return sql`SELECT *, ${isHallucinated} AS isHallucinated FROM (${rows})`;
}

/** One row: how many verdicts there are among these rows of `scores`, and how many of them name an answer. Some may be of one score, written twice. */
export function verdictCounts(scores: Sql): Sql {
  return sql`SELECT count() AS verdicts, countIf(${namesAnswer}) AS naming FROM scores WHERE ${every([scores, isHallucinationVerdict])}`;
}
