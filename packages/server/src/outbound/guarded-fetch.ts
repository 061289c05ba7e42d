import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable, Transform } from 'node:stream';
import { findUrlProblem, guardedLookup, type Reach, RefusedAddressError } from './reach.ts';

/**
 * `fetch` for client libraries that are given addresses which users chose: it goes nowhere beyond the reach, follows no redirect, and breaks an
 * answer off that is longer than its bound. Bodies are text.
 */
export function guardedFetch(reach: Reach, answerBytesMax: number): typeof fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const problem = findUrlProblem(url, reach);
    if (problem !== undefined) throw new RefusedAddressError(problem);
    const target = new URL(url);
    const headers = Object.fromEntries(new Headers(init.headers));
    const body =
      init.body === undefined || init.body === null
        ? undefined
        : Buffer.from(await new Response(init.body).arrayBuffer());
    const send = target.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(target, {
      method: init.method ?? 'GET',
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
      agent: false,
      lookup: guardedLookup(reach),
      ...(init.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
    });
    // After the answer began, its reader is told of failures; the request's own event would end the process.
    request.on('error', () => undefined);
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { statusCode: status = 0 } = response;
    const answered = new Headers();
    for (const [name, value] of Object.entries(response.headers))
      if (value !== undefined) answered.set(name, Array.isArray(value) ? value.join(', ') : value);
    const bounded = response.pipe(bound(answerBytesMax));
    response.once('error', (error) => bounded.destroy(error));
    const isEmpty = status === 204 || status === 304;
    return new Response(isEmpty ? null : (Readable.toWeb(bounded) as ReadableStream<Uint8Array>), {
      status,
      headers: answered,
    });
  };
}

function bound(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) done(new Error(`The answer is larger than ${bytesMax} bytes.`));
      else done(null, chunk);
    },
  });
}
