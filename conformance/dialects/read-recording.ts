/** Reads a recorded OTLP/JSON export into what the conventions take. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SpanTimes } from '@sightline/schema/conventions';

export interface RecordedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** The name of the instrumentation. */
  readonly scope: string;
  readonly startNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly times: SpanTimes;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

export interface RecordedLog {
  readonly spanId: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly timeNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Recording {
  /** In the order in which they started. */
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
}

const here = import.meta.dirname;

/** The dialects that are recorded: the folders here that hold an export. */
export function recordedDialects(): readonly string[] {
  return readdirSync(here)
    .filter((name) => statSync(join(here, name)).isDirectory())
    .filter((name) => ['traces', 'logs'].some((signal) => existsSync(join(here, name, `${signal}.json`))));
}

export function readRecording(dialect: string): Recording {
  const spans = [...items(dialect, 'traces', 'resourceSpans', 'scopeSpans', 'spans')].map(
    ({ item, resource, scope }): RecordedSpan => ({
      traceId: String(item['traceId']),
      spanId: String(item['spanId']),
      parentSpanId: text(item['parentSpanId']),
      name: text(item['name']),
      scope,
      startNanos: nanos(item['startTimeUnixNano']),
      times: timesOf(item),
      attributes: decodeAttributes(item['attributes']),
      resource,
      events: list(item['events']).map((event) => ({
        name: text(event['name']),
        attributes: decodeAttributes(event['attributes']),
      })),
    }),
  );
  const logs = [...items(dialect, 'logs', 'resourceLogs', 'scopeLogs', 'logRecords')].map(
    ({ item, resource }): RecordedLog => ({
      spanId: text(item['spanId']),
      eventName: text(item['eventName']),
      body: decodeValue(item['body']),
      timeNanos: nanos(item['timeUnixNano'] ?? item['observedTimeUnixNano']),
      attributes: decodeAttributes(item['attributes']),
      resource,
    }),
  );
  return { spans: spans.toSorted((a, b) => Number(a.startNanos - b.startNanos)), logs };
}

type Json = Readonly<Record<string, unknown>>;

function* items(
  dialect: string,
  signal: string,
  ...[resources, scopes, leaves]: readonly [string, string, string]
) {
  const file = join(here, dialect, `${signal}.json`);
  if (!existsSync(file)) return;
  const request = JSON.parse(readFileSync(file, 'utf8')) as Json;
  for (const each of list(request[resources])) {
    const resource = decodeAttributes((each['resource'] as Json | undefined)?.['attributes']);
    for (const scope of list(each[scopes])) {
      const name = text((scope['scope'] as Json | undefined)?.['name']);
      for (const item of list(scope[leaves])) yield { item, resource, scope: name };
    }
  }
}

function timesOf(item: Json): SpanTimes {
  const startNanos = nanos(item['startTimeUnixNano']);
  return {
    startNanos,
    durationNanos: nanos(item['endTimeUnixNano']) - startNanos,
    events: list(item['events']).map((event) => ({
      name: text(event['name']),
      timeNanos: nanos(event['timeUnixNano']),
    })),
    droppedEvents: Number(item['droppedEventsCount'] ?? 0),
  };
}

const list = (value: unknown) => (Array.isArray(value) ? (value as readonly Json[]) : []);
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const nanos = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? BigInt(value) : 0n;

function decodeAttributes(attributes: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(list(attributes).map((each) => [text(each['key']), decodeValue(each['value'])]));
}

function decodeValue(value: unknown): unknown {
  const any = (value ?? {}) as Json;
  if ('arrayValue' in any) return list((any['arrayValue'] as Json)['values']).map(decodeValue);
  if ('kvlistValue' in any) return decodeAttributes((any['kvlistValue'] as Json)['values']);
  if ('intValue' in any) return Number(any['intValue']);
  return any['stringValue'] ?? any['boolValue'] ?? any['doubleValue'] ?? any['bytesValue'] ?? null;
}
