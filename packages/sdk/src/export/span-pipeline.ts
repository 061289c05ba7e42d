/** Our span processor: stamps inherited attributes on every span, decides at the end of a trace, and feeds the exporters. */
import { SpanStatusCode, TraceFlags, type Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { inheritedAttributes } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import type { ExportWall } from './export-wall.ts';
import type { TailBuffer } from '../sampling/tail-buffer.ts';
import type { BatchQueue } from './batch-queue.ts';
import type { LastRequest } from './last-words.ts';
import type { MemoryExporter } from '../config/memory-exporter.ts';

export interface SpanPipelineOptions {
  readonly queues: readonly BatchQueue<ReadableSpan>[];
  readonly memory: readonly MemoryExporter[];
  /** Absent when the host's own OpenTelemetry samples. */
  readonly tail: ((keep: (span: ReadableSpan) => void) => TailBuffer) | undefined;
  readonly started: (span: Span, parent: Context) => void;
  /** The last chance to write on a span. */
  readonly ending: (span: Span) => void;
  /** Masks what leaves; undefined under `capture: 'full'`. */
  readonly wall: ExportWall | undefined;
}

export class SpanPipeline implements SpanProcessor {
  readonly #options: SpanPipelineOptions;
  readonly tail: TailBuffer | undefined;
  readonly counts = { started: 0, finished: 0, failed: 0 };

  constructor(options: SpanPipelineOptions) {
    this.#options = options;
    this.tail = options.tail?.((span) => this.#deliver(span));
  }

  onStart(span: Span, parentContext: Context): void {
    this.counts.started++;
    const inherited = inheritedAttributes(parentContext);
    for (const key in inherited) span.setAttribute(key, inherited[key]);
    this.#options.started(span, parentContext);
  }

  onEnding(span: Span): void {
    this.#options.ending(span);
  }

  onEnd(span: ReadableSpan): void {
    this.counts.finished++;
    if (span.status.code === SpanStatusCode.ERROR) this.counts.failed++;
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#deliver(span);
    else this.tail?.add(span);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#options.queues.map((queue) => queue.flush()));
  }

  /** Closing belongs to our own shutdown: a host that shuts its provider down gets a flush. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
  }

  /** Items that wait to be sent. */
  get queued(): number {
    return this.#options.queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  takeLastWords(): readonly LastRequest[] {
    return this.#options.queues.flatMap((queue) => queue.takeLastWords());
  }

  async close(timeoutMs: number): Promise<void> {
    this.tail?.close();
    await Promise.all(this.#options.queues.map((queue) => queue.close(timeoutMs)));
  }

  #deliver(ended: ReadableSpan): void {
    guard('exporting a span', () => {
      const { queues, memory, wall } = this.#options;
      const span = wall === undefined ? ended : wall.span(ended);
      for (const queue of queues) queue.push(span);
      for (const each of memory) each.addSpan(span);
    });
  }
}
