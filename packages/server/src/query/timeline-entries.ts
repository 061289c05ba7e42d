import { formatDurationMs, formatNanos } from '@sightline/base';
import type { TimelineEntry } from '@sightline/schema/api';
import { decodeAttributes, idOrNull, nanosToMs } from './decode-row.ts';
import { ownAttributes } from './decode-span.ts';
import type { LogRow } from './sql/log-columns-sql.ts';
import type { TextsRow } from './restore-texts.ts';
import type { AttributeRow, ContextRow } from './sql/span-columns-sql.ts';

export interface TimelineSpanRow extends AttributeRow, TextsRow {
  readonly timeNanos: string;
  readonly name: string;
  readonly service: string;
  readonly durationNs: string;
  readonly statusCode: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly eventNanos: readonly string[];
  readonly eventNames: readonly string[];
  readonly eventKeys: readonly (readonly string[])[];
  readonly eventValues: readonly (readonly string[])[];
  readonly eventTypes: readonly string[];
}

export type TimelineLogRow = Omit<LogRow, keyof ContextRow>;

export interface ExemplarRow {
  readonly timeNanos: string;
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

export interface TimedEntry {
  readonly nanos: bigint;
  readonly endNanos: bigint;
  /** Order within one nanosecond: a span before what happens in it. */
  readonly rank: number;
  readonly entry: TimelineEntry;
}

/** The span and its events. */
export function spanEntries(row: TimelineSpanRow): TimedEntry[] {
  const nanos = BigInt(row.timeNanos);
  const span: TimelineEntry = {
    type: 'span',
    time: formatNanos(nanos),
    service: row.service,
    title: row.name,
    durationMs: nanosToMs(row.durationNs),
    severity: row.statusCode === 2 ? 'error' : 'ok',
    traceId: row.traceId,
    spanId: row.spanId,
    parentSpanId: idOrNull(row.parentId),
    attributes: ownAttributes(row),
  };
  const events = row.eventNanos.map((time, index): TimedEntry => {
    const name = row.eventNames[index] ?? '';
    const at = BigInt(time);
    const attributes = decodeAttributes({
      keys: row.eventKeys[index] ?? [],
      values: row.eventValues[index] ?? [],
      types: row.eventTypes[index] ?? '',
    });
    const entry: TimelineEntry = {
      ...span,
      type: 'event',
      time: formatNanos(at),
      title: name,
      durationMs: null,
      severity: name === 'exception' ? 'error' : 'info',
      attributes,
    };
    return { nanos: at, endNanos: at, rank: 1, entry };
  });
  return [{ nanos, endNanos: nanos + BigInt(row.durationNs), rank: 0, entry: span }, ...events];
}

export function logEntry(row: TimelineLogRow): TimedEntry {
  const nanos = BigInt(row.timeNanos);
  return {
    nanos,
    endNanos: nanos,
    rank: 2,
    entry: {
      type: 'log',
      time: formatNanos(nanos),
      service: row.service,
      title: oneLine(row.body === '' ? row.eventName : row.body),
      durationMs: null,
      severity: row.severityNumber >= 17 ? 'error' : row.severityNumber >= 13 ? 'warning' : 'info',
      traceId: idOrNull(row.traceId),
      spanId: idOrNull(row.spanId),
      parentSpanId: null,
      attributes: ownAttributes(row),
    },
  };
}

export function exemplarEntry(row: ExemplarRow): TimedEntry {
  const nanos = BigInt(row.timeNanos);
  return {
    nanos,
    endNanos: nanos,
    rank: 3,
    entry: {
      type: 'metric',
      time: formatNanos(nanos),
      service: row.service,
      title: `${row.name} = ${valueWords(row.value, row.unit)}`,
      durationMs: null,
      severity: 'info',
      traceId: idOrNull(row.traceId),
      spanId: idOrNull(row.spanId),
      parentSpanId: null,
      attributes: {},
    },
  };
}

/** Of a duration in the unit people say; other values without the digits that binary fractions leave. */
function valueWords(value: number, unit: string): string {
  if (unit === 's') return formatDurationMs(value * 1000);
  if (unit === 'ms') return formatDurationMs(value);
  const number = String(Number(value.toPrecision(12)));
  return unit === '' || unit === '1' ? number : `${number} ${unit}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
