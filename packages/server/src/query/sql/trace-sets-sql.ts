/**
 * Which traces meet a filter, as conditions on `trace_id`. Every condition on spans becomes "the id is among those of the
 * spans that meet it", looked up within the window of time that is being searched.
 */
import { assert, unixNano } from '@sightline/base';
import { type BoundFilter, scorePrefix } from '@sightline/schema/filter';
import { type BoundTest, compileColumnTest } from '../filter/compile-condition.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { splitTraceFilter, type TraceFilter } from '../filter/split-trace-filter.ts';
import type { TimeRange } from '../time-range.ts';
import { answeredScores } from './answered-scores-sql.ts';
import { inRange } from './range-sql.ts';
import { billedColumns, billedSums } from './usage-sql.ts';
import { every, joinSql, moment, type Sql, sql, string, trusted } from './sql.ts';

/** What a list of traces asks for. */
export interface TraceWish {
  readonly filter: BoundFilter;
  readonly service?: string | undefined;
  readonly session?: string | undefined;
  readonly user?: string | undefined;
  readonly status?: 'unset' | 'ok' | 'error' | undefined;
  readonly minDurationMs?: number | undefined;
  readonly maxDurationMs?: number | undefined;
}

/** Undefined where every trace is wanted. */
export function wantedTraces(project: string, wish: TraceWish, window: Window): Sql | undefined {
  const among = (condition: Sql): Sql => amongSpans(project, window, condition);
  const conditions: Sql[] = [];
  if (wish.service !== undefined) conditions.push(among(sql`service = ${string(wish.service)}`));
  if (wish.session !== undefined) conditions.push(among(sql`session_id = ${string(wish.session)}`));
  if (wish.user !== undefined) conditions.push(among(sql`user_id = ${string(wish.user)}`));
  if (wish.status === 'error') conditions.push(among(trusted('status_code = 2')));
  if (wish.status === 'ok') conditions.push(sql`NOT ${among(trusted('status_code = 2'))}`);
  if (wish.status === 'unset') conditions.push(sql`NOT ${among(trusted('status_code != 0'))}`);
  const durations = durationFilter(wish);
  if (durations !== undefined) conditions.push(compile(project, durations, window));
  const split = splitTraceFilter(wish.filter);
  if (split.type !== 'everything') conditions.push(compile(project, split, window));
  return conditions.length === 0 ? undefined : every(conditions);
}

export type Window = Pick<TimeRange, 'from' | 'to'>;

function compile(project: string, filter: TraceFilter, window: Window): Sql {
  switch (filter.type) {
    case 'everything':
      return trusted('true');
    case 'span':
      return amongSpans(project, window, compileFilter('spans', filter.filter, { project, ...window }));
    case 'trace':
      return sql`trace_id IN (SELECT trace_id FROM trace_summaries
        WHERE ${summaryDays(project, window)} AND trace_id IN (${startedTraces(project, window)})
        GROUP BY trace_id HAVING ${compileFilter('spans', filter.filter)})`;
    case 'usage':
      return sql`trace_id IN (SELECT trace_id FROM (
        SELECT trace_id, ${trusted(billedSums)} FROM (SELECT trace_id, ${trusted(billedColumns)} FROM ai_spans
        WHERE ${inRange(project, 'spans', padded(window))} AND trace_id IN (${startedTraces(project, window)}) GROUP BY trace_id))
        WHERE ${compileFilter('spans', filter.filter)})`;
    case 'score':
      return tracesWithScore(project, filter.test, window);
    case 'not':
      return sql`NOT ${compile(project, filter.item, window)}`;
    case 'and':
    case 'or':
      return sql`(${joinSql(
        filter.items.map((item) => compile(project, item, window)),
        filter.type === 'and' ? ' AND ' : ' OR ',
      )})`;
  }
}

function amongSpans(project: string, window: Window, condition: Sql): Sql {
  return sql`trace_id IN (SELECT trace_id FROM spans WHERE ${inRange(project, 'spans', window)} AND ${condition})`;
}

/** A score may be given long after what it is about, and by a clock that is a little behind. */
function tracesWithScore(project: string, { field, match }: BoundTest, window: Window): Sql {
  assert(field.type === 'builtin', 'Scores are built-in fields');
  const test =
    match.type === 'exists'
      ? trusted('true')
      : compileColumnTest(
          match.type === 'compare' ? { type: 'number', sql: 'value' } : { type: 'text', sql: 'label' },
          match,
        );
  const around = padded(window);
  const scores = sql`project = ${string(project)} AND bucket >= toStartOfFiveMinutes(${moment(around.from)})
    AND name = ${string(field.field.name.slice(scorePrefix.length))} AND ${test}`;
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
function padded({ from, to }: Window): Window {
  return { from: unixNano(from > dayNanos ? from - dayNanos : 0n), to: unixNano(to + dayNanos) };
}

const dayNanos = 86_400_000_000_000n;

/** A trace may begin and end this many days outside of the window. */
const paddingDays = trusted('7');

function durationFilter({ minDurationMs, maxDurationMs }: TraceWish): TraceFilter | undefined {
  const compare = (comparison: '>=' | '<=', ms: number): BoundFilter => ({
    type: 'test',
    field: {
      type: 'builtin',
      field: { name: 'trace.duration', type: 'duration', description: '', ofTrace: true },
    },
    match: { type: 'compare', comparison, value: BigInt(Math.round(Math.min(ms, 9e12) * 1e6)) },
  });
  const items: BoundFilter[] = [];
  if (minDurationMs !== undefined) items.push(compare('>=', minDurationMs));
  if (maxDurationMs !== undefined) items.push(compare('<=', maxDurationMs));
  return items.length === 0 ? undefined : { type: 'trace', filter: { type: 'and', items } };
}
