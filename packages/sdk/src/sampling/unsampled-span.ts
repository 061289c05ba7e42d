/**
 * The root of a trace that is dropped at its start. Most such traces never leave the process, so nothing is built for them: the
 * random words decide by the documented hash, and ids become text only when somebody asks, to pass them on.
 */
import { TraceFlags, type Span, type SpanContext } from '@opentelemetry/api';
import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace';
import { finishHash } from './stable-hash.ts';

/** Four random words of a trace id; reused, so draw and decide before drawing again. */
const words = new Uint32Array(4);

/** Draws a trace id into `words` and says whether its trace is kept, without building the text. */
export function drawKeptTrace(rate: number): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < 4; index++) {
    const word = (Math.random() * 4294967296) >>> 0;
    words[index] = word;
    for (let shift = 28; shift >= 0; shift -= 4) {
      const nibble = (word >>> shift) & 15;
      hash = Math.imul(hash ^ (nibble < 10 ? 48 + nibble : 87 + nibble), 0x01000193);
    }
  }
  drawnKept = finishHash(hash) < rate * 4294967296;
  return drawnKept;
}

let drawnKept = false;

/** Gives a kept draw's id to the span that is started next, so that the id that decided is the id of the trace. */
export class DrawnIdGenerator implements IdGenerator {
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    if (!drawnKept) return this.#random.generateTraceId();
    drawnKept = false;
    return textOf(words);
  }

  generateSpanId(): string {
    return this.#random.generateSpanId();
  }
}

export class UnsampledSpan implements Span {
  readonly #a = words[0] ?? 0;
  readonly #b = words[1] ?? 0;
  readonly #c = words[2] ?? 0;
  readonly #d = words[3] ?? 0;
  #context: SpanContext | undefined;

  spanContext(): SpanContext {
    this.#context ??= {
      traceId: textOf(Uint32Array.of(this.#a, this.#b, this.#c, this.#d)),
      spanId: textOf(Uint32Array.of(Math.random() * 4294967296, Math.random() * 4294967296 || 1)),
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

function textOf(values: Uint32Array): string {
  let text = '';
  for (const value of values) text += value.toString(16).padStart(8, '0');
  return text;
}
