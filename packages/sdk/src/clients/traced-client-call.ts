/**
 * A model call made through a client library whose promise is its own class (OpenAI's APIPromise): the caller must get exactly
 * that class back, with `withResponse` and `asResponse`, and its stream must stay what it was.
 */
import { SpanStatusCode } from '@opentelemetry/api';
import { LlmRecorder, type LlmCallOptions } from '../agent/llm-call.ts';
import { guard, sayOnce } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { followResult } from '../core/follow-result.ts';
import { openSpan, type OpenedSpan } from '../tracing/run-span.ts';
import { recordErrorOn } from '../core/span-handle.ts';
import { trace, INVALID_SPAN_CONTEXT } from '@opentelemetry/api';
import { withAttempts, type Attempts } from './attempts.ts';
import { insideLlmCall, markInsideLlmCall } from './llm-guard.ts';

export interface ClientCall {
  readonly request: LlmCallOptions;
  readonly streaming: boolean;
  readonly server?: { readonly address: string; readonly port: number } | undefined;
  /** Reads a complete answer into the recorder. */
  readResponse(recorder: LlmRecorder, response: unknown): void;
  /** Reads one item of a stream; `finish` afterwards. */
  readChunk?(recorder: LlmRecorder, chunk: unknown): void;
  /** Whether the chunk brings a part of the answer; all do where this is not said. */
  isToken?(chunk: unknown): boolean;
  finish?(recorder: LlmRecorder): void;
}

/** Life of the span around the call; shared by all clients. */
export class CallSpan {
  readonly recorder: LlmRecorder;
  readonly #opened: OpenedSpan;
  readonly #call: ClientCall;
  readonly #attempts: Attempts;
  readonly #startedMs = performance.now();
  readonly #runtime: Runtime;
  readonly context: OpenedSpan['context'];
  #open = true;

