/** One trace outside the sampling rate, while it may still fail or be slow. */
import type { TraceState } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { PendingSpan } from './pending-span.ts';
import type { DrawnTraceId } from './trace-ids.ts';

export interface PendingTraceOwner {
  spanEnded(span: PendingSpan): void;
  /** The id is known outside from now on: spans of other instrumentations may come under it. */
  traceNamed(trace: PendingTrace): void;
}

export class PendingTrace {
  state: 'open' | 'kept' | 'dropped' = 'open';
  /** A reading of `performance.now()`; the root sets it. */
  startedMs = 0;
  readonly traceState: TraceState | undefined;
  /** Ended spans that wait for the decision; undefined until there is one. */
  held: (PendingSpan | ReadableSpan)[] | undefined;
  heldBytes = 0;
  /** Neighbours in the order in which traces began to hold spans. */
  older: PendingTrace | undefined;
  newer: PendingTrace | undefined;
  readonly #owner: PendingTraceOwner;
  #id: DrawnTraceId | string;
  #epochOffsetMs: number | undefined;

  constructor(owner: PendingTraceOwner, id: DrawnTraceId | string, traceState: TraceState | undefined) {
    this.#owner = owner;
    this.#id = id;
    this.traceState = traceState;
  }

  /** The id if it was ever asked for. */
  get name(): string | undefined {
    return typeof this.#id === 'string' ? this.#id : undefined;
  }

  ensureId(): string {
    if (typeof this.#id !== 'string') {
      this.#id = this.#id.toText();
      this.#owner.traceNamed(this);
    }
    return this.#id;
  }

  /** Epoch milliseconds of a reading: one offset for the whole trace, so that a corrected wall clock bends nothing. */
  epochMs(reading: number): number {
    this.#epochOffsetMs ??= Date.now() - performance.now();
    return this.#epochOffsetMs + reading;
  }

  spanEnded(span: PendingSpan): void {
    this.#owner.spanEnded(span);
  }
}
