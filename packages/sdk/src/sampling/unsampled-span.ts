/** The root of a trace that is dropped at its start: nothing is built for it until its ids are asked for. */
import { TraceFlags, type Span, type SpanContext } from '@opentelemetry/api';
import { DrawnTraceId, randomSpanId } from './trace-ids.ts';

export class UnsampledSpan implements Span {
  readonly #traceId = new DrawnTraceId();
  #context: SpanContext | undefined;

  spanContext(): SpanContext {
    this.#context ??= {
      traceId: this.#traceId.toText(),
      spanId: randomSpanId(),
      traceFlags: TraceFlags.NONE,
    };
    return this.#context;
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  end(): void {}

  recordException(): void {}
}
