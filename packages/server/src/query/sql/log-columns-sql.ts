import type { TextsRow } from '../restore-texts.ts';
import { trusted } from './sql.ts';
import { textIdsHex } from './texts-sql.ts';
import type { AttributeRow, ContextRow } from './span-columns-sql.ts';

export interface LogRow extends AttributeRow, ContextRow, TextsRow {
  readonly timeText: string;
  readonly timeNanos: string;
  readonly logId: string;
  readonly observedTime: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly bodyType: string;
  readonly eventName: string;
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly correlationId: string;
  readonly flags: number;
  readonly droppedAttributes: number;
}

export const logColumns = trusted(`
  time AS timeText, toUnixTimestamp64Nano(time) AS timeNanos, log_id AS logId, observed_time AS observedTime,
  severity_number AS severityNumber, severity_text AS severityText, body, body_type AS bodyType, event_name AS eventName,
  service, lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, correlation_id AS correlationId, flags,
  dropped_attributes AS droppedAttributes, toUnixTimestamp64Nano(time) AS startNanos, ${textIdsHex} AS textIds`);
