/**
 * Trace ids drawn as random words. Most traces outside the sampling rate never leave the process, so the words decide by the
 * documented hash, and ids become text only when somebody asks, to pass them on.
 */
import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace';
import { finishHash } from './stable-hash.ts';

/** The words of the last draw, signed so that they stay small integers; read them before drawing again. */
const words = new Int32Array(4);
const hexCodes = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
let drawnKept = false;

/** Draws a trace id and says whether its trace is kept, without building the text. */
export function drawKeptTrace(rate: number): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < 4; index++) {
    const word = Math.random() * 4294967296;
    words[index] = word;
    for (let shift = 28; shift >= 0; shift -= 4)
      hash = Math.imul(hash ^ (hexCodes[(word >>> shift) & 15] ?? 0), 0x01000193);
  }
  drawnKept = finishHash(hash) < rate * 4294967296;
  return drawnKept;
}

/** The trace id of a draw that was not kept, as text when it is asked for. */
export class DrawnTraceId {
  readonly #a = words[0] ?? 0;
  readonly #b = words[1] ?? 0;
  readonly #c = words[2] ?? 0;
  readonly #d = words[3] ?? 0;

  toText(): string {
    return hex(this.#a) + hex(this.#b) + hex(this.#c) + hex(this.#d);
  }
}

export function randomSpanId(): string {
  return hex(Math.random() * 4294967296) + hex(Math.random() * 4294967296 || 1);
}

/** Gives a kept draw's id, or the ids of a span that is made up for, to the span that is started next. */
export class DrawnIdGenerator implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: { readonly traceId: string; readonly spanId: string } | undefined;

  /** Runs `start`, whose one span gets these ids. */
  using<T>(ids: { readonly traceId: string; readonly spanId: string }, start: () => T): T {
    this.#next = ids;
    try {
      return start();
    } finally {
      this.#next = undefined;
    }
  }

  generateTraceId(): string {
    if (this.#next !== undefined) return this.#next.traceId;
    if (!drawnKept) return this.#random.generateTraceId();
    drawnKept = false;
    return new DrawnTraceId().toText();
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? this.#random.generateSpanId();
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
