/**
 * What counts as a verdict on hallucination, over rows of `scores`. A score named after hallucination says how much was made up: high is
 * bad. One named after groundedness or faithfulness says how much was not: low is bad. A label decides before a value.
 */
import { trusted } from './sql.ts';

const lowered = 'lower(toString(name))';
const label = 'lower(toString(label))';
const madeUp = `position(${lowered}, 'hallucinat') > 0`;
const grounded = `match(${lowered}, 'grounded|faithful')`;
const yes = `${label} IN ('hallucinated', 'hallucination', 'yes', 'true', 'fail', 'failed', 'bad')`;
const no = `${label} IN ('not_hallucinated', 'not hallucinated', 'factual', 'no', 'false', 'none', 'pass', 'passed', 'good')`;
const unfounded = `${label} IN ('ungrounded', 'not_grounded', 'unfaithful', 'hallucinated', 'fail', 'failed', 'no', 'false', 'bad')`;
const founded = `${label} IN ('grounded', 'faithful', 'pass', 'passed', 'yes', 'true', 'good')`;

/** True for rows that say whether something was made up. */
export const isHallucinationVerdict = trusted(
  `((${madeUp} AND (${yes} OR ${no} OR value IS NOT NULL)) OR (${grounded} AND (${unfounded} OR ${founded} OR value IS NOT NULL)))`,
);

/** Of such rows: true where it was. */
export const isHallucinated = trusted(
  `if(${madeUp}, multiIf(${yes}, true, ${no}, false, ifNull(value >= 0.5, false)), multiIf(${unfounded}, true, ${founded}, false, ifNull(value < 0.5, false)))`,
);
