/** OTLP/JSON requests from short descriptions. */
type Scalar = string | number | boolean;
export type AttributesInput = Readonly<Record<string, Scalar>>;

export interface SpanInput {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name?: string;
  /** The name of the instrumentation. */
  readonly scope?: string;
  readonly kind?: number;
  readonly startNanos: bigint;
  readonly durationNanos?: bigint;
  readonly status?: { readonly code: number; readonly message?: string };
  readonly attributes?: AttributesInput;
  readonly events?: readonly {
    readonly name: string;
    readonly timeNanos: bigint;
    readonly attributes?: AttributesInput;
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: AttributesInput;
  }[];
}

export function tracesRequest(
  service: string,
  spans: readonly SpanInput[],
  resource: AttributesInput = {},
): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': service, ...resource }) },
        scopeSpans: [...Map.groupBy(spans, ({ scope = 'test' }) => scope)].map(([name, each]) => ({
          scope: { name, version: '1' },
          spans: each.map(spanJson),
        })),
      },
    ],
  };
}

function spanJson(span: SpanInput): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    traceState: span.traceState ?? '',
    name: span.name ?? 'work',
    kind: span.kind ?? 1,
    startTimeUnixNano: span.startNanos.toString(),
    endTimeUnixNano: (span.startNanos + (span.durationNanos ?? 1_000_000n)).toString(),
    status: span.status ?? {},
    attributes: keyValues(span.attributes ?? {}),
    events: (span.events ?? []).map(({ name, timeNanos, attributes }) => ({
      name,
      timeUnixNano: timeNanos.toString(),
      attributes: keyValues(attributes ?? {}),
    })),
    links: (span.links ?? []).map((link) => ({ ...link, attributes: keyValues(link.attributes ?? {}) })),
  };
}

export interface LogInput {
  readonly timeNanos: bigint;
  readonly body: string;
  readonly eventName?: string;
  readonly severityNumber?: number;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: AttributesInput;
}

export function logsRequest(service: string, logs: readonly LogInput[]): unknown {
  return {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'service.name': service }) },
        scopeLogs: [
          {
            scope: { name: 'test' },
            logRecords: logs.map((log) => ({
              timeUnixNano: log.timeNanos.toString(),
              observedTimeUnixNano: log.timeNanos.toString(),
              severityNumber: log.severityNumber ?? 9,
              ...(log.eventName !== undefined && { eventName: log.eventName }),
              body: { stringValue: log.body },
              traceId: log.traceId ?? '',
              spanId: log.spanId ?? '',
              attributes: keyValues(log.attributes ?? {}),
            })),
          },
        ],
      },
    ],
  };
}

/** `metric` as in OTLP/JSON. */
export function metricsRequest(service: string, metrics: readonly unknown[]): unknown {
  return {
    resourceMetrics: [
      {
        resource: { attributes: keyValues({ 'service.name': service }) },
        scopeMetrics: [{ scope: { name: 'test' }, metrics }],
      },
    ],
  };
}

export function keyValues(attributes: AttributesInput): { key: string; value: Record<string, Scalar> }[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Scalar): Record<string, Scalar> {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
}

export const hexId = (length: number, number: number): string => number.toString(16).padStart(length, '0');
