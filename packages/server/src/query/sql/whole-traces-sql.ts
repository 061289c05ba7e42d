/** Conditions on `trace_id` by what is known of whole traces: their summary, what they used, their scores. */
import { assert, unixNano } from '@sightline/base';
import { scorePrefix } from '@sightline/schema/filter';
import { type BoundTest, compileColumnTest } from '../filter/compile-condition.ts';
import { compileWords } from '../filter/compile-text.ts';
import type { Window } from '../time-range.ts';
import { answeredScores } from './answered-scores-sql.ts';
import { inRange } from './range-sql.ts';
import { usedByRuns } from './used-by-runs-sql.ts';
import { every, moment, type Sql, sql, string, trusted } from './sql.ts';

/** `having` is on the columns of `trace_summaries` (`traceColumns` of signal-columns.ts). */
export function tracesBySummary(project: string, window: Window, having: Sql): Sql {
  return sql`trace_id IN (SELECT trace_id FROM trace_summaries
    WHERE ${summaryDays(project, window)} AND trace_id IN (${startedTraces(project, window)})
    GROUP BY trace_id HAVING ${having})`;
}

/** `where` is on what the trace used, as its run says. */
export function tracesByUsage(project: string, window: Window, where: Sql): Sql {
  const among = sql`trace_id IN (${startedTraces(project, window)})`;
  return sql`trace_id IN (SELECT trace_id FROM (${usedByRuns(project, [padded(window)], among)}) WHERE ${where})`;
}

/** Word for word what the index of `runs` is over, or the words of all runs are read. */
const wordsOfRun = trusted(
  String.raw`arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), [question, answer])`,
);

/** The question or the answer of the run has these words: they may come from log records, where no span has them. */
export function tracesByWords(project: string, { from, to }: Window, parts: readonly string[]): Sql {
  const exact = (pattern: Sql): Sql =>
    sql`arrayExists(text -> lowerUTF8(text) LIKE ${pattern}, [question, answer])`;
  return sql`trace_id IN (SELECT trace_id FROM runs
    WHERE project = ${string(project)} AND generation = (SELECT max(generation) FROM runs_progress) AND bucket <= ${moment(to)}
      AND start_time < ${moment(to)} AND last_time >= ${moment(from)} AND ${compileWords(parts, { words: wordsOfRun, exact })})`;
}

/** One score meets all tests, which are of one name. It may be given long after what it is about, and by a clock that is a little behind. */
export function tracesWithScore(project: string, tests: readonly BoundTest[], window: Window): Sql {
  const field = tests[0]?.field;
  assert(field?.type === 'builtin', 'Scores are built-in fields');
  const conditions = tests.map(({ match }) =>
    match.type === 'exists'
      ? trusted('true')
      : compileColumnTest(
          match.type === 'compare' ? { type: 'number', sql: 'value' } : { type: 'text', sql: 'label' },
          match,
        ),
  );
  const around = padded(window);
  const scores = sql`project = ${string(project)} AND bucket >= toStartOfFiveMinutes(${moment(around.from)})
    AND name = ${string(field.field.name.slice(scorePrefix.length))} AND ${every(conditions)}`;
  const elsewhere = answeredScores({
    columns: trusted('score_id'),
    scores,
    answers: inRange(project, 'spans', around),
  });
  return sql`trace_id IN (SELECT trace_id FROM scores FINAL WHERE ${scores} UNION ALL SELECT trace_id FROM (${elsewhere}))`;
}

/** Traces with a span in the window, from the table by time. */
function startedTraces(project: string, window: Window): Sql {
  return sql`SELECT trace_id FROM trace_starts WHERE ${startsWithin(project, window)}`;
}

/** Rows of `trace_starts` within the window. */
export function startsWithin(project: string, { from, to }: Window): Sql {
  return sql`project = ${string(project)} AND bucket >= toStartOfFiveMinutes(${moment(from)}) AND bucket < ${moment(to)}
    AND start_time >= ${moment(from)} AND start_time < ${moment(to)}`;
}

/** Rows of `trace_summaries` of traces that have a span within the window. */
export function summaryDays(project: string, window: Window): Sql {
  return sql`${summaryDaysFrom(project, window)} AND day <= toDate(${moment(window.to)}) + ${paddingDays}`;
}

/** The same, however long after the window the traces go on. */
export function summaryDaysFrom(project: string, { from }: Window): Sql {
  return sql`project = ${string(project)} AND day >= toDate(${moment(from)}) - ${paddingDays}`;
}

/** What a trace did this long before or after the window counts for it too. */
export function padded({ from, to }: Window): Window {
  return { from: unixNano(from > dayNanos ? from - dayNanos : 0n), to: unixNano(to + dayNanos) };
}

const dayNanos = 86_400_000_000_000n;

/** A trace may begin and end this many days outside of the window. */
const paddingDays = trusted('7');
