/** What is kept of one HTTP request while it is made and answered, and put on its span when the answer has ended. */
import type { Span } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { activeContext, activeSpan } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { PackedBody } from './packed-body.ts';
import { currentReplay, currentScope } from './replay-slot.ts';
import { type KeptRequest, RequestBody, textOfBytes } from './request-body.ts';
import { exchangePrefix, exchangesPerSpanMax, parseJson, writeExchange, type Exchange } from './exchange.ts';

/** With the request and the quotes that JSON adds, one exchange stays below the longest attribute. */
const bodyCharactersMax = 120_000;
/** A character takes three bytes at most, or it counts as two. */
const bodyBytesMax = 3 * bodyCharactersMax;
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
const tooLong = `it is longer than ${bodyCharactersMax} characters`;

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
  #request: RequestBody | undefined;
  #requestEnded = false;
  readonly #chunks: (readonly [number, number])[] = [];
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #packed: PackedBody | undefined;
  #isText = false;
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

  /** The whole body. */
  request(body: string | Uint8Array): void {
    this.requestPart(body);
    this.requestEnded();
  }

  /** A body comes, of which nothing is at hand yet. */
  requestBegins(): void {
    this.#request ??= new RequestBody();
  }

  get awaitsRequest(): boolean {
    return this.#request !== undefined && !this.#requestEnded;
  }

  /**
   * `wholeBytes`: of the whole body, where the request announces it. A server answers when it has them, which may be before the sender
   * notices that there is no more to send.
   */
  requestPart(chunk: string | Uint8Array, wholeBytes?: number | null): void {
    if (this.#requestEnded || !this.#open) return;
    this.requestBegins();
    this.#request?.add(chunk);
    if (this.#request?.bytes === wholeBytes) this.requestEnded();
  }

  requestEnded(): void {
    this.#requestEnded = true;
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
      this.#packed = PackedBody.of(coding, bodyBytesMax);
      if (this.#packed === undefined) this.#leaveOut(`it is packed as ${coding}`);
    }
    this.#isText = textType.test(header('content-type') ?? '');
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
      if (!this.#packed.add(bytes, ms)) this.#leaveOut(tooLong);
      return;
    }
    this.#bodyBytes += bytes.byteLength;
    if (this.#bodyBytes > bodyBytesMax) return this.#leaveOut(tooLong);
    // The reader may take the memory of a chunk with it.
    this.#body.push(Buffer.from(bytes));
    if (this.#chunks.length < chunksMax) this.#chunks.push([bytes.byteLength, ms]);
  }

  #unpack(): void {
    const packed = this.#packed;
    if (packed === undefined || this.#leftOut !== undefined) return;
    const unpacked = packed.unpack();
    if (unpacked === undefined) return this.#leaveOut('it could not be unpacked, or is too long');
    this.#body = [unpacked.body];
    this.#chunks.push(...unpacked.chunks.slice(0, chunksMax));
  }

  #leaveOut(reason: string): void {
    this.#leftOut ??= reason;
    this.#body = [];
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
        ...this.#keptRequest(),
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

  #keptRequest(): KeptRequest {
    if (this.#request === undefined) return {};
    return this.#requestEnded
      ? this.#request.keep((text) => this.#clean(text))
      : { requestLeftOut: 'it was not sent to its end' };
  }

  #keptBody(): Pick<Exchange, 'body' | 'bodyEncoding' | 'chunks' | 'leftOut'> {
    if (this.#leftOut !== undefined) return { leftOut: this.#leftOut };
    const isMasked = this.#runtime.options.capture !== 'full';
    const bytes = Buffer.concat(this.#body);
    const chunks = this.#chunks.length < chunksMax ? { chunks: this.#chunks } : {};
    const body = textOfBytes(bytes) ?? (isMasked && this.#isText ? bytes.toString() : undefined);
    if (body === undefined) {
      const readable = bytes.toString('latin1').replaceAll('\0', '');
      if (this.#clean(readable) !== readable)
        return { leftOut: 'it is not text, and something in it is to be masked' };
      const base64 = bytes.toString('base64');
      if (base64.length > bodyCharactersMax) return { leftOut: tooLong };
      return { body: base64, bodyEncoding: 'base64', ...chunks };
    }
    if (body.length > bodyCharactersMax) return { leftOut: tooLong };
    const clean = this.#clean(body);
    if (clean !== body) return { body: clean };
    return isMasked && this.#hidesAcrossEvents(body)
      ? { leftOut: 'a masked value is spread over its events' }
      : { body, ...chunks };
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
