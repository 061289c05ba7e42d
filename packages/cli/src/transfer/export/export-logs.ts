import { type LogRecord, logsResponse } from '@sightline/schema/api';
import { readPages } from '../../commands/search.ts';
import { anyValueOf, keyValuesOf } from './any-value.ts';
import type { ExportedPage, ExportRange } from './exported-page.ts';
import { groupItems, type Origin } from './group-items.ts';

const logsPerPage = 1000;

/** Log records through the API, oldest first, so that the filter language applies. */
export async function* exportLogs({
  client,
  abort,
  from,
  to,
  q,
  onLimits,
}: ExportRange): AsyncGenerator<ExportedPage> {
  const pages = readPages(Number.POSITIVE_INFINITY, { signal: abort }, async ({ cursor }) => {
    const response = await client.get(
      'logs',
      { from, to, q, cursor, limit: logsPerPage, order: 'asc' },
      logsResponse,
    );
    onLimits(response.limitsMet);
    return { items: response.logs, nextCursor: response.nextCursor };
  });
  for await (const page of pages)
    yield {
      count: page.length,
      request: groupItems(
        'logs',
        page.map((log) => ({ origin: originOfLog(log), item: logOf(log) })),
      ),
    };
}

function originOfLog({ resource, scope }: LogRecord): Origin {
  return {
    resource: { attributes: keyValuesOf(resource.attributes) },
    resourceSchemaUrl: '',
    scope: { name: scope.name, version: scope.version, attributes: [] },
    scopeSchemaUrl: '',
  };
}

function logOf(log: LogRecord) {
  return {
    timeUnixNano: nanosOfTime(log.timestamp),
    ...(log.observedTimestamp === null ? {} : { observedTimeUnixNano: nanosOfTime(log.observedTimestamp) }),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    ...(log.body === null ? {} : { body: anyValueOf(log.body) }),
    ...(log.eventName === '' ? {} : { eventName: log.eventName }),
    attributes: keyValuesOf(log.attributes),
    droppedAttributesCount: log.droppedAttributesCount,
    flags: log.flags,
    ...(log.traceId === null ? {} : { traceId: log.traceId }),
    ...(log.spanId === null ? {} : { spanId: log.spanId }),
  };
}

/** RFC 3339 with up to nine fractional digits; `Date` keeps three. */
function nanosOfTime(time: string): string {
  const [, fraction = ''] = /\.(\d{1,9})/.exec(time) ?? [];
  const seconds = Date.parse(time.replace(/\.\d+/, '')) / 1000;
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')));
}
