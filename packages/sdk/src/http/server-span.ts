/** The span of one incoming HTTP request: reads the caller's headers, answers with the correlation id, ends with the response. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanStatusCode, type Context, type Span } from '@opentelemetry/api';
import { ensureCorrelation, correlationIdOf } from '../correlation/correlation-id.ts';
import { contextFromHeaders } from '../correlation/headers.ts';
import { correlationHeader, traceIdHeader } from '../correlation/propagator.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { openSpan } from '../tracing/run-span.ts';
import { recordErrorOn } from '../core/span-handle.ts';

export interface RequestInfo {
  readonly method: string;
  /** Path with query, as received. */
  readonly url: string;
  readonly headers: Headers | IncomingMessage['headers'];
}

export interface ServerSpan {
  readonly context: Context;
  readonly correlationId: string;
  readonly traceId: string;
  setRoute(route: string): void;
  fail(error: unknown): void;
  /** Idempotent. */
  end(status: number): void;
}

/** Undefined before init, or when another HTTP instrumentation already opened the span of this request. */
export function openServerSpan(runtime: Runtime, info: RequestInfo): ServerSpan {
  const context = ensureCorrelation(contextFromHeaders(info.headers));
  const query = info.url.indexOf('?');
  const path = query < 0 ? info.url : info.url.slice(0, query);
  const opened = openSpan(runtime, context, info.method, {
    kind: 'SERVER',
    attributes: {
      'http.request.method': info.method,
      'url.path': path,
      ...(query < 0 ? {} : { 'url.query': runtime.maskText(info.url.slice(query + 1)) }),
    },
  });
  const correlationId = correlationIdOf(context) ?? '';
  return new OpenServerSpan(opened?.span, opened?.context ?? context, correlationId, info.method);
}

class OpenServerSpan implements ServerSpan {
  readonly context: Context;
  readonly correlationId: string;
  readonly #span: Span | undefined;
  readonly #method: string;
  #ended = false;

  constructor(span: Span | undefined, context: Context, correlationId: string, method: string) {
    this.#span = span;
    this.context = context;
    this.correlationId = correlationId;
    this.#method = method;
  }

  get traceId(): string {
    return this.#span?.spanContext().traceId ?? '';
  }

  setRoute(route: string): void {
    this.#span?.setAttribute('http.route', route);
    this.#span?.updateName(`${this.#method} ${route}`);
  }

  fail(error: unknown): void {
    if (this.#span?.isRecording() === true) recordErrorOn(this.#span, error);
  }

  end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span?.setAttribute('http.response.status_code', status);
    // The convention: a 4xx is the client's failure, not the server's.
    if (status >= 500) this.#span?.setStatus({ code: SpanStatusCode.ERROR });
    if (status >= 500) this.#span?.setAttribute('error.type', String(status));
    this.#span?.end();
  }
}

/** Opens the span of a node:http request, answers with its ids, and ends it when the response is done or its client gone. */
export function serveWithSpan(
  request: IncomingMessage,
  response: ServerResponse,
): { span: ServerSpan; runtime: Runtime } | undefined {
  const runtime = currentRuntime();
  if (runtime === undefined) return undefined;
  const span = openServerSpan(runtime, {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: request.headers,
  });
  guard('answering with the correlation id', () => {
    response.setHeader(correlationHeader, span.correlationId);
    if (span.traceId !== '') response.setHeader(traceIdHeader, span.traceId);
  });
  response.once('close', () => {
    if (!response.writableFinished) span.fail(new Error('The client closed the connection.'));
    span.end(response.statusCode);
  });
  return { span, runtime };
}
