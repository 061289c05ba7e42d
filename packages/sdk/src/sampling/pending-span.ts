/**
 * A span of a trace outside the sampling rate, which is kept only if the trace fails or is slow. Nearly all of them are thrown
 * away, so it notes what it is told and nothing more: no ids, no cleaned attributes, one monotonic reading at each end. When its
 * trace turns out worth keeping, it is told again to a real span of OpenTelemetry's SDK, with the times it had.
 */
import {
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type AttributeValue,
  type Context,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
  type Tracer,
  type TraceState,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { otelKinds, type SpanKind } from '../core/span-kinds.ts';
import { withForce } from './force.ts';
import { randomSpanId, type DrawnIdGenerator, type DrawnTraceId } from './trace-ids.ts';

const attributesMax = 256;
const eventsMax = 128;
const linksMax = 128;
const flatBytes = 300;

interface NotedEvent {
  readonly atMs: number;
  replay(span: Span, time: TimeInput): void;
}

interface LateWriter {
  write(): Attributes | undefined;
}

export interface PendingSpanStart {
  readonly name: string;
  readonly kind: SpanKind | undefined;
  readonly attributes: Attributes | undefined;
  readonly late: LateWriter | undefined;
  /** Epoch milliseconds. */
  readonly startTimeMs: number | undefined;
}

export class PendingSpan implements Span {
  readonly trace: PendingTrace;
  readonly isRoot: boolean;
  /** Readings of `performance.now()`. */
  readonly startedMs: number;
  endedMs = -1;
  readonly #parent: Context;
  readonly #kind: SpanKind | undefined;
  #name: string;
  #attributes: Attributes | undefined;
  readonly #late: LateWriter | undefined;
  #lateEnd: LateWriter | undefined;
  /** How often one was set; 0 while `#attributes` is still the caller's object. */
  #added = 0;
  #events: NotedEvent[] | undefined;
  #links: Link[] | undefined;
  #status: SpanStatus | undefined;
  #context: SpanContext | undefined;

  constructor(trace: PendingTrace, parent: Context, isRoot: boolean, start: PendingSpanStart) {
    this.trace = trace;
    this.isRoot = isRoot;
    this.#parent = parent;
    this.#name = start.name;
    this.#kind = start.kind;
    this.#attributes = start.attributes;
    this.#late = start.late;
    this.startedMs =
      start.startTimeMs === undefined ? performance.now() : start.startTimeMs - performance.timeOrigin;
    if (isRoot) trace.startedMs = this.startedMs;
  }

  get failed(): boolean {
    return this.#status?.code === SpanStatusCode.ERROR;
  }

  /** Approximate size, for the bound on what is held. */
  weigh(): number {
    let bytes = flatBytes + (this.#events?.length ?? 0) * 500;
    for (const key in this.#attributes) {
      const value = this.#attributes[key];
      bytes += typeof value === 'string' ? value.length : typeof value === 'object' ? 200 : 8;
    }
    return bytes;
  }

  /** The ids exist from here on: somebody passes them on. */
  spanContext(): SpanContext {
    this.#context ??= {
      traceId: this.trace.ensureId(),
      spanId: randomSpanId(),
      traceFlags: TraceFlags.NONE,
      ...(this.trace.traceState === undefined ? {} : { traceState: this.trace.traceState }),
    };
    return this.#context;
  }

  isRecording(): boolean {
    return this.endedMs < 0;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.endedMs >= 0) return this;
    if (this.#added++ === 0) this.#attributes = { ...this.#attributes };
    const attributes = this.#attributes as Attributes;
    if (this.#added <= attributesMax || Object.hasOwn(attributes, key)) attributes[key] = value;
    return this;
  }

  /** Attributes to be written when the trace turns out to be kept; the last given counts. */
  writeLater(late: LateWriter): void {
    if (this.endedMs < 0) this.#lateEnd = late;
  }

  setAttributes(attributes: Attributes): this {
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) this.setAttribute(key, value);
    }
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const given = isTime(attributesOrTime) ? attributesOrTime : time;
    const attributes = isTime(attributesOrTime) ? undefined : attributesOrTime;
    return this.#note((span, at) => span.addEvent(name, attributes, given ?? at));
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.#note((span, at) => span.recordException(exception, time ?? at));
  }

  addLink(link: Link): this {
    if (this.endedMs < 0 && (this.#links?.length ?? 0) < linksMax) (this.#links ??= []).push(link);
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.endedMs < 0 && status.code !== SpanStatusCode.UNSET && this.#status?.code !== SpanStatusCode.OK)
      this.#status = status;
    return this;
  }

  updateName(name: string): this {
    if (this.endedMs < 0) this.#name = name;
    return this;
  }

  end(time?: TimeInput): void {
    if (this.endedMs >= 0) return;
    this.endedMs = time === undefined ? performance.now() : Math.max(toReading(time), this.startedMs);
    this.trace.spanEnded(this);
  }

  /** Tells everything to a real span, which goes the way of all spans. Only after the end, and only once. */
  replay(tracer: Tracer, ids: DrawnIdGenerator): void {
    const { traceId, spanId } = this.spanContext();
    // Whole milliseconds, as the SDK takes them, so that a span it makes itself never starts before its parent.
    const start = Math.floor(this.trace.epochMs(this.startedMs));
    const at = (reading: number) => start + (reading - this.startedMs);
    const span = ids.using({ traceId, spanId }, () =>
      tracer.startSpan(
        this.#name,
        {
          kind: otelKinds[this.#kind ?? 'INTERNAL'],
          startTime: start,
          ...(this.#attributes === undefined ? {} : { attributes: this.#attributes }),
          ...(this.#links === undefined ? {} : { links: this.#links }),
        },
        withForce(this.#parent),
      ),
    );
    for (const late of [this.#late, this.#lateEnd]) span.setAttributes(late?.write() ?? {});
    for (const event of this.#events ?? []) event.replay(span, at(event.atMs));
    if (this.#status !== undefined) span.setStatus(this.#status);
    span.end(at(this.endedMs));
  }

  #note(replay: NotedEvent['replay']): this {
    if (this.endedMs >= 0) return this;
    const events = (this.#events ??= []);
    if (events.length >= eventsMax) events.shift();
    events.push({ atMs: performance.now(), replay });
    return this;
  }
}

export interface PendingTraceOwner {
  spanEnded(span: PendingSpan): void;
  /** The id is known outside from now on: spans of other instrumentations may come under it. */
  traceNamed(trace: PendingTrace): void;
}

/** One trace outside the sampling rate, while it may still fail or be slow. */
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

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value);
}

/** Any of OpenTelemetry's ways to give a time, as a reading of `performance.now()`. */
function toReading(time: TimeInput): number {
  if (typeof time === 'number') return time <= performance.now() ? time : time - performance.timeOrigin;
  const epochMs = Array.isArray(time) ? time[0] * 1000 + time[1] / 1e6 : time.getTime();
  return epochMs - performance.timeOrigin;
}
