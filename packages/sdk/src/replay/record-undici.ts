/**
 * Keeps what the package undici sent and got on the span a request is made in: its `request`, `stream`, `pipeline`, its clients and its own
 * `fetch`, versions 5 to 8. Node's own fetch is undici too: where `recordFetch` keeps the exchange, this leaves it alone.
 */
import diagnostics from 'node:diagnostics_channel';
import { type Context, createContextKey } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { beginNote, ExchangeNote } from './exchange-note.ts';

interface UndiciRequest {
  readonly method: string;
  readonly origin: string | URL;
  readonly path: string;
  readonly body: unknown;
  /** In bytes, as announced to the server. */
  readonly contentLength?: number | null;
  readonly aborted?: boolean;
  /** Only versions 5 to 7 have it. */
  onData?: (chunk: unknown) => unknown;
  /** Since version 8. */
  onResponseData?: (chunk: unknown) => unknown;
  /** Called with each piece of the body that was handed to the connection, whatever the body is. */
  onBodySent?: (chunk: unknown) => unknown;
}

interface UndiciResponse {
  readonly statusCode: number;
  /** Names and values in turn, as bytes; in some versions by name. */
  readonly headers: readonly unknown[] | Readonly<Record<string, unknown>>;
}

const keptElsewhere = createContextKey('sightline.replay.kept');

/** The context of a request whose note is kept already. */
export function keptContext(context: Context, note: ExchangeNote): Context {
  return context.setValue(keptElsewhere, note);
}

/** Returns what ends it. */
export function recordUndici(): () => void {
  const notes = new WeakMap<UndiciRequest, ExchangeNote>();
  const bodies = new WeakMap<UndiciRequest, ExchangeNote>();
  const noteBody = (request: UndiciRequest, note: ExchangeNote): void => {
    bodies.set(request, note);
    notePieces(request, 'onBodySent', (chunk) => note.requestPart(chunk, request.contentLength));
  };
  const noteOf = (message: unknown) => notes.get((message as { request: UndiciRequest }).request);
  const listeners: Readonly<Record<string, (message: unknown) => void>> = {
    'undici:request:create': (message) => {
      const { request } = message as { request: UndiciRequest };
      if (request.method === 'CONNECT') return;
      const kept = activeContext().getValue(keptElsewhere);
      if (kept instanceof ExchangeNote) {
        if (kept.awaitsRequest) noteBody(request, kept);
        return;
      }
      const note = beginNote(() => ({
        method: request.method,
        url: `${String(request.origin).replace(/\/$/, '')}${request.path}`,
      }));
      if (note === undefined) return;
      notes.set(request, note);
      if (request.body instanceof Uint8Array) note.request(request.body);
      else if (request.body !== null && request.body !== undefined) {
        note.requestBegins();
        noteBody(request, note);
      }
      noteChunks(request, note);
    },
    'undici:request:bodySent': (message) => {
      const { request } = message as { request: UndiciRequest };
      // A body that fails ends as well.
      if (request.aborted !== true) bodies.get(request)?.requestEnded();
    },
    'undici:request:headers': (message) => {
      const { response } = message as { response: UndiciResponse };
      // An answer in advance, such as 103.
      if (response.statusCode < 200) return;
      const header = headerReader(response.headers);
      const coding = header('content-encoding')?.toLowerCase();
      noteOf(message)?.response(response.statusCode, header, coding === 'identity' ? undefined : coding);
    },
    'undici:request:trailers': (message) => noteOf(message)?.finish(),
    'undici:request:error': (message) => {
      const { error } = message as { error: { code?: unknown } };
      // The caller had enough of it.
      if (error.code === 'UND_ERR_ABORTED') noteOf(message)?.finish();
      else noteOf(message)?.failed(error);
    },
  };
  const stops = Object.entries(listeners).map(([channel, listen]) => {
    const listener = (message: unknown) => guard('recording a request', () => listen(message));
    diagnostics.subscribe(channel, listener);
    return () => diagnostics.unsubscribe(channel, listener);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

function noteChunks(request: UndiciRequest, note: ExchangeNote): void {
  for (const name of ['onData', 'onResponseData'] as const)
    notePieces(request, name, (chunk) => {
      if (typeof chunk !== 'string') note.chunk(chunk);
    });
}

/** Looks at what this method of the request is given; the method is called as ever. */
function notePieces(
  request: UndiciRequest,
  name: 'onData' | 'onResponseData' | 'onBodySent',
  keep: (chunk: string | Uint8Array) => void,
): void {
  const take = request[name];
  if (typeof take !== 'function') return;
  request[name] = function (this: UndiciRequest, chunk: unknown) {
    guard('recording a request', () => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) keep(chunk);
    });
    return take.call(this, chunk);
  };
}

function headerReader(headers: UndiciResponse['headers']): (name: string) => string | null {
  const byName = new Map<string, string>();
  const text = (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
  const entries = Array.isArray(headers)
    ? Array.from(
        { length: headers.length >> 1 },
        (_, at) => [text(headers[2 * at]), headers[2 * at + 1]] as const,
      )
    : Object.entries(headers);
  for (const [name, value] of entries) byName.set(name.toLowerCase(), text(value));
  return (name) => byName.get(name) ?? null;
}
