import { trusted } from './sql.ts';

export interface StoredScore {
  readonly id: string;
  readonly timeText: string;
  readonly timeNanos: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly sessionId: string;
  readonly responseId: string;
  readonly service: string;
  readonly name: string;
  readonly value: number | null;
  readonly label: string;
  readonly comment: string;
  readonly source: string;
  readonly who: string;
  readonly evaluatorId: string;
  readonly judgeModel: string;
  readonly judgeInputTokens: string | null;
  readonly judgeOutputTokens: string | null;
  readonly judgeCostUsd: number | null;
}

/** A row of `scores FINAL`, ids as hex. */
export const scoreColumns = trusted(`
  score_id AS id, time AS timeText, toUnixTimestamp64Nano(time) AS timeNanos, lower(hex(trace_id)) AS traceId,
  lower(hex(span_id)) AS spanId, session_id AS sessionId, response_id AS responseId, service, name, value, label, comment, source,
  who, evaluator_id AS evaluatorId, judge_model AS judgeModel, judge_input_tokens AS judgeInputTokens,
  judge_output_tokens AS judgeOutputTokens, judge_cost_usd AS judgeCostUsd`);
