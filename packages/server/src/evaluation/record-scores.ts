import { randomUUID } from 'node:crypto';
import { nanosFromMs, storableText, type UnixNano } from '@sightline/base';
import type { NewScore, NewScoresRequest, Score } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { parseTime } from '@sightline/schema/filter';
import type { QueryContext } from '../query/reader.ts';
import { decodeScore } from '../query/scores/decode-score.ts';
import { readScoresById } from '../query/scores/read-scores-by-id.ts';
import type { StoredScore } from '../query/sql/score-columns-sql.ts';
import { explainFailure } from '../query/store-failure.ts';
import type { ScoreRow } from '../storage/telemetry-store.ts';

/** A score that is to be written; what an evaluator adds stands beside what a request can say. */
export interface ScoreToRecord extends Omit<NewScore, 'source' | 'time'> {
  readonly source: Score['source'];
  readonly time?: string | undefined;
  readonly evaluatorId?: string;
  readonly judge?: Score['judge'];
}

const aheadNanosMax = nanosFromMs(86_400_000);
const behindNanosMax = nanosFromMs(400 * 86_400_000);

export async function recordRequest(context: QueryContext, request: NewScoresRequest): Promise<Score[]> {
  const scores = 'scores' in request ? request.scores : [request];
  const ids = scores.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    throw new SightlineError('bad_request', `Two scores of the request have the id "${twice}".`, {
      hint: 'Give each its own id, or leave the ids out.',
    });
  return recordScores(context, scores);
}

/** Writes the scores; one whose id is stored already (not before `knownSince`, where that is given) replaces it, and keeps its time. */
export async function recordScores(
  context: QueryContext,
  scores: readonly ScoreToRecord[],
  { knownSince }: { readonly knownSince?: UnixNano } = {},
): Promise<Score[]> {
  const now = context.clock.now();
  const ids = scores.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const stored = await readScoresById(context, ids, knownSince);
  const rows = scores.map((score) => {
    const before = score.id === undefined ? undefined : stored.get(score.id);
    return rowOf(context.project, score, before?.timeNanos ?? readTime(score.time, now).toString());
  });
  await write(context, rows);
  return rows.map((row) => decodeScore(storedAs(row)));
}

/** Takes a score away. Throws `not_found`. */
export async function deleteScore(context: QueryContext, id: string): Promise<void> {
  const stored = (await readScoresById(context, [id])).get(id);
  if (stored === undefined)
    throw new SightlineError('not_found', `No score has the id "${id.slice(0, 64)}".`, {
      hint: 'GET /api/v1/scores lists them.',
    });
  const { project } = context;
  await write(context, [{ ...rowOfStored(project, stored), isDeleted: true }]);
}

async function write({ store }: QueryContext, rows: readonly ScoreRow[]): Promise<void> {
  try {
    await store.putScores(rows);
  } catch (error) {
    throw explainFailure(error);
  }
}

function readTime(time: string | undefined, now: UnixNano): bigint {
  if (time === undefined) return now;
  const read = parseTime(time.trim(), now);
  if (read !== undefined && read <= now + aheadNanosMax && read >= now - behindNanosMax) return read;
  throw new SightlineError('bad_request', `"time" is not a usable time: "${time.slice(0, 64)}".`, {
    hint: 'Use RFC 3339 (2026-11-21T10:00:00Z) or a relative time (-15m), at most 400 days ago.',
  });
}

const none = (length: number): string => '0'.repeat(length);

function rowOf(project: string, score: ScoreToRecord, timeNanos: string): ScoreRow {
  return {
    project,
    id: score.id ?? randomUUID(),
    timeNanos,
    traceId: score.traceId?.toLowerCase() ?? none(32),
    spanId: score.spanId?.toLowerCase() ?? none(16),
    sessionId: score.sessionId ?? '',
    responseId: '',
    service: '',
    name: storableText(score.name),
    value: score.value ?? null,
    label: storableText(score.label ?? ''),
    comment: storableText(score.comment ?? ''),
    source: score.source,
    who: score.who ?? '',
    evaluatorId: score.evaluatorId ?? '',
    judgeModel: storableText(score.judge?.model ?? ''),
    judgeInputTokens: score.judge?.inputTokens ?? null,
    judgeOutputTokens: score.judge?.outputTokens ?? null,
    judgeCostUsd: score.judge?.costUsd ?? null,
  };
}

function rowOfStored(project: string, stored: StoredScore): ScoreRow {
  const { timeText: _text, judgeInputTokens, judgeOutputTokens, ...same } = stored;
  return {
    ...same,
    project,
    judgeInputTokens: judgeInputTokens === null ? null : Number(judgeInputTokens),
    judgeOutputTokens: judgeOutputTokens === null ? null : Number(judgeOutputTokens),
  };
}

function storedAs(row: ScoreRow): StoredScore {
  const nanos = BigInt(row.timeNanos);
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
  return {
    ...row,
    timeText: `${seconds}.${(nanos % 1_000_000_000n).toString().padStart(9, '0')}`,
    judgeInputTokens: row.judgeInputTokens?.toString() ?? null,
    judgeOutputTokens: row.judgeOutputTokens?.toString() ?? null,
  };
}
