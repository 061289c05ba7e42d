/** Keeps telemetry in arrays, for tests. Everything is there at once: nothing is queued in front of it. */
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export class MemoryExporter {
  readonly type = 'memory';
  /** Oldest are dropped beyond this many spans, and likewise log records. */
  readonly itemsMax: number;
  readonly spans: ReadableSpan[] = [];
  readonly logs: ReadableLogRecord[] = [];
  /** One entry per collection: at every export interval and at every flush. */
  readonly metrics: ResourceMetrics[] = [];

  constructor(itemsMax: number) {
    this.itemsMax = itemsMax;
  }

  addSpan(span: ReadableSpan): void {
    if (this.spans.push(span) > this.itemsMax) this.spans.shift();
  }

  addLog(record: ReadableLogRecord): void {
    if (this.logs.push(record) > this.itemsMax) this.logs.shift();
  }

  addMetrics(metrics: ResourceMetrics): void {
    if (this.metrics.push(metrics) > 100) this.metrics.shift();
  }

  clear(): void {
    this.spans.length = 0;
    this.logs.length = 0;
    this.metrics.length = 0;
  }
}

/**
 * @example
 * const memory = memoryExporter();
 * init({ exporters: [memory] });
 * await withSpan('work', {}, async () => {});
 * memory.spans[0]?.name; // 'work'
 */
export function memoryExporter(options: { readonly itemsMax?: number } = {}): MemoryExporter {
  return new MemoryExporter(options.itemsMax ?? 10_000);
}
