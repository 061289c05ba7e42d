/** What is kept of one HTTP request while it is made and answered, and put on its span when the answer has ended. */
import type { Span } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { activeContext, activeSpan } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { PackedBody } from './packed-body.ts';
import { currentReplay, currentScope } from './replay-slot.ts';
import { exchangePrefix, exchangesPerSpanMax, parseJson, writeExchange, type Exchange } from './exchange.ts';

/** With the request and the quotes that JSON adds, one exchange stays below the longest attribute. */
const bodyCharactersMax = 120_000;
const requestCharactersMax = 80_000;
const chunksMax = 2000;
const exchangeCharactersMax = 250_000;
/** Headers that programs act on. None of them carries a secret. */
const keptHeaders = [
  'content-type',
  'location',
  'mcp-session-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
];
const textType = /^(text\/|application\/(json|x-ndjson|[\w.-]+\+json|xml|graphql|javascript))/i;

const counts = new WeakMap<Span, number>();

/** How many exchanges stand on the span already. */
export function exchangesOn(span: Span): number {
  return counts.get(span) ?? 0;
}

/** A note of a request that is about to be made; undefined where nothing records it. Throws nothing. */
export function beginNote(
  describe: () => { readonly method: string; readonly url: string },
): ExchangeNote | undefined {
  const runtime = currentRuntime();
  const span = runtime === undefined ? undefined : activeSpan();
  if (runtime === undefined || span?.isRecording() !== true || isTracingSuppressed(activeContext()))
    return undefined;
  // A run that is answered as a whole is its recording; one that goes on live from a step becomes another.
  if (currentReplay() !== undefined && currentScope() === undefined) return undefined;
  let note: ExchangeNote | undefined;
  guard('recording a request', () => {
    note = new ExchangeNote(runtime, span, describe());
  });
  return note;
}

export class ExchangeNote {
  readonly #runtime: Runtime;
  readonly #span: Span;
  readonly #startedMs = performance.now();
  #exchange: Exchange;
  readonly #chunks: (readonly [number, number])[] = [];
  readonly #decoder = new TextDecoder();
  #body = '';
  #packed: PackedBody | undefined;
  #leftOut: string | undefined;
  #open = true;

  constructor(
    runtime: Runtime,
    span: Span,
    { method, url }: { readonly method: string; readonly url: string },
  ) {
    this.#runtime = runtime;
    this.#span = span;
    this.#exchange = { method: method.toUpperCase(), url: this.#clean(url) };
  }

  request(body: string | undefined): void {
    if (body !== undefined && body.length <= requestCharactersMax)
      this.#exchange = { ...this.#exchange, request: this.#clean(body) };
  }

