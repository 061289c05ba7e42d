/**
 * Decides about traces outside the sampling rate when they end: a trace that failed or was slow is kept whole, any other is
 * forgotten. Spans of ours come as notes (`PendingSpan`), those of other instrumentations as real ones. What is held for
 * undecided traces is bounded in spans and bytes: the trace that has held the longest goes first, counted.
 */
import { SpanStatusCode, type Context, type SpanContext, type Tracer } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DropTally } from '../core/drop-counter.ts';
import { weighSpan } from '../core/weigh-span.ts';
import { PendingSpan, type PendingSpanStart } from './pending-span.ts';
import { PendingTrace, type PendingTraceOwner } from './pending-span.ts';
import type { ResolvedSampling } from '../config/sampling-options.ts';
import { DrawnTraceId, type DrawnIdGenerator } from './trace-ids.ts';

export interface TailBufferOptions {
  readonly sampling: ResolvedSampling;
  /** Makes the real spans of what is kept. */
  readonly tracer: () => Tracer;
  readonly ids: DrawnIdGenerator;
  readonly keep: (span: ReadableSpan) => void;
  readonly notSampled: DropTally;
  readonly full: DropTally;
}

const pendingBytesMax = 32 * 1024 * 1024;
const decidedMax = 1024;

export class TailBuffer implements PendingTraceOwner {
  readonly #options: TailBufferOptions;
  readonly #slowMs: number;
  readonly #keepErrors: boolean;
  /** Traces whose id somebody asked for, by id; decided ones stay for a while, for spans that end after their root. */
  readonly #named = new Map<string, PendingTrace>();
  readonly #decided: string[] = [];
  #oldest: PendingTrace | undefined;
  #newest: PendingTrace | undefined;
  #size = 0;
  #bytes = 0;

  constructor(options: TailBufferOptions) {
    this.#options = options;
    const { keepSlowerThanMs, keepErrors } = options.sampling;
    this.#slowMs = keepSlowerThanMs === false ? Infinity : keepSlowerThanMs;
    this.#keepErrors = keepErrors;
  }

  get size(): number {
    return this.#size;
  }

  /** The root of a trace that was drawn, or came from a remote parent, and is outside the rate. */
  startRoot(context: Context, remote: SpanContext | undefined, start: PendingSpanStart): PendingSpan {
    const trace = new PendingTrace(this, remote?.traceId ?? new DrawnTraceId(), remote?.traceState);
    if (remote !== undefined) this.traceNamed(trace);
    return new PendingSpan(trace, context, true, start);
  }

  startChild(parent: PendingSpan, context: Context, start: PendingSpanStart): PendingSpan {
    return new PendingSpan(parent.trace, context, false, start);
  }

  /** A forced span inside: the trace is worth keeping from here on. */
  force(trace: PendingTrace): void {
    this.#keep(trace);
  }

  spanEnded(span: PendingSpan): void {
    const { trace } = span;
    const isWorthIt =
      (this.#keepErrors && span.failed) ||
      // In a trace that was let go already, only what a late span itself took counts.
      span.endedMs - (trace.state === 'dropped' ? span.startedMs : trace.startedMs) >= this.#slowMs;
    if (isWorthIt) this.#keep(trace);
    if (trace.state === 'kept') {
      this.#replay(span);
      if (span.isRoot) this.#forgetLater(trace);
    } else if (trace.state === 'dropped') this.#options.notSampled.count++;
    else if (span.isRoot) this.#drop(trace, 1);
    else this.#hold(trace, span, span.weigh());
  }

  traceNamed(trace: PendingTrace): void {
    if (this.#named.size >= this.#options.sampling.pendingSpansMax + decidedMax) {
      // Traces that never end: the host forgot them, and so do we.
      const [oldest] = this.#named.keys();
      if (oldest !== undefined) this.#named.delete(oldest);
    }
    this.#named.set(trace.name ?? '', trace);
  }

  /** A span another instrumentation made in a trace outside the rate. */
  add(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const trace = this.#named.get(traceId) ?? this.#startForeign(traceId, span);
    const tookMs = span.duration[0] * 1000 + span.duration[1] / 1e6;
    const isRoot = span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
    const elapsedMs =
      trace.state === 'dropped' ? tookMs : Math.max(tookMs, performance.now() - trace.startedMs);
    if ((this.#keepErrors && span.status.code === SpanStatusCode.ERROR) || elapsedMs >= this.#slowMs)
      this.#keep(trace);
    if (trace.state === 'kept') {
      this.#options.keep(span);
      if (isRoot) this.#forgetLater(trace);
    } else if (trace.state === 'dropped') this.#options.notSampled.count++;
    else if (isRoot) this.#drop(trace, 1);
    else this.#hold(trace, span, weighSpan(span));
  }

  /** Everything that is worth keeping already has left; a shutting-down process decides about nothing else. */
  close(): void {
    while (this.#oldest !== undefined) this.#drop(this.#oldest, 0);
  }

  #startForeign(traceId: string, span: ReadableSpan): PendingTrace {
    const trace = new PendingTrace(this, traceId, undefined);
    trace.startedMs = performance.now() - (span.duration[0] * 1000 + span.duration[1] / 1e6);
    this.traceNamed(trace);
    return trace;
  }

  #hold(trace: PendingTrace, span: PendingSpan | ReadableSpan, bytes: number): void {
    if (trace.held === undefined) {
      trace.held = [];
      trace.older = this.#newest;
      if (this.#newest === undefined) this.#oldest = trace;
      else this.#newest.newer = trace;
      this.#newest = trace;
    }
    trace.held.push(span);
    trace.heldBytes += bytes;
    this.#size++;
    this.#bytes += bytes;
    while (this.#size > this.#options.sampling.pendingSpansMax || this.#bytes > pendingBytesMax) {
      if (this.#oldest === undefined) return;
      this.#options.full.count += this.#release(this.#oldest).length;
    }
  }

  #keep(trace: PendingTrace): void {
    if (trace.state === 'kept') return;
    trace.state = 'kept';
    for (const span of this.#release(trace)) {
      if (span instanceof PendingSpan) this.#replay(span);
      else this.#options.keep(span);
    }
  }

  #drop(trace: PendingTrace, more: number): void {
    trace.state = 'dropped';
    this.#options.notSampled.count += this.#release(trace).length + more;
    this.#forgetLater(trace);
  }

  #replay(span: PendingSpan): void {
    span.replay(this.#options.tracer(), this.#options.ids);
  }

  /** Takes the trace off the list and hands over what it held. */
  #release(trace: PendingTrace): readonly (PendingSpan | ReadableSpan)[] {
    const { held, older, newer } = trace;
    if (held === undefined) return nothing;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#size -= held.length;
    this.#bytes -= trace.heldBytes;
    trace.held = trace.older = trace.newer = undefined;
    trace.heldBytes = 0;
    return held;
  }

  #forgetLater(trace: PendingTrace): void {
    if (trace.name === undefined) return;
    if (this.#decided.push(trace.name) > decidedMax) this.#named.delete(this.#decided.shift() ?? '');
  }
}

const nothing: readonly never[] = [];
