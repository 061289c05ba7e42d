import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Undefined where it is larger than asked for. */
  readonly text: string | undefined;
}

export interface RequestOptions {
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  readonly body: string;
  /** Beside the content type, which is JSON unless said here, and the length. */
  readonly headers: OutgoingHttpHeaders;
  readonly answerBytesMax: number;
  /** `guardedLookup`: names must lead nowhere else than the caller's reach. The URL itself is checked by `findUrlProblem` before. */
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
}

/**
 * One request on a connection of its own. Not `fetch`, which cannot be told how to look names up, and no pool, whose connections would outlive what was
 * checked. Redirects are answers like others.
 */
export async function sendRequest(
  url: string,
  { method = 'POST', body, headers, answerBytesMax, lookup, signal }: RequestOptions,
): Promise<Answer> {
  const bytes = Buffer.from(body);
  const target = new URL(url);
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(target, {
    method,
    headers: { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
    agent: false,
    lookup,
    signal,
  });
  // After the answer began, its reader is told of failures; the request's own event would end the process.
  request.on('error', () => undefined);
  request.end(bytes);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode: status = 0 } = response;
  return { status, headers: response.headers, text: await readBounded(response, answerBytesMax) };
}

async function readBounded(response: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the connection.
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
