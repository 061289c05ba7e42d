/**
 * OTLP over HTTP with OpenTelemetry's serializers, protobuf or JSON. The request is our own so that neither its socket nor its
 * retries keep the host alive: every socket is unreferenced, and retrying is the queue's business.
 */
import {
  request as httpRequest,
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { suppressTracing } from '@opentelemetry/core';
import type { OtlpTarget } from '../config/resolved-options.ts';
import { activeContext, runInContext } from '../runtime/context.ts';
import { sdkName, sdkVersion } from '../core/version.ts';
import type { SendOutcome, Sink } from './sink.ts';

export interface OtlpHttpOptions<T> {
  readonly target: OtlpTarget;
  readonly contentType: 'application/x-protobuf' | 'application/json';
  readonly encode: (items: readonly T[]) => Uint8Array | undefined;
  /** Items the receiver says it rejected, read from a successful response. */
  readonly countRejected: (response: Uint8Array, isJson: boolean) => number;
}

const retryableStatuses = new Set([429, 502, 503, 504]);
const responseBytesMax = 1 << 20;
const gzipAsync = promisify(gzip);

export function otlpHttpSink<T>(options: OtlpHttpOptions<T>): Sink<T> {
  const url = new URL(options.target.url);
  const secure = url.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 });

  const headers: Record<string, string> = {
    ...options.target.headers,
    'content-type': options.contentType,
    'user-agent': `${sdkName}/${sdkVersion}`,
    ...(options.target.compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  };
  let current: ClientRequest | undefined;

  async function send(items: readonly T[]): Promise<SendOutcome> {
    let body: Uint8Array | undefined;
    try {
      body = options.encode(items);
      if (body === undefined) return { kind: 'failed', reason: 'they cannot be encoded' };
      if (options.target.compression === 'gzip') body = await gzipAsync(body);
    } catch (error) {
      return { kind: 'failed', reason: `they cannot be encoded (${String(error)})` };
    }
    const bytes = body;
    return runInContext(suppressTracing(activeContext()), () => post(bytes));
  }

  function post(body: Uint8Array): Promise<SendOutcome> {
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent,
      signal: AbortSignal.timeout(options.target.timeoutMs),
      headers: { ...headers, 'content-length': body.byteLength },
    });
    current = request;
    request.on('socket', (socket) => socket.unref());
    request.on('response', (response) => {
      readResponse(response).then(
        (bytes) => resolve(judge(response, bytes)),
        (error: unknown) => resolve(unreachableOutcome(url, error)),
      );
    });
    request.on('error', (error) => resolve(unreachableOutcome(url, error)));
    request.end(body);
    return promise;
  }

  function judge(response: IncomingMessage, bytes: Uint8Array): SendOutcome {
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300)
      return { kind: 'delivered', rejected: tryCount(bytes, response.headers['content-type']) };
    if (retryableStatuses.has(status)) {
      return {
        kind: 'retry',
        afterMs: retryAfterMs(response.headers['retry-after']),
        reason: `${url.host} answered ${status}`,
      };
    }
    return { kind: 'failed', reason: `${url.origin} answered ${status}` };
  }

  function tryCount(bytes: Uint8Array, contentType: string | undefined): number {
    try {
      return options.countRejected(bytes, contentType?.startsWith('application/json') === true);
    } catch {
      return 0;
    }
  }

  return {
    send,
    isHandedOver: () => current?.writableFinished === true,
    lastWords: (items) => {
      const encoded = options.encode(items);
      if (encoded === undefined) return [];
      const body = options.target.compression === 'gzip' ? gzipSync(encoded) : encoded;
      return [{ url: url.href, headers, body }];
    },
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function unreachableOutcome(url: URL, error: unknown): SendOutcome {
  return { kind: 'retry', afterMs: undefined, reason: `${url.host} does not answer (${String(error)})` };
}

async function readResponse(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= responseBytesMax) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Retry-After as seconds or as a date, capped at one minute so that a mistaken header cannot silence a process for long. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 100), 60_000) : undefined;
}