  constructor(runtime: Runtime, call: ClientCall) {
    const active = runtime.contextManager.active();
    this.#runtime = runtime;
    this.#call = call;
    this.recorder = new LlmRecorder(runtime, call.request);
    const { server } = call;
    this.#opened = openSpan(runtime, active, this.recorder.spanName, {
      kind: 'CLIENT',
      attributes: {
        ...this.recorder.requestAttributes,
        ...(call.streaming ? { 'gen_ai.request.stream': true } : {}),
        ...(server === undefined ? {} : { 'server.address': server.address, 'server.port': server.port }),
      },
    }) ?? { span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT), context: active };
    const { context, attempts } = withAttempts(markInsideLlmCall(this.#opened.context));
    this.context = context;
    this.#attempts = attempts;
  }

  /** Runs in the call's context, where nested clients stay silent and attempts are counted. */
  inside<T>(fn: () => T): T {
    return this.#runtime.contextManager.with(this.context, fn);
  }

  /** Follows what the client resolved with: a stream to its end, anything else at once. Returns it, usable as before. */
  resolved<T>(value: T): T {
    if (!this.#call.streaming || typeof value !== 'object' || value === null) {
      guard('reading a model response', () => this.#call.readResponse(this.recorder, value));
      this.end();
      return value;
    }
    const observer = {
      inside: <R>(fn: () => R) => this.inside(fn),
      firstItem: () => undefined,
      item: (chunk: unknown) => {
        if (this.#call.isToken?.(chunk) !== false) this.recorder.chunk();
        this.#call.readChunk?.(this.recorder, chunk);
      },
      ended: () => {
        guard('reading a model stream', () => this.#call.finish?.(this.recorder));
        this.end();
      },
      failed: (error: unknown) => {
        guard('reading a model stream', () => this.#call.finish?.(this.recorder));
        this.fail(error);
      },
    };
    // The Stream class of these clients keeps its source in `iterator`, which tee() and toReadableStream() use too.
    const source = value as { iterator?: unknown };
    if (typeof source.iterator === 'function') {
      const original = source.iterator.bind(value) as () => object;
      source.iterator = () => followResult(original(), observer);
      return value;
    }
    return followResult(value, observer);
  }

  fail(error: unknown): void {
    if (!this.#open) return;
    if (this.#opened.span.isRecording()) recordErrorOn(this.#opened.span, error);
    const { status } = error as { status?: unknown };
    if (typeof status === 'number') this.#opened.span.setAttribute('http.response.status_code', status);
    this.recorder.hooks.failed?.(this.#opened.span, error, performance.now() - this.#startedMs);
    this.#close();
  }

  end(): void {
    if (!this.#open) return;
    this.recorder.hooks.ended?.(this.#opened.span, undefined, performance.now() - this.#startedMs, undefined);
    this.#close();
  }

  /** The caller took the raw response: its status is all that is known. */
  endWithStatus(status: number): void {
    if (!this.#open) return;
    this.#opened.span.setAttribute('http.response.status_code', status);
    if (status >= 400) this.#opened.span.setStatus({ code: SpanStatusCode.ERROR });
    this.end();
  }

  #close(): void {
    this.#open = false;
    const { count, statuses } = this.#attempts;
    if (count > 1) {
      this.#opened.span.setAttribute('http.request.resend_count', count - 1);
      this.#opened.span.setAttribute('sightline.attempt_statuses', statuses);
    }
    this.#opened.span.end();
  }
}

/** The runtime to trace with, or undefined when this call must pass untouched. */
export function runtimeForCall(): Runtime | undefined {
  const runtime = currentRuntime();
  return runtime === undefined || insideLlmCall(runtime.contextManager.active()) ? undefined : runtime;
}

/** For clients with APIPromise; `start` performs the original call. */
export function traceApiPromise(describe: () => ClientCall, start: () => unknown): unknown {
  const runtime = runtimeForCall();
  if (runtime === undefined) return start();
  let span: CallSpan;
  try {
    span = new CallSpan(runtime, describe());
  } catch (error) {
    sayOnce('client-call', `A model call could not be described and is not traced: ${String(error)}`);
    return start();
  }
  let result: unknown;
  try {
    result = span.inside(start);
  } catch (error) {
    span.fail(error);
    throw error;
  }
  return isApiPromise(result) ? followApiPromise(result, span) : followPromise(result, span);
}

interface ApiPromise {
  readonly responsePromise: Promise<unknown>;
  _thenUnwrap(transform: (value: unknown) => unknown): ApiPromise;
  parse?: () => Promise<unknown>;
  asResponse: () => Promise<Response>;
}

export function isApiPromise(value: unknown): value is ApiPromise {
  return typeof value === 'object' && value !== null && '_thenUnwrap' in value && 'responsePromise' in value;
}

function followApiPromise(promise: ApiPromise, span: CallSpan): ApiPromise {
  const followed = promise._thenUnwrap((value) => span.resolved(value));
  promise.responsePromise.catch((error: unknown) => span.fail(error));
  // A body that is no JSON fails in parse, after the response arrived.
  const parse = followed.parse?.bind(followed);
  if (parse !== undefined) {
    followed.parse = () => {
      const parsed = parse();
      parsed.catch((error: unknown) => span.fail(error));
      return parsed;
    };
  }
  const asResponse = followed.asResponse.bind(followed);
  let parsedToo = false;
  const tracedParse = followed.parse;
  if (tracedParse !== undefined) {
    followed.parse = () => {
      parsedToo = true;
      return tracedParse();
    };
  }
  followed.asResponse = () =>
    asResponse().then((response) => {
      if (!parsedToo) span.endWithStatus(response.status);
      return response;
    });
  return followed;
}

function followPromise(result: unknown, span: CallSpan): unknown {
  if (!(result instanceof Promise)) return span.resolved(result);
  return result.then(
    (value: unknown) => span.resolved(value),
    (error: unknown) => {
      span.fail(error);
      throw error;
    },
  );
}

/** Shows each item of a client's stream to `note` as the caller reads it, and changes nothing else. */
export function observeStream(value: unknown, note: (item: unknown) => void): unknown {
  const source = value as { iterator?: unknown } | null;
  if (typeof source !== 'object' || source === null || typeof source.iterator !== 'function') return value;
  const original = source.iterator.bind(value) as () => object;
  source.iterator = () =>
    followResult(original(), {
      inside: (fn) => fn(),
      firstItem: () => undefined,
      item: note,
      ended: () => undefined,
      failed: () => undefined,
    });
  return value;
}

export function serverOf(baseUrl: unknown): { address: string; port: number } | undefined {
  const url = typeof baseUrl === 'string' ? URL.parse(baseUrl) : null;
  if (url === null) return undefined;
  return {
    address: url.hostname,
    port: Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port),
  };
}
