import { type Attributes, type Context, type HrTime, type Meter, trace } from '@opentelemetry/api';
import { hrTimeToNanoseconds, millisToHrTime } from '@opentelemetry/core';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DemoClock } from './demo-clock.ts';

interface Exemplar {
  readonly timeMs: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
}

/** Sends one OTLP JSON metrics request. */
export type SendMetrics = (json: Uint8Array) => Promise<void>;

export interface HistogramOptions {
  readonly unit: string;
  readonly description: string;
  readonly boundaries: readonly number[];
}

/**
 * Metrics of one service through the OpenTelemetry SDK, with the two things that its JavaScript version lacks: exemplars,
 * and points stamped with another time than the machine's (the demo plays the past).
 */
export class MetricPipeline {
  readonly meter: Meter;
  readonly #provider: MeterProvider;
  readonly #reader = new PullReader();
  readonly #clock: DemoClock;
  readonly #startedMs: number;
  readonly #send: SendMetrics;
  /** The latest exemplar of each series since the last collection: instrument and attributes → exemplar. */
  readonly #exemplars = new Map<string, Exemplar>();

  constructor(options: {
    resource: Resource;
    clock: DemoClock;
    send: SendMetrics;
    scope: string;
    version: string;
  }) {
    this.#clock = options.clock;
    this.#send = options.send;
    this.#startedMs = options.clock.nowMs();
    this.#provider = new MeterProvider({ resource: options.resource, readers: [this.#reader] });
    this.meter = this.#provider.getMeter(options.scope, options.version);
  }

  createHistogram(name: string, { unit, description, boundaries }: HistogramOptions) {
    const histogram = this.meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: [...boundaries] },
    });
    return (value: number, attributes: Attributes, context: Context): void => {
      histogram.record(value, attributes, context);
      const span = trace.getSpanContext(context);
      if (span === undefined) return;
      this.#exemplars.set(seriesKey(name, attributes), {
        timeMs: this.#clock.nowMs(),
        value,
        traceId: span.traceId,
        spanId: span.spanId,
      });
    };
  }

  /** Collects every instrument as of the demo's now, and sends. */
  async collect(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const { resourceMetrics } = await this.#reader.collect();
    stampTimes(resourceMetrics, { start: millisToHrTime(this.#startedMs), end: millisToHrTime(nowMs) });
    const exemplars = new Map(this.#exemplars);
    this.#exemplars.clear();
    const json = JsonMetricsSerializer.serializeRequest(resourceMetrics);
    if (json !== undefined) await this.#send(addExemplars(json, exemplars));
  }

  async shutdown(): Promise<void> {
    await this.#provider.shutdown();
  }
}

class PullReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

function stampTimes(metrics: ResourceMetrics, { start, end }: { start: HrTime; end: HrTime }): void {
  for (const { metrics: scoped } of metrics.scopeMetrics)
    for (const metric of scoped)
      for (const point of metric.dataPoints) Object.assign(point, { startTime: start, endTime: end });
}

interface JsonPoint {
  attributes?: { key: string; value: Record<string, unknown> }[];
  exemplars?: unknown[];
}

interface JsonRequest {
  resourceMetrics: {
    scopeMetrics: { metrics: { name: string; histogram?: { dataPoints: JsonPoint[] } }[] }[];
  }[];
}

function addExemplars(json: Uint8Array, exemplars: ReadonlyMap<string, Exemplar>): Uint8Array {
  if (exemplars.size === 0) return json;
  const request = JSON.parse(new TextDecoder().decode(json)) as JsonRequest;
  const metrics = request.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  );
  for (const { name, histogram } of metrics)
    for (const point of histogram?.dataPoints ?? []) {
      const attributes = (point.attributes ?? []).map(
        ({ key, value }) => [key, Object.values(value)[0]] as const,
      );
      const exemplar = exemplars.get(seriesKey(name, Object.fromEntries(attributes)));
      if (exemplar === undefined) continue;
      point.exemplars = [
        {
          timeUnixNano: String(hrTimeToNanoseconds(millisToHrTime(exemplar.timeMs))),
          asDouble: exemplar.value,
          traceId: exemplar.traceId,
          spanId: exemplar.spanId,
        },
      ];
    }
  return new TextEncoder().encode(JSON.stringify(request));
}

/** Values as text: OTLP/JSON writes integers as strings. */
function seriesKey(name: string, attributes: Record<string, unknown>): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  return [name, ...pairs.sort()].join('\0');
}
