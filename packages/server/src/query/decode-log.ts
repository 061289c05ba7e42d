import type { LogRecord, Severity } from '@sightline/schema/api';
import { decodeContext, ownAttributes } from './decode-span.ts';
import { decodeOptionalTime, decodeTime, decodeValue, idOrNull, textOrNull } from './decode-row.ts';
import { writeLogId } from './log-id.ts';
import type { LogRow } from './sql/log-columns-sql.ts';

export function decodeLog(row: LogRow): LogRecord {
  const { resource, scope } = decodeContext(row);
  return {
    id: writeLogId({ timeNanos: row.timeNanos, logId: row.logId }),
    timestamp: decodeTime(row.timeText),
    observedTimestamp: decodeOptionalTime(row.observedTime),
    severity: severityOf(row.severityNumber),
    severityNumber: row.severityNumber,
    severityText: row.severityText,
    body: decodeValue(row.body, row.bodyType),
    eventName: row.eventName,
    service: row.service,
    traceId: idOrNull(row.traceId),
    spanId: idOrNull(row.spanId),
    correlationId: textOrNull(row.correlationId),
    attributes: ownAttributes(row),
    resource: { attributes: resource.attributes },
    scope: { name: scope.name, version: scope.version },
    flags: row.flags,
    droppedAttributesCount: row.droppedAttributes,
  };
}

/** First number of each severity, worst first. */
const severities: readonly (readonly [number, Severity])[] = [
  [21, 'FATAL'],
  [17, 'ERROR'],
  [13, 'WARN'],
  [9, 'INFO'],
  [5, 'DEBUG'],
  [1, 'TRACE'],
];

export function severityOf(number: number): Severity {
  return severities.find(([first]) => number >= first)?.[1] ?? 'UNSET';
}

export function firstNumberOf(severity: Severity): number {
  return severities.find(([, name]) => name === severity)?.[0] ?? 0;
}
