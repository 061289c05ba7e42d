import { type Score, type ScoreSource, scoreSource } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { decodeCount, decodeTime, idOrNull, textOrNull } from '../decode-row.ts';
import type { StoredScore } from '../sql/score-columns-sql.ts';

export function decodeScore(row: StoredScore): Score {
  const traceId = idOrNull(row.traceId);
  const spanId = idOrNull(row.spanId);
  return {
    id: row.id,
    time: decodeTime(row.timeText),
    target: traceId === null ? 'session' : spanId === null ? 'trace' : 'span',
    traceId,
    spanId,
    sessionId: textOrNull(row.sessionId),
    responseId: textOrNull(row.responseId),
    service: textOrNull(row.service),
    name: row.name,
    value: decodeCost(row.value),
    label: textOrNull(row.label),
    comment: textOrNull(row.comment),
    source: decodeSource(row.source),
    who: textOrNull(row.who),
    evaluatorId: textOrNull(row.evaluatorId),
    judge:
      row.judgeModel === ''
        ? null
        : {
            model: row.judgeModel,
            inputTokens: decodeCount(row.judgeInputTokens),
            outputTokens: decodeCount(row.judgeOutputTokens),
            costUsd: decodeCost(row.judgeCostUsd),
          },
  };
}

export function decodeSource(text: string): ScoreSource {
  const parsed = scoreSource.safeParse(text);
  return parsed.success ? parsed.data : 'telemetry';
}
