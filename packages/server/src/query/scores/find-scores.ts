import { unixNano } from '@sightline/base';
import type { ScoresParameters, ScoresResponse } from '@sightline/schema/api';
import { startPage, writeCursor } from '../cursor.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { scoreColumns, type StoredScore } from '../sql/score-columns-sql.ts';
import { every, float, int64, moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { readListRange } from '../time-range.ts';
import { collectInOrder, type Window } from '../time-windows.ts';
import { decodeScore } from './decode-score.ts';

/** Scores that meet all conditions, the newest first. */
export async function findScores(
  context: QueryContext,
  parameters: ScoresParameters,
): Promise<ScoresResponse> {
  const { cursor, limit, ...query } = parameters;
  const page = startPage(['scores', query], cursor, () => ({
    range: readListRange(parameters, context.clock),
    snapshot: context.clock.now(),
  }));
  const reader = new Reader(context);
  const conditions = every([
    ...scoreConditions(context.project, parameters),
    page.after === undefined ? undefined : afterScore(page.after),
  ]);
  const found = await collectInOrder<StoredScore>(reader, {
    order: 'desc',
    range: page.range,
    begin: page.after === undefined ? page.range.newest : unixNano(BigInt(page.after[0] ?? '0')),
    limit: limit + 1,
    select: (window, wanted) => sql`SELECT ${scoreColumns} FROM scores FINAL
      WHERE ${scoresWithin(context.project, window)} AND ${conditions}
      ORDER BY time DESC, score_id DESC LIMIT ${uint(wanted)}`,
  });
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    scores: rows.map(decodeScore),
    nextCursor: last === undefined ? null : writeCursor(['scores', query], page, [last.timeNanos, last.id]),
    ...reader.limitsMet,
  };
}

/** Rows of `scores` of a window. */
export function scoresWithin(project: string, { from, to }: Window): Sql {
  return sql`project = ${string(project)} AND ${inBuckets({ from, to })} AND time >= ${moment(from)} AND time < ${moment(to)}`;
}

export type ScoreConditions = Partial<
  Pick<
    ScoresParameters,
    | 'traceId'
    | 'spanId'
    | 'session'
    | 'name'
    | 'label'
    | 'source'
    | 'evaluatorId'
    | 'who'
    | 'minValue'
    | 'maxValue'
  >
>;

export function scoreConditions(project: string, wanted: ScoreConditions): Sql[] {
  const conditions: Sql[] = [];
  const is = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(sql`${trusted(column)} = ${string(value)}`);
  };
  // Ids come from links and hands: what cannot be one finds nothing.
  if (wanted.traceId !== undefined) conditions.push(ofTrace(project, wanted.traceId));
  if (wanted.spanId !== undefined) conditions.push(hasId('span_id', wanted.spanId, 16));
  is('name', wanted.name);
  is('label', wanted.label);
  is('source', wanted.source);
  is('evaluator_id', wanted.evaluatorId);
  is('who', wanted.who);
  if (wanted.minValue !== undefined) conditions.push(sql`ifNull(value >= ${float(wanted.minValue)}, false)`);
  if (wanted.maxValue !== undefined) conditions.push(sql`ifNull(value <= ${float(wanted.maxValue)}, false)`);
  if (wanted.session !== undefined) conditions.push(ofSession(project, wanted.session));
  return conditions;
}

function hasId(column: string, id: string, length: number): Sql {
  return new RegExp(`^[0-9a-fA-F]{${length}}$`).test(id)
    ? sql`${trusted(column)} = unhex(${string(id)})`
    : trusted('false');
}

/** A score without its span says which answer it is about. */
function ofTrace(project: string, traceId: string): Sql {
  const id = hasId('trace_id', traceId, 32);
  return sql`(${id} OR (response_id != '' AND trace_id = toFixedString('', 16) AND response_id IN (
    SELECT response_id FROM ai_spans WHERE project = ${string(project)} AND ${id} AND response_id != '')))`;
}

/** On the session itself, or on something of one of its traces. */
function ofSession(project: string, session: string): Sql {
  return sql`(session_id = ${string(session)} OR trace_id IN (
    SELECT trace_id FROM ai_spans WHERE project = ${string(project)} AND session_id = ${string(session)}))`;
}

function afterScore([time = '0', id = '']: readonly string[]): Sql {
  const at = sql`fromUnixTimestamp64Nano(${int64(BigInt(time))}, 'UTC')`;
  return sql`time <= ${at} AND (time, score_id) < (${at}, ${string(id)})`;
}
