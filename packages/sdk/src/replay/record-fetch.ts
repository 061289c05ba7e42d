/**
 * Keeps what `fetch` sent and got on the span it was called in, so that the run can be replayed. The caller's response streams on
 * as it comes; nothing is read ahead, and what cannot be kept is left out with its reason.
 */
import type { Span } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { activeContext, activeSpan } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { exchangePrefix, exchangesPerSpanMax, parseJson, type Exchange } from './exchange.ts';

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

/** Wraps the global fetch; returns what takes the wrapper away again. */
export function recordFetch(): () => void {
  const original = globalThis.fetch;
  const wrapped = async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const runtime = currentRuntime();
    const span = runtime === undefined ? undefined : activeSpan();
    if (runtime === undefined || span?.isRecording() !== true || isTracingSuppressed(activeContext()))
      return original(input, init);
    let note: ExchangeNote | undefined;
    guard('recording a request', () => {
      note = new ExchangeNote(runtime, span, input, init);
    });
    try {
      const response = await original(input, init);
      return note?.follow(response) ?? response;
    } catch (error) {
      note?.failed(error);
      throw error;
    }
  };
  globalThis.fetch = wrapped;
  return () => {
    if (globalThis.fetch === wrapped) globalThis.fetch = original;
  };
}

class ExchangeNote {
  readonly #runtime: Runtime;
  readonly #span: Span;
  readonly #startedMs = performance.now();
  #exchange: Exchange;
  readonly #chunks: [number, number][] = [];
  readonly #decoder = new TextDecoder();
  #body = '';
  #leftOut: string | undefined;
  #open = true;

  constructor(runtime: Runtime, span: Span, input: string | URL | Request, init: RequestInit | undefined) {
    this.#runtime = runtime;
    this.#span = span;
    const request = input instanceof Request ? input : undefined;
    const body = textOf(init?.body);
    this.#exchange = {
      method: (init?.method ?? request?.method ?? 'GET').toUpperCase(),
      url: this.#clean(input instanceof Request ? input.url : input.toString()),
      ...(body === undefined || body.length > requestCharactersMax ? {} : { request: this.#clean(body) }),
    };
  }

  /** The response to give to the caller: the same, with a body that is noted as it is read. */
  follow(response: Response): Response {
    const kept: Record<string, string> = {};
    for (const name of keptHeaders) {
      const value = response.headers.get(name);
      if (value !== null) kept[name] = this.#clean(value);
    }
    this.#exchange = { ...this.#exchange, status: response.status, headers: kept };
    const { body } = response;
    if (body === null) {
      this.#finish();
      return response;
    }
    if (!textType.test(response.headers.get('content-type') ?? '')) this.#leaveOut('it is not text');
    const followed = new Response(this.#noted(body), response);
    for (const name of ['url', 'redirected', 'type'] as const)
      Object.defineProperty(followed, name, { value: response[name], configurable: true });
    return followed;
  }

  failed(error: unknown): void {
    guard('recording a request', () => {
      const cause = (error as { cause?: unknown }).cause ?? error;
      const { name, message, code } = cause as { name?: unknown; message?: unknown; code?: unknown };
      this.#finish({
        name: typeof name === 'string' ? name : 'Error',
        message: this.#clean(typeof message === 'string' ? message : String(cause)),
        ...(typeof code === 'string' ? { code } : {}),
      });
    });
  }

  #noted(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream({
      type: 'bytes',
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) {
            this.#finish();
            controller.close();
            // A reader of its own buffer waits for an answer.
            controller.byobRequest?.respond(0);
            return;
          }
          this.#chunk(value);
          controller.enqueue(value);
        } catch (error) {
          this.failed(error);
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        this.#finish();
        await reader.cancel(reason);
      },
    });
  }

  #chunk(bytes: Uint8Array): void {
    if (this.#leftOut !== undefined) return;
    if (this.#body.length + bytes.byteLength > bodyCharactersMax)
      return this.#leaveOut(`it is longer than ${bodyCharactersMax} characters`);
    this.#body += this.#decoder.decode(bytes, { stream: true });
    if (this.#chunks.length < chunksMax)
      this.#chunks.push([bytes.byteLength, Math.round(performance.now() - this.#startedMs)]);
  }

  #leaveOut(reason: string): void {
    this.#leftOut = reason;
    this.#body = '';
  }

  #finish(error?: Exchange['error']): void {
    if (!this.#open) return;
    this.#open = false;
    guard('recording a response', () => {
      const at = exchangesOn(this.#span);
      if (at >= exchangesPerSpanMax || !this.#span.isRecording()) return;
      counts.set(this.#span, at + 1);
      const exchange: Exchange = {
        ...this.#exchange,
        ...(this.#exchange.status === undefined ? {} : this.#keptBody()),
        durationMs: Math.round(performance.now() - this.#startedMs),
        ...(error === undefined ? {} : { error }),
      };
      const whole = JSON.stringify(exchange);
      const { body: _body, chunks: _chunks, ...rest } = exchange;
      const text =
        whole.length <= exchangeCharactersMax
          ? whole
          : JSON.stringify({ ...rest, leftOut: 'it is too long' });
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
    const fields = new Map<string, string>();
    const collect = (path: string, value: unknown): void => {
      if (typeof value === 'string') fields.set(path, (fields.get(path) ?? '') + value);
      else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value)) collect(`${path}.${key}`, item);
    };
    for (const [, data] of body.matchAll(/^data: ?(.*)$/gm)) collect('', parseJson(data ?? ''));
    return [...fields.values()].some((text) => this.#runtime.maskText(text) !== text);
  }

  #clean(text: string): string {
    return this.#runtime.options.capture === 'full' ? text : this.#runtime.maskText(text);
  }
}

function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  if (body instanceof Uint8Array && body.byteLength <= requestCharactersMax) {
    try {
      return new TextDecoder('utf8', { fatal: true }).decode(body);
    } catch {
      return undefined;
    }
  }
  return undefined;
}
