import { type Score, type ScoreSource, scoreSource } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { decodeCount, decodeTime, idOrNull, textOrNull } from '../decode-row.ts';
import type { StoredScore } from '../sql/score-columns-sql.ts';

export function decodeScore(row: StoredScore): Score {
  return {
    id: row.id,
    time: decodeTime(row.timeText),
    target: targetOf(row),
    traceId: idOrNull(row.traceId),
    spanId: idOrNull(row.spanId),
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

/** What names neither a trace nor a session is about an answer, which is what a span gave. */
function targetOf(row: StoredScore): Score['target'] {
  if (idOrNull(row.spanId) !== null) return 'span';
  if (idOrNull(row.traceId) !== null) return 'trace';
  return row.sessionId === '' ? 'span' : 'session';
}

export function decodeSource(text: string): ScoreSource {
  const parsed = scoreSource.safeParse(text);
  return parsed.success ? parsed.data : 'telemetry';
}