  /** The answer begins. `coding`: how its bytes are packed, where the caller unpacks them. */
  response(status: number, header: (name: string) => string | null, coding?: string): void {
    const kept: Record<string, string> = {};
    for (const name of keptHeaders) {
      const value = header(name);
      if (value !== null) kept[name] = this.#clean(value);
    }
    this.#exchange = { ...this.#exchange, status, headers: kept };
    if (coding !== undefined) {
      this.#packed = PackedBody.of(coding, bodyCharactersMax);
      if (this.#packed === undefined) this.#leaveOut(`it is packed as ${coding}`);
    }
    if (!textType.test(header('content-type') ?? '')) this.#leaveOut('it is not text');
  }

  failed(error: unknown): void {
    guard('recording a request', () => {
      const cause = (error as { cause?: unknown }).cause ?? error;
      const { name, message, code } = cause as { name?: unknown; message?: unknown; code?: unknown };
      this.finish({
        name: typeof name === 'string' ? name : 'Error',
        message: this.#clean(typeof message === 'string' ? message : String(cause)),
        ...(typeof code === 'string' ? { code } : {}),
      });
    });
  }

  chunk(bytes: Uint8Array): void {
    if (this.#leftOut !== undefined || !this.#open) return;
    const ms = Math.round(performance.now() - this.#startedMs);
    if (this.#packed !== undefined) {
      if (!this.#packed.add(bytes, ms)) this.#leaveOut(`it is longer than ${bodyCharactersMax} characters`);
      return;
    }
    if (this.#body.length + bytes.byteLength > bodyCharactersMax)
      return this.#leaveOut(`it is longer than ${bodyCharactersMax} characters`);
    this.#body += this.#decoder.decode(bytes, { stream: true });
    if (this.#chunks.length < chunksMax) this.#chunks.push([bytes.byteLength, ms]);
  }

  #unpack(): void {
    const packed = this.#packed;
    if (packed === undefined || this.#leftOut !== undefined) return;
    const unpacked = packed.unpack();
    if (unpacked === undefined) return this.#leaveOut('it could not be unpacked, or is too long');
    this.#body = unpacked.body;
    this.#chunks.push(...unpacked.chunks.slice(0, chunksMax));
  }

  #leaveOut(reason: string): void {
    this.#leftOut ??= reason;
    this.#body = '';
    this.#packed = undefined;
  }

  finish(error?: Exchange['error']): void {
    if (!this.#open) return;
    this.#open = false;
    guard('recording a response', () => {
      const at = exchangesOn(this.#span);
      if (at >= exchangesPerSpanMax || !this.#span.isRecording()) return;
      counts.set(this.#span, at + 1);
      this.#unpack();
      const exchange: Exchange = {
        ...this.#exchange,
        ...(this.#exchange.status === undefined ? {} : this.#keptBody()),
        durationMs: Math.round(performance.now() - this.#startedMs),
        ...(error === undefined ? {} : { error }),
      };
      const whole = writeExchange(exchange);
      const { body: _body, chunks: _chunks, ...rest } = exchange;
      const text =
        whole.length <= exchangeCharactersMax ? whole : writeExchange({ ...rest, leftOut: 'it is too long' });
      if (this.#runtime.options.capture !== 'full') this.#runtime.maskText.noteMasked(text);
      this.#span.setAttribute(`${exchangePrefix}${at}`, text);
    });
  }

  #keptBody(): Pick<Exchange, 'body' | 'chunks' | 'leftOut'> {
    const body = this.#body + this.#decoder.decode();
    if (this.#leftOut !== undefined) return { leftOut: this.#leftOut };
    const clean = this.#clean(body);
    if (clean === body && this.#runtime.options.capture !== 'full' && this.#hidesAcrossEvents(body))
      return { leftOut: 'a masked value is spread over its events' };
    return clean === body && this.#chunks.length < chunksMax
      ? { body, chunks: this.#chunks }
      : { body: clean };
  }

  /** A stream brings a text in pieces; the pieces of one field, put together, must have nothing to mask either. */
  #hidesAcrossEvents(body: string): boolean {
    if (!/^(event|data|id):/m.test(body.slice(0, 1000))) return false;
    const all: Field[] = [];
    const root = newField(all);
    for (const [, data] of body.matchAll(/^data: ?(.*)$/gm)) collect(root, parseJson(data ?? ''), all);
    return all.some(({ text }) => text !== '' && this.#runtime.maskText(text) !== text);
  }

  #clean(text: string): string {
    return this.#runtime.options.capture === 'full' ? text : this.#runtime.maskText(text);
  }
}

/** One place in the events of a stream, with all its texts put together. */
interface Field {
  text: string;
  below: Map<string, Field> | undefined;
}

function newField(all: Field[]): Field {
  const field: Field = { text: '', below: undefined };
  all.push(field);
  return field;
}

function collect(field: Field, value: unknown, all: Field[]): void {
  if (typeof value === 'string') field.text += value;
  else if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      field.below ??= new Map();
      let member = field.below.get(key);
      if (member === undefined) field.below.set(key, (member = newField(all)));
      collect(member, (value as Record<string, unknown>)[key], all);
    }
}

/** Bytes as text; undefined where they are none. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength > requestCharactersMax) return undefined;
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
