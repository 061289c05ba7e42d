/**
 * Keeps each header that carries the trace or the correlation id single on requests of fetch, undici, node:http(s) and gRPC. Callers may
 * list a header twice, and instrumentations of fetch, ours and any other, append: a caller who has set the headers too would send
 * `a, a`. The trace headers describe one span, so the last word counts; the correlation id and the baggage stay as the caller has
 * set them. Subscribed before our own instrumentation; what instrumentations subscribed before us have doubled by then is put right here.
 */
import { ownValue } from '@sightline/base';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { guard } from '../core/diagnostics.ts';

/** undici 5 keeps the headers as one text, later versions as names and values in turn. */
interface UndiciRequest {
  headers: string | unknown[];
  addHeader?: (name: string, value: string) => unknown;
}

/** A request of node:http. Headers that came as a list are written down at once. */
type HttpRequest = ClientRequest & { _header: string | null };

type Kept = 'first' | 'last';
const keptOf: Readonly<Record<string, Kept>> = {
  traceparent: 'last',
  tracestate: 'last',
  'x-trace-id': 'last',
  'x-correlation-id': 'first',
  baggage: 'first',
};
const names = Object.entries(keptOf);
/** Several members of these are one header; of the others, a comma is between a header and its double. */
const lists = new Set(['tracestate', 'baggage']);

const channels = {
  'undici:request:create': (message: unknown) => watch((message as { request: UndiciRequest }).request),
  'http.client.request.created': (message: unknown) => settle((message as { request: HttpRequest }).request),
};

/** Returns how to stop. */
export function keepHeadersSingle(): () => void {
  const stops = Object.entries(channels).map(([channel, check]) => {
    const onCreate = (message: unknown) => guard('checking request headers', () => check(message));
    subscribe(channel, onCreate);
    return () => unsubscribe(channel, onCreate);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

interface GrpcMetadata {
  toHttp2Headers?: () => Record<string, unknown>;
}

const isWrapped = Symbol.for('sightline.sdk.single-headers');

/** `@grpc/grpc-js` has no channel to subscribe to: its `Metadata` is asked for its headers when they are sent, after all interceptors. */
export function keepMetadataSingle(prototype: GrpcMetadata & { [isWrapped]?: true }): void {
  const { toHttp2Headers } = prototype;
  if (typeof toHttp2Headers !== 'function' || prototype[isWrapped] === true) return;
  prototype[isWrapped] = true;
  prototype.toHttp2Headers = function (this: GrpcMetadata): Record<string, unknown> {
    const headers = toHttp2Headers.call(this);
    guard('checking metadata of gRPC', () => {
      for (const [name, kept] of names)
        if (headers[name] !== undefined) headers[name] = [singleValue(name, headers[name], kept)];
    });
    return headers;
  };
}

function watch(request: UndiciRequest): void {
  for (const [name, kept] of names) removeDoubles(request, name, kept);
  const { addHeader } = request;
  if (typeof addHeader !== 'function') return;
  request.addHeader = function (this: UndiciRequest, name: string, value: string): unknown {
    const added = addHeader.call(this, name, value);
    const lower = name.toLowerCase();
    const kept = ownValue(keptOf, lower);
    if (kept !== undefined) removeDoubles(this, lower, kept);
    return added;
  };
}

function settle(request: HttpRequest): void {
  if (typeof request._header === 'string') {
    for (const [name, kept] of names) request._header = singleInText(request._header, name, kept);
    return;
  }
  for (const [name, kept] of names) {
    const value: unknown = request.getHeader(name);
    const single = singleValue(name, value, kept);
    if (single !== value) request.setHeader(name, String(single));
  }
}

function removeDoubles(request: UndiciRequest, name: string, kept: Kept): void {
  const { headers } = request;
  if (typeof headers === 'string') request.headers = singleInText(headers, name, kept);
  else singleInList(headers, name, kept);
}

function singleInText(text: string, name: string, kept: Kept): string {
  const lines = text.split('\r\n');
  const isNamed = (line: string) => line.slice(0, name.length + 1).toLowerCase() === `${name}:`;
  const at = kept === 'first' ? lines.findIndex(isNamed) : lines.findLastIndex(isNamed);
  if (at < 0) return text;
  const line = lines[at] ?? '';
  const value = line.slice(name.length + 1).trim();
  const single = singleValue(name, value, kept);
  if (single !== value) lines[at] = `${line.slice(0, name.length)}: ${String(single)}`;
  return lines.filter((each, index) => index === at || !isNamed(each)).join('\r\n');
}

function singleInList(headers: unknown[], name: string, kept: Kept): void {
  let found = 0;
  const isNamed = (at: number) => typeof headers[at] === 'string' && headers[at].toLowerCase() === name;
  for (let at = 0; at < headers.length; at += 2) if (isNamed(at)) found++;
  for (let at = headers.length - 2, seen = found; at >= 0; at -= 2) {
    if (!isNamed(at)) continue;
    const isKept = kept === 'last' ? seen === found : seen === 1;
    seen--;
    if (isKept) headers[at + 1] = singleValue(name, headers[at + 1], kept);
    else headers.splice(at, 2);
  }
}

/** One value of several, which came as a list or, joined by fetch, with a comma between them. */
function singleValue(name: string, value: unknown, kept: Kept): unknown {
  const at = kept === 'first' ? 0 : -1;
  if (Array.isArray(value)) return singleValue(name, value.at(at) ?? '', kept);
  if (typeof value !== 'string' || lists.has(name) || !value.includes(',')) return value;
  return value.split(',').at(at)?.trim();
}
