/**
 * Holds the spans of traces outside the sampling rate until their local root ends, then keeps the whole trace if it failed
 * or was slow. Bounded by a number of spans: the oldest undecided trace goes first, counted.
 */
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { ResolvedSampling } from './sampling-options.ts';

interface PendingTrace {
  readonly spans: ReadableSpan[];
  failed: boolean;
}

export interface TailBufferOptions {
  readonly sampling: ResolvedSampling;
  readonly keep: (span: ReadableSpan) => void;
  readonly countDropped: (reason: 'not sampled' | 'the tail buffer is full', count: number) => void;
}

const decidedMax = 1024;

export class TailBuffer {
  readonly #options: TailBufferOptions;
  readonly #pending = new Map<string, PendingTrace>();
  /** Recent decisions, for spans that end after their root. */
  readonly #decided = new Map<string, boolean>();
  #size = 0;

  constructor(options: TailBufferOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  add(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const decided = this.#decided.get(traceId);
    if (decided !== undefined) {
      if (decided) this.#options.keep(span);
      else this.#options.countDropped('not sampled', 1);
      return;
    }
    const trace = this.#ensure(traceId);
    trace.spans.push(span);
    this.#size++;
    if (span.status.code === SpanStatusCode.ERROR && this.#options.sampling.keepErrors) trace.failed = true;
    if (isLocalRoot(span)) this.#decide(traceId, trace, trace.failed || this.#isSlow(span));
    else this.#makeRoom();
  }

  #ensure(traceId: string): PendingTrace {
    let trace = this.#pending.get(traceId);
    if (trace === undefined) this.#pending.set(traceId, (trace = { spans: [], failed: false }));
    return trace;
  }

  #decide(traceId: string, trace: PendingTrace, keep: boolean): void {
    this.#forget(traceId, trace);
    this.#decided.set(traceId, keep);
    if (this.#decided.size > decidedMax) this.#decided.delete(this.#decided.keys().next().value ?? '');
    if (keep) for (const span of trace.spans) this.#options.keep(span);
    else this.#options.countDropped('not sampled', trace.spans.length);
  }

  #makeRoom(): void {
    while (this.#size > this.#options.sampling.pendingSpansMax) {
      const oldest = this.#pending.entries().next().value;
      if (oldest === undefined) return;
      const [traceId, trace] = oldest;
      this.#forget(traceId, trace);
      // A failed trace is already known to be kept; only undecided ones are lost.
      if (trace.failed) for (const span of trace.spans) this.#options.keep(span);
      else this.#options.countDropped('the tail buffer is full', trace.spans.length);
    }
  }

  #forget(traceId: string, trace: PendingTrace): void {
    this.#pending.delete(traceId);
    this.#size -= trace.spans.length;
  }

  #isSlow(span: ReadableSpan): boolean {
    const limitMs = this.#options.sampling.keepSlowerThanMs;
    return limitMs !== false && span.duration[0] * 1000 + span.duration[1] / 1e6 >= limitMs;
  }
}

function isLocalRoot(span: ReadableSpan): boolean {
  return span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
}
