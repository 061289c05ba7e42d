/**
 * Collects metrics on an unreferenced interval and hands them to every sink. OpenTelemetry's periodic reader is not used: while
 * an export is in flight it holds the host with a timer. Cumulative sums make a failed push harmless; the next one carries it.
 */
import {
  AggregationTemporality,
  MetricReader,
  type MetricProducer,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { DropCounter } from '../core/drop-counter.ts';
import { collectNow } from './collect-now.ts';
import type { FunctionDurations } from '../core/function-durations.ts';
import type { LastRequest } from './last-words.ts';
import type { MemoryExporter } from '../config/memory-exporter.ts';
import type { Sink } from './sink.ts';

export interface MetricPusherOptions {
  readonly sinks: readonly Sink<ResourceMetrics>[];
  readonly memory: readonly MemoryExporter[];
  readonly intervalMs: number;
  readonly drops: DropCounter;
  readonly functionDurations: FunctionDurations;
}

/** A push this recent says all there is to say. */
const freshMs = 50;

export class MetricPusher extends MetricReader {
  readonly #options: MetricPusherOptions;
  #timer: NodeJS.Timeout | undefined;
  #pushing: Promise<void> | undefined;
  #pushedMs = -Infinity;
  #producer: MetricProducer | undefined;
  readonly counts = { collections: 0, points: 0, failed: 0 };

  constructor(options: MetricPusherOptions) {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
      metricProducers: [options.functionDurations],
    });
    this.#options = options;
  }

  protected override onInitialized(): void {
    this.#timer = setInterval(() => void this.#push(), this.#options.intervalMs);
    this.#timer.unref();
  }

  override setMetricProducer(producer: MetricProducer): void {
    super.setMetricProducer(producer);
    this.#producer = producer;
  }

  /** The current sums, unless they have just been pushed, for a process that exits at once. */
  takeLastWords(): readonly LastRequest[] {
    if (performance.now() - this.#pushedMs < freshMs) return [];
    const metrics = collectNow(this.#producer, this.#options.functionDurations.scopeMetrics());
    if (metrics === undefined) return [];
    return this.#options.sinks.flatMap((sink) => sink.lastWords?.([metrics]) ?? []);
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#pushing;
    await this.#push();
  }

  protected override async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.onForceFlush();
    await Promise.all(this.#options.sinks.map((sink) => sink.close()));
  }

  #push(): Promise<void> {
    this.#pushing ??= this.#collectAndSend().finally(() => (this.#pushing = undefined));
    return this.#pushing;
  }

  async #collectAndSend(): Promise<void> {
    try {
      const { resourceMetrics } = await this.collect();
      this.#pushedMs = performance.now();
      this.counts.collections++;
      this.counts.points = resourceMetrics.scopeMetrics
        .flatMap((scope) => scope.metrics)
        .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
      if (resourceMetrics.scopeMetrics.length === 0) return;
      for (const memory of this.#options.memory) memory.addMetrics(resourceMetrics);
      await Promise.all(
        this.#options.sinks.map(async (sink) => {
          const outcome = await sink.send([resourceMetrics]);
          if (outcome.kind !== 'delivered') this.counts.failed++;
          if (outcome.kind === 'failed') this.#options.drops.add('metrics', outcome.reason, 1);
          if (outcome.kind === 'delivered')
            this.#options.drops.add('metrics', 'the receiver rejected them', outcome.rejected);
        }),
      );
    } catch (error) {
      this.#options.drops.add('metrics', `they cannot be collected (${String(error)})`, 1);
    }
  }
}

/** Collects when somebody asks: behind `prometheusHandler`. */
export class PullReader extends MetricReader {
  constructor(functionDurations: FunctionDurations) {
    super({ metricProducers: [functionDurations] });
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}
