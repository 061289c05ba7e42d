import { randomBytes } from 'node:crypto';
import { ensure } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';

/** An OTLP/JSON trace request of `count` valid spans that start now. */
export function spansJson(
  count: number,
  options: { readonly name?: string; readonly traceId?: string; readonly ageMs?: number } = {},
): string {
  const now = BigInt(Date.now() - (options.ageMs ?? 0)) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: options.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: options.name ?? `operation-${index % 7}`,
    kind: 2,
    startTimeUnixNano: String(now - 1_000_000n),
    endTimeUnixNano: String(now),
    attributes: [{ key: 'http.route', value: { stringValue: '/chat' } }],
  }));
  return JSON.stringify({
    resourceSpans: [{ resource: service('test'), scopeSpans: [{ scope: { name: 't' }, spans }] }],
  });
}

/** The span of a request is refused at the door: its trace id is all zero. */
export const badSpanJson = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: '0'.repeat(32),
              spanId: '0123456789abcdef',
              name: 'bad',
              startTimeUnixNano: '1',
              endTimeUnixNano: '2',
            },
          ],
        },
      ],
    },
  ],
});

export function logsJson(count: number): string {
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const logRecords = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: now,
    severityNumber: 9,
    body: { stringValue: `line ${index}` },
  }));
  return JSON.stringify({ resourceLogs: [{ resource: service('test'), scopeLogs: [{ logRecords }] }] });
}

export function metricsJson(count: number): string {
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const dataPoints = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: now,
    asInt: String(index),
  }));
  const metrics = [{ name: 'queue.length', unit: '{item}', gauge: { dataPoints } }];
  return JSON.stringify({ resourceMetrics: [{ resource: service('test'), scopeMetrics: [{ metrics }] }] });
}

export function protobufOf(signal: TelemetrySignal, json: string): Uint8Array {
  const converted = jsonToProtobuf(signal, Buffer.from(json));
  return ensure(converted.ok ? converted.value : undefined, `protobuf of ${json.slice(0, 80)}`);
}

function service(name: string): unknown {
  return { attributes: [{ key: 'service.name', value: { stringValue: name } }] };
}

/** A request whose items can be found by `mark` (32 hex digits) and told apart. */
export function markedRequest(signal: TelemetrySignal, mark: string, count: number, ageMs = 0): Uint8Array {
  const now = String(BigInt(Date.now() - ageMs) * 1_000_000n);
  const attributes = [{ key: 'mark', value: { stringValue: mark } }];
  const indexes = Array.from({ length: count }, (_, index) => index);
  if (signal === 'traces') return protobufOf('traces', spansJson(count, { traceId: mark, ageMs }));
  if (signal === 'logs') {
    const logRecords = indexes.map((index) => ({
      timeUnixNano: now,
      attributes,
      body: { stringValue: `line ${index}` },
    }));
    return protobufOf(
      'logs',
      JSON.stringify({ resourceLogs: [{ resource: service('test'), scopeLogs: [{ logRecords }] }] }),
    );
  }
  const dataPoints = indexes.map((index) => ({ timeUnixNano: now, attributes, asDouble: index }));
  const metrics = [{ name: 'crash.test', gauge: { dataPoints } }];
  return protobufOf(
    'metrics',
    JSON.stringify({ resourceMetrics: [{ resource: service('test'), scopeMetrics: [{ metrics }] }] }),
  );
}
