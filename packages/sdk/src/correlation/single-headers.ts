/**
 * Keeps each header that carries the trace or the correlation id single on requests of fetch and undici. Their instrumentations, ours
 * and any other, append: a caller who has set the headers too would send `a, a`. The trace headers describe one span, so the last
 * word counts; the correlation id and the baggage stay as the caller has set them. Subscribed before our own instrumentation;
 * what instrumentations subscribed before us have doubled by then is put right here.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { guard } from '../core/diagnostics.ts';

/** undici 5 keeps the headers as one text, later versions as names and values in turn. */
interface UndiciRequest {
  headers: string | unknown[];
  addHeader?: (name: string, value: string) => unknown;
}

const channel = 'undici:request:create';
const lastCounts = ['traceparent', 'tracestate', 'x-trace-id'];
const firstCounts = ['x-correlation-id', 'baggage'];

/** Returns how to stop. */
export function keepHeadersSingle(): () => void {
  const onCreate = (message: unknown) =>
    guard('checking request headers', () => watch((message as { request: UndiciRequest }).request));
  subscribe(channel, onCreate);
  return () => unsubscribe(channel, onCreate);
}

function watch(request: UndiciRequest): void {
  for (const name of lastCounts) removeAllBut('last', request, name);
  for (const name of firstCounts) removeAllBut('first', request, name);
  const { addHeader } = request;
  if (typeof addHeader !== 'function') return;
  request.addHeader = function (this: UndiciRequest, name: string, value: string): unknown {
    const added = addHeader.call(this, name, value);
    const lower = name.toLowerCase();
    if (lastCounts.includes(lower)) removeAllBut('last', this, lower);
    else if (firstCounts.includes(lower)) removeAllBut('first', this, lower);
    return added;
  };
}

function removeAllBut(kept: 'first' | 'last', request: UndiciRequest, name: string): void {
  const { headers } = request;
  if (typeof headers === 'string') {
    const lines = headers.split('\r\n');
    const isNamed = (line: string) => line.slice(0, name.length + 1).toLowerCase() === `${name}:`;
    const at = kept === 'first' ? lines.findIndex(isNamed) : lines.findLastIndex(isNamed);
    request.headers = lines.filter((line, index) => index === at || !isNamed(line)).join('\r\n');
    return;
  }
  let found = 0;
  const isNamed = (at: number) => typeof headers[at] === 'string' && headers[at].toLowerCase() === name;
  for (let at = 0; at < headers.length; at += 2) if (isNamed(at)) found++;
  for (let at = headers.length - 2, seen = found; found > 1 && at >= 0; at -= 2) {
    if (!isNamed(at)) continue;
    const isKept = kept === 'last' ? seen === found : seen === 1;
    seen--;
    if (!isKept) headers.splice(at, 2);
  }
}
