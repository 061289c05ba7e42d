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

export interface PostOptions {
  readonly headers: OutgoingHttpHeaders;
  readonly bodyBytesMax: number;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal;
}

/** One POST on a connection of its own. Not `fetch`, which cannot be told how to look names up. Redirects are answers like others. */
export async function postJson(
  url: string,
  body: unknown,
  { headers, bodyBytesMax, lookup, signal }: PostOptions,
): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(body));
  const target = new URL(url);
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(target, {
    method: 'POST',
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
  return { status, headers: response.headers, text: await readBounded(response, bodyBytesMax) };
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
