/** Sentry's own SDK, with this server in its DSN: errors, transactions and breadcrumbs, through real sockets. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { ErrorResponse, ErrorsResponse, LogsResponse, TraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { StrictSentry } from '../forwarding/strict-sentry.testing.ts';
import { LiveServer } from '../testing/live-server.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start(['--channel-network', '127.0.0.0/8']);
}, 90_000);
afterAll(async () => server.close());

const program = `
  import * as Sentry from '@sentry/node';
  Sentry.init({ dsn: process.env.DSN, release: 'shop@1.4.0', environment: 'production', tracesSampleRate: 1 });
  Sentry.setUser({ id: 'ann' });
  Sentry.addBreadcrumb({ category: 'cart', message: 'opened the cart' });
  function addItem(item) { throw new RangeError('no item ' + item); }
  Sentry.startSpan({ name: 'POST /cart', op: 'http.server' }, (span) => {
    console.log(span.spanContext().traceId);
    Sentry.startSpan({ name: 'look for the item', op: 'db' }, () => undefined);
    try { addItem(4711); } catch (error) { Sentry.captureException(error); }
  });
  await Sentry.flush(20000);
`;

const dsnOf = (url: string): string => `${url.replace('://', '://public@')}/1`;

async function soon<T>(path: string, isThere: (answer: T) => boolean): Promise<T> {
  const until = Date.now() + 90_000;
  for (;;) {
    const { status, body } = await server.ask(path);
    if (status === 200 && isThere(body as T)) return body as T;
    if (Date.now() > until) throw new Error(`${path} answers ${status} ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

test('the SDK for Node: its error is a group, in the trace that it was thrown in', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    env: { ...process.env, DSN: dsnOf(server.ui) },
    timeout: 40_000,
  });
  const traceId = stdout.trim().split('\n').at(-1) ?? '';
  const { errors } = await soon<ErrorsResponse>('/errors', (answer) => answer.errors.length > 0);
  expect(errors).toMatchObject([
    {
      type: 'RangeError',
      title: 'no item <number>',
      services: ['shop'],
      versions: ['1.4.0'],
      count: 1,
      users: 1,
    },
  ]);
  const found = await server.read<ErrorResponse>(`/errors/${errors[0]?.id ?? ''}`);
  expect(found.occurrences).toMatchObject([{ traceId, userId: 'ann', environment: 'production' }]);
  expect(found.stack?.exceptions[0]?.frames[0]?.function).toBe('addItem');
  const { spans } = await soon<TraceResponse>(`/traces/${traceId}`, (answer) => answer.spans.length >= 2);
  expect(spans.map(({ name }) => name)).toEqual(['POST /cart', 'look for the item']);
  const { logs } = await server.read<LogsResponse>(`/logs?traceId=${traceId}`);
  expect(JSON.stringify(logs[0]?.attributes['sentry.breadcrumbs'])).toContain('opened the cart');
});

/** What `sentry-sdk` for Python sent, as if it were sent now: see conformance/sentry. Times keep their length, which the envelope says. */
function recordedByPython(): readonly Buffer[] {
  const folder = join(import.meta.dirname, '../../../../conformance/sentry/python');
  const now = new Date();
  return readdirSync(folder)
    .toSorted()
    .map((name) =>
      Buffer.from(
        readFileSync(join(folder, name), 'latin1')
          .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=\.\d)/g, now.toISOString().slice(0, 19))
          .replace(/(?<="timestamp":)\d{10}(?=\.\d)/g, String(Math.floor(now.getTime() / 1000))),
        'latin1',
      ),
    );
}

