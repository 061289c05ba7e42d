/**
 * Keeps what `node:http` and `node:https` sent and got on the span a request is made in: for clients that are not built on fetch. What is written and
 * what the parser hands over is looked at in passing; no listener is added that would change what becomes of a request.
 */
import diagnostics from 'node:diagnostics_channel';
import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { guard } from '../core/diagnostics.ts';
import { beginNote, type ExchangeNote } from './exchange-note.ts';

/** Returns what ends it. */
export function recordHttp(): () => void {
  const notes = new WeakMap<ClientRequest, ExchangeNote>();
  const created = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    if (request.method === 'CONNECT') return;
    const note = beginNote(() => ({ method: request.method, url: urlOf(request) }));
    if (note === undefined) return;
    guard('recording a request', () => {
      notes.set(request, note);
      noteWrites(request, note);
      request.once(errorMonitor, (error) => note.failed(error));
    });
  };
  const answered = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const note = notes.get(request);
    if (note !== undefined) guard('recording a response', () => noteAnswer(response, note));
  };
  diagnostics.subscribe('http.client.request.created', created);
  // Published when the head of the answer is there, before anybody reads it.
  diagnostics.subscribe('http.client.response.finish', answered);
  return () => {
    diagnostics.unsubscribe('http.client.request.created', created);
    diagnostics.unsubscribe('http.client.response.finish', answered);
  };
}

function urlOf(request: ClientRequest): string {
  const host = request.getHeader('host');
  return `${request.protocol}//${typeof host === 'string' ? host : request.host}${request.path}`;
}

type Write = (chunk?: unknown, encoding?: unknown, done?: unknown) => unknown;

/** The body as it is written. */
function noteWrites(request: ClientRequest, note: ExchangeNote): void {
  const keep = (chunk: unknown, encoding: unknown): void => {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : chunk;
    const announced = request.getHeader('content-length');
    if (bytes instanceof Uint8Array)
      note.requestPart(bytes, announced === undefined ? undefined : Number(announced));
  };
  // Node's end writes by itself where it is given a last piece, past the write of the request.
  const { write, end } = request as unknown as { write: Write; end: Write };
  Object.assign(request, {
    write: (chunk?: unknown, encoding?: unknown, done?: unknown) => {
      guard('recording a request', () => keep(chunk, encoding));
      return write.call(request, chunk, encoding, done);
    },
    end: (chunk?: unknown, encoding?: unknown, done?: unknown) => {
      guard('recording a request', () => {
        keep(chunk, encoding);
        note.requestEnded();
      });
      return end.call(request, chunk, encoding, done);
    },
  });
}

function noteAnswer(response: IncomingMessage, note: ExchangeNote): void {
  const { headers } = response;
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const coding = header('content-encoding')?.toLowerCase();
  note.response(response.statusCode ?? 0, header, coding === 'identity' ? undefined : coding);
  const push = response.push.bind(response);
  response.push = (chunk: unknown, encoding?: BufferEncoding) => {
    guard('recording a response', () => {
      if (chunk === null) note.finish();
      else if (chunk instanceof Uint8Array) note.chunk(chunk);
    });
    return push(chunk, encoding);
  };
  response.once(errorMonitor, (error) => note.failed(error));
  // The caller had enough of it.
  response.once('close', () => note.finish());
}
