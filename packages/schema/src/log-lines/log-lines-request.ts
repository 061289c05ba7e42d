import { err, ok, type Result, type UnixNano } from '@sightline/base';
import { jsonToProtobuf } from '../otlp/index.ts';
import type { LogLine } from './read-log-line.ts';

export interface LogLinesContext {
  /** Of lines that do not name their service. */
  readonly service: string;
  /** The time of lines without one. */
  readonly now: UnixNano;
}

/** The OTLP request, as protobuf, with these lines. */
export function logLinesRequest(
  lines: readonly LogLine[],
  { service, now }: LogLinesContext,
): Result<Uint8Array, string> {
  const resources = Map.groupBy(lines, (line) =>
    JSON.stringify({ 'service.name': line.service || service, ...line.resource }),
  );
  const request = {
    resourceLogs: [...resources].map(([resource, ofResource]) => ({
      resource: { attributes: attributesOf(JSON.parse(resource) as object) },
      scopeLogs: [...Map.groupBy(ofResource, ({ logger }) => logger)].map(([name, records]) => ({
        ...(name === '' ? {} : { scope: { name } }),
        logRecords: records.map((record) => recordOf(record, now)),
      })),
    })),
  };
  const converted = jsonToProtobuf('logs', Buffer.from(JSON.stringify(request)));
  return converted.ok ? ok(converted.value) : err(converted.error.message);
}

function recordOf(line: LogLine, now: UnixNano): object {
  return {
    timeUnixNano: String(line.timeNanos ?? now),
    observedTimeUnixNano: String(now),
    severityNumber: line.severityNumber,
    severityText: line.severityText,
    body: valueOf(line.body),
    ...(line.traceId === '' ? {} : { traceId: line.traceId }),
    ...(line.spanId === '' ? {} : { spanId: line.spanId }),
    attributes: attributesOf(line.attributes),
  };
}

const attributesOf = (values: object): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));

function valueOf(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      break;
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueOf) } };
  return value === null || value === undefined ? {} : { kvlistValue: { values: attributesOf(value) } };
}