test('the SDK for Python: causes, messages, the logging integration, a transaction and logs', async () => {
  for (const body of recordedByPython()) {
    const { status } = await fetch(`${server.ui}/api/1/envelope/`, {
      method: 'POST',
      body: gzipSync(body),
      headers: {
        'content-encoding': 'gzip',
        'x-sentry-auth': 'Sentry sentry_key=public, sentry_version=7',
      },
    });
    expect(status).toBe(200);
  }
  const { errors } = await soon<ErrorsResponse>('/errors?service=billing', (answer) => answer.total === 5);
  const byMessage = new Map(errors.map((error) => [error.message, error]));
  expect(byMessage.get('order 4711 cannot be billed')).toMatchObject({
    type: 'BillingError',
    culprit: 'program:charge',
    versions: ['2.1.0'],
    users: 1,
  });
  expect(byMessage.get('queue invoices is full')).toMatchObject({
    type: '',
    title: 'queue invoices is full',
  });
  const group = byMessage.get('checks failed');
  const found = await server.read<ErrorResponse>(`/errors/${group?.id ?? ''}`);
  expect(found.stack?.exceptions.map(({ type }) => type)).toEqual([
    'ExceptionGroup',
    'ValueError',
    'ValueError',
    'BillingError',
  ]);
  const traceId = found.occurrences[0]?.traceId ?? '';
  const { spans } = await soon<TraceResponse>(`/traces/${traceId}`, (answer) => answer.spans.length >= 2);
  expect(spans.map(({ name }) => name)).toEqual(['nightly billing', 'SELECT orders']);
  const { logs } = await soon<LogsResponse>(`/logs?traceId=${traceId}`, (answer) => answer.logs.length >= 7);
  const root = spans[0]?.spanId;
  expect(logs.filter(({ spanId }) => spanId === root).length).toBeGreaterThanOrEqual(7);
  const crumbs = logs.map(({ attributes }) => JSON.stringify(attributes['sentry.breadcrumbs'] ?? ''));
  expect(crumbs.some((each) => each.includes('a job of ann began'))).toBe(true);
});

test('bodies come packed and plain, through both doors; what is none is refused with a code', async () => {
  const event = (message: string) => ({
    event_id: 'a'.repeat(32),
    platform: 'python',
    exception: { values: [{ type: 'KeyError', value: message }] },
    tags: { service: 'doors' },
  });
  const envelope = (message: string) =>
    Buffer.from(`{}\n{"type":"event"}\n${JSON.stringify(event(message))}\n`);
  const post = async (path: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
    fetch(`${server.ui}/api/1/${path}`, { method: 'POST', body, headers });
  const sent = await Promise.all([
    post('envelope/', envelope('plain')),
    post('envelope/?sentry_key=public', gzipSync(envelope('gzip')), { 'content-encoding': 'gzip' }),
    post('envelope', brotliCompressSync(envelope('br')), { 'content-encoding': 'br' }),
    post('store/', JSON.stringify(event('store')), {
      'x-sentry-auth': 'Sentry sentry_key=public, sentry_version=7',
    }),
  ]);
  expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await sent[3]?.json()).toEqual({ id: 'a'.repeat(32) });
  const bad = await Promise.all([
    post('envelope/', 'no envelope'),
    post('store/', '[]'),
    post('envelope/', Buffer.alloc(64), { 'content-encoding': 'gzip' }),
    post('envelope/', gzipSync(Buffer.alloc(40 << 20, '{')), { 'content-encoding': 'gzip' }),
  ]);
  expect(bad.map(({ status }) => status)).toEqual([400, 400, 400, 413]);
  await soon<ErrorsResponse>('/errors?service=doors', (answer) => answer.total === 4);
});

test('to which Sentry errors are sent on is kept and tried, and nobody sees its key', async () => {
  const sentry = await StrictSentry.start();
  try {
    const put = async (body: object) => server.ask('/errors/forwarding', 'PUT', body);
    expect((await server.ask('/errors/forwarding')).body).toMatchObject({ dsn: null, isActive: false });
    expect((await put({ dsn: 'https://sentry.example/7' })).status).toBe(400);
    expect((await put({ dsn: 'http://key@169.254.169.254/7' })).status).toBe(400);
    const { body: kept } = await put({ dsn: sentry.dsn });
    const { dsn: masked } = kept as { readonly dsn: string };
    expect(masked).not.toContain('publickey');
    // As it is shown, it keeps its key.
    expect((await put({ dsn: masked })).body).toMatchObject({ dsn: masked, isActive: true });
    expect((await server.ask('/errors/forwarding/test', 'POST', {})).body).toMatchObject({ ok: true });
    expect(sentry.events.map(({ exception }) => exception.values[0]?.value)).toEqual([
      'Sightline sends errors here.',
    ]);
    expect((await server.ask('/errors/forwarding', 'DELETE')).body).toEqual({ deleted: true });
    expect((await server.ask('/errors/forwarding/test', 'POST', {})).status).toBe(404);
  } finally {
    sentry.close();
  }
});
