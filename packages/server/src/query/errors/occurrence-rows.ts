/** Single errors, as rows of `newErrors`. */
import type { ErrorOccurrence } from '@sightline/schema/api';
import { decodeTime, idOrNull, textOrNull } from '../decode-row.ts';
import { writeLogId } from '../log-id.ts';
import { trusted } from '../sql/sql.ts';

export interface OccurrenceRow {
  readonly timeText: string;
  readonly timeNanos: string;
  readonly message: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly source: ErrorOccurrence['source'];
  readonly handled: number;
  readonly name: string;
  readonly model: string;
  readonly agent: string;
  readonly tool: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly logId: string;
}

export const occurrenceColumns =
  trusted(`toString(time) AS timeText, toUnixTimestamp64Nano(time) AS timeNanos, raw_message AS message, toString(service) AS service,
      toString(service_version) AS version, toString(environment) AS environment, toString(source) AS source, handled,
      toString(name) AS name, toString(model) AS model, toString(agent_name) AS agent, toString(tool_name) AS tool,
      user_id AS userId, session_id AS sessionId, lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, toString(log_id) AS logId`);

export function decodeOccurrence(row: OccurrenceRow): ErrorOccurrence {
  const { timeText, timeNanos, logId, traceId, spanId, userId, sessionId, handled, ...rest } = row;
  return {
    ...rest,
    time: decodeTime(timeText),
    handled: Number(handled) === 1,
    userId: textOrNull(userId),
    sessionId: textOrNull(sessionId),
    traceId: idOrNull(traceId),
    spanId: idOrNull(spanId),
    logId: row.source === 'log' ? writeLogId({ timeNanos, logId }) : null,
  };
}
