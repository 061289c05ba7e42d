import type { TelemetrySignal } from '@sightline/schema/api';

/** Looked at once: a span takes as long as it says, however busy the machine is. */
const nowMs = Date.now();
const nanosAgo = (ms: number): string => `${BigInt(nowMs - ms) * 1_000_000n}`;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

export const shopTraceId = '0af7651916cd43dd8448eb211c80319c';
export const shopSpanId = 'b7ad6b7169203331';
export const shopCorrelationId = '6f1c2a90-7d1e-4c9a-8a55-0f6e2f3c1b77';

const resource = { attributes: [text('service.name', 'shop'), text('service.version', '1.2.3')] };
const scope = { name: 'shop-scope', version: '0.1' };

/** One request of a shop, small and with values of every kind, a minute old. As OTLP/JSON. */
export function shopTelemetry(): Readonly<Record<TelemetrySignal, Record<string, unknown>>> {
  return {
    traces: {
      resourceSpans: [
        {
          resource,
          scopeSpans: [
            {
              scope,
              spans: [
                {
                  traceId: shopTraceId,
                  spanId: shopSpanId,
                  name: 'GET /basket',
                  kind: 2,
                  startTimeUnixNano: nanosAgo(60_000),
                  endTimeUnixNano: nanosAgo(59_000),
                  attributes: [
                    text('correlation_id', shopCorrelationId),
                    text(
                      'said',
                      JSON.stringify([{ text: 'word '.repeat(200) }, { text: 'other '.repeat(200) }]),
                    ),
                    { key: 'whole.double', value: { doubleValue: 2 } },
                    { key: 'big.int', value: { intValue: '9007199254740993' } },
                    { key: 'flag', value: { boolValue: false } },
                    { key: 'raw', value: { bytesValue: 'AAEC' } },
                    {
                      key: 'list',
                      value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } },
                    },
                    {
                      key: 'big.ints',
                      value: {
                        arrayValue: { values: [{ intValue: '-8441817493456781234' }, { doubleValue: 2 }] },
                      },
                    },
                  ],
                  events: [
                    {
                      name: 'cache.miss',
                      timeUnixNano: nanosAgo(59_900),
                      attributes: [text('cache', 'basket')],
                    },
                  ],
                  links: [
                    {
                      traceId: '1af7651916cd43dd8448eb211c80319d',
                      spanId: 'c7ad6b7169203331',
                      attributes: [text('caused.by', 'a message of a queue '.repeat(40))],
                    },
                  ],
                },
                {
                  traceId: shopTraceId,
                  spanId: 'b7ad6b7169203332',
                  parentSpanId: shopSpanId,
                  name: 'SELECT basket',
                  kind: 3,
                  startTimeUnixNano: nanosAgo(59_800),
                  endTimeUnixNano: nanosAgo(59_300),
                  status: { code: 2, message: 'deadlock detected' },
                },
              ],
            },
          ],
        },
      ],
    },
    logs: {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              scope,
              logRecords: [
                {
                  ...line(59_900, 5, 'basket: miss'),
                  attributes: [
                    text('correlation_id', shopCorrelationId),
                    text('cache.name', 'basket'),
                    { key: 'cache.hit', value: { boolValue: false } },
                  ],
                },
                {
                  ...line(59_700, 9, 'reading the basket'),
                  attributes: [text('correlation_id', shopCorrelationId)],
                },
                {
                  ...line(59_300, 17, 'deadlock detected'),
                  attributes: [
                    text('correlation_id', shopCorrelationId),
                    text('code.function.name', 'readBasket'),
                    { key: 'duration_ms', value: { intValue: '500' } },
                  ],
                },
                {
                  ...line(59_000, 9, 'GET /basket 500'),
                  attributes: [
                    text('code.function.name', 'handle'),
                    { key: 'duration_ms', value: { doubleValue: 1000.5 } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
    metrics: {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              scope,
              metrics: [
                {
                  name: 'shop.requests',
                  unit: '{request}',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [
                      { startTimeUnixNano: nanosAgo(600_000), timeUnixNano: nanosAgo(90_000), asInt: '3' },
                      { startTimeUnixNano: nanosAgo(600_000), timeUnixNano: nanosAgo(60_000), asInt: '7' },
                    ],
                  },
                },
                {
                  name: 'shop.request.duration',
                  unit: 's',
                  histogram: {
                    aggregationTemporality: 2,
                    dataPoints: [
                      {
                        startTimeUnixNano: nanosAgo(600_000),
                        timeUnixNano: nanosAgo(60_000),
                        count: '3',
                        sum: 1.75,
                        min: 0.25,
                        max: 1,
                        explicitBounds: [0.5],
                        bucketCounts: ['2', '1'],
                        exemplars: [
                          {
                            timeUnixNano: nanosAgo(61_000),
                            asDouble: 1,
                            traceId: shopTraceId,
                            spanId: shopSpanId,
                          },
                        ],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

function line(msAgo: number, severityNumber: number, body: string) {
  return {
    timeUnixNano: nanosAgo(msAgo),
    severityNumber,
    severityText: severityNumber >= 17 ? 'ERROR' : severityNumber >= 9 ? 'INFO' : 'DEBUG',
    body: { stringValue: body },
    traceId: shopTraceId,
    spanId: shopSpanId,
  };
}
