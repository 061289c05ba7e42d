import type { UnixNano } from '@sightline/base';
import type { ScoreRow } from '../telemetry-store.ts';
import { type ClickHouseEngine, literal } from './engine.ts';

/** Columns of the rows as they travel, as a table function takes them. */
const structure = [
  'project String, id String, timeNanos Int64, isDeleted UInt8, traceId String, spanId String, sessionId String, responseId String',
  'service String, name String, value Nullable(Float64), label String, comment String, source String, who String, evaluatorId String',
  'judgeModel String, judgeInputTokens Nullable(UInt64), judgeOutputTokens Nullable(UInt64), judgeCostUsd Nullable(Float64)',
].join(', ');

let lastVersion = 0n;

/** The moment of writing is the version: of two scores with one id the later wins, also within one instant of the clock. */
export async function insertScores(
  engine: ClickHouseEngine,
  rows: readonly ScoreRow[],
  now: UnixNano,
): Promise<void> {
  if (rows.length === 0) return;
  lastVersion = now > lastVersion ? now : lastVersion + 1n;
  const lines = rows.map((row) => JSON.stringify({ ...row, isDeleted: row.isDeleted === true ? 1 : 0 }));
  await engine.insert(`INSERT INTO scores (project, score_id, time, received_time, is_deleted, trace_id, span_id, session_id, response_id,
      service, name, value, label, comment, source, who, evaluator_id, judge_model, judge_input_tokens, judge_output_tokens, judge_cost_usd)
    SELECT project, id, fromUnixTimestamp64Nano(timeNanos, 'UTC'), fromUnixTimestamp64Nano(${lastVersion}, 'UTC'), isDeleted,
      unhex(traceId), unhex(spanId), sessionId, responseId, service, name, value, label, comment, source, who, evaluatorId,
      judgeModel, judgeInputTokens, judgeOutputTokens, judgeCostUsd
    FROM format(JSONEachRow, ${literal(structure)}, ${literal(lines.join('\n'))})`);
}
