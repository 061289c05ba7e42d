import { unixNano } from '@sightline/base';
import type { ScoresParameters, ScoresResponse } from '@sightline/schema/api';
import { startListPage, writeCursor } from '../cursor.ts';
import { isHex } from '../read-trace.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { namesAnswer, namesAnswerOf } from '../sql/answered-scores-sql.ts';
import { scoreColumns, type StoredScore } from '../sql/score-columns-sql.ts';
import { every, float, int64, moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { collectInOrder } from '../time-windows.ts';
import type { Window } from '../time-range.ts';
import { decodeScore } from './decode-score.ts';

/** Scores that meet all conditions, the newest first. */
export async function findScores(
  context: QueryContext,
  parameters: ScoresParameters,
): Promise<ScoresResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const page = startListPage(['scores', query], parameters, context.clock);
  const reader = new Reader(context);
  const withAnswers =
    (parameters.traceId ?? parameters.session) !== undefined && (await anyNamesAnswer(reader, page.range));
  const conditions = every([
    ...scoreConditions(context.project, parameters, withAnswers),
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

/** Most are on what they are about, and nothing has to be looked up for them. */
async function anyNamesAnswer(reader: Reader, range: Window): Promise<boolean> {
  const rows = await reader.rows(
    sql`SELECT 1 FROM scores WHERE ${scoresWithin(reader.project, range)} AND ${namesAnswer} LIMIT 1`,
  );
  return rows.length > 0;
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

/** `withAnswers`: also scores that name an answer of the trace or session. */
export function scoreConditions(project: string, wanted: ScoreConditions, withAnswers = false): Sql[] {
  const conditions: Sql[] = [];
  const is = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(sql`${trusted(column)} = ${string(value)}`);
  };
  // Ids come from links and hands: what cannot be one finds nothing.
  if (wanted.traceId !== undefined) conditions.push(ofTrace(project, wanted.traceId, withAnswers));
  if (wanted.spanId !== undefined)
    conditions.push(
      isHex(wanted.spanId.toLowerCase(), 16)
        ? sql`span_id = unhex(${string(wanted.spanId)})`
        : trusted('false'),
    );
  is('name', wanted.name);
  is('label', wanted.label);
  is('source', wanted.source);
  is('evaluator_id', wanted.evaluatorId);
  is('who', wanted.who);
  if (wanted.minValue !== undefined) conditions.push(sql`ifNull(value >= ${float(wanted.minValue)}, false)`);
  if (wanted.maxValue !== undefined) conditions.push(sql`ifNull(value <= ${float(wanted.maxValue)}, false)`);
  if (wanted.session !== undefined) conditions.push(ofSession(project, wanted.session, withAnswers));
  return conditions;
}

/** On something of the trace, or on an answer that it gave. */
function ofTrace(project: string, traceId: string, withAnswers: boolean): Sql {
  if (!isHex(traceId.toLowerCase(), 32)) return trusted('false');
  const id = sql`unhex(${string(traceId)})`;
  return withAnswers ? sql`(trace_id = ${id} OR ${namesAnswerOf(project, id)})` : sql`trace_id = ${id}`;
}

/** On the session itself, or on something of one of its traces. */
function ofSession(project: string, session: string, withAnswers: boolean): Sql {
  const traces = sql`SELECT trace_id FROM ai_spans WHERE project = ${string(project)} AND session_id = ${string(session)}`;
  const answers = withAnswers ? namesAnswerOf(project, traces) : trusted('false');
  return sql`(session_id = ${string(session)} OR trace_id IN (${traces}) OR ${answers})`;
}

function afterScore([time = '0', id = '']: readonly string[]): Sql {
  const at = sql`fromUnixTimestamp64Nano(${int64(BigInt(time))}, 'UTC')`;
  return sql`time <= ${at} AND (time, score_id) < (${at}, ${string(id)})`;
}
