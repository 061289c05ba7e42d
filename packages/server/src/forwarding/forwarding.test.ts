/** Errors in the real store, sent on over real sockets to a receiver that is as strict as Sentry's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { findErrorForward, keepErrorForward } from '../catalog/error-forwards.ts';
import { publicReach } from '../outbound/reach.ts';
import { hexId, logsRequest, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { ForwardKeeper } from './forward-keeper.ts';
import { limitedMs } from './rate-limits.ts';
import { readDsn } from './sentry-dsn.ts';
import { StrictSentry } from './strict-sentry.testing.ts';

let store: TestStore;
let catalog: Catalog;
let directory: string;
let sentry: StrictSentry;
let keeper: ForwardKeeper;

const project = 'default';
const warnings: unknown[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-forwarding-'));
  store = await TestStore.open(new Date());
  catalog = await openCatalog({ directory: join(directory, 'catalog') });
  sentry = await StrictSentry.start();
  keeper = new ForwardKeeper({
    catalog,
    store: store.store,
    clock: store.context.clock,
    log: { warn: (said: unknown) => void warnings.push(said) },
    owner: 'test',
    reach: publicReach(['127.0.0.0/8']),
    linkTo: (path) => `http://sightline.test${path}`,
    // The clock of the test stands still, and loads date rows by the engine's.
    settleMs: -3_600_000,
  });
}, 60_000);
afterAll(async () => {
  await keeper.stop();
  sentry.close();
  await store.close();
  await catalog.close();
  await rm(directory, { recursive: true, force: true });
});

const nanos = (): bigint => BigInt(Date.now()) * 1_000_000n;
const stack = `RangeError: no item 7
    at Cart.add (/srv/shop/cart.js:3:7)
    at Layer.handle (/srv/shop/node_modules/express/layer.js:9:3)
    at main (/srv/shop/main.js:1:1)
[cause]: TypeError: x is null
    at read (/srv/shop/read.js:2:2)`;

/** A failed request whose exception is in the span that threw, in the one above it and in a log record. */
function failedRequest(number: number) {
  const time = nanos();
  const attributes = {
    'exception.type': 'RangeError',
    'exception.message': `no item ${number}`,
    'exception.stacktrace': stack,
  };
  const events = [{ name: 'exception', timeNanos: time, attributes }];
  const status = { code: 2, message: 'failed' } as const;
  const ids = { traceId: hexId(32, number), startNanos: time, status, events };
  return {
    traces: tracesRequest(
      'shop',
      [
        { ...ids, spanId: hexId(16, number * 2), name: 'POST /cart', attributes: { 'user.id': 'ann' } },
        {
          ...ids,
          spanId: hexId(16, number * 2 + 1),
          parentSpanId: hexId(16, number * 2),
          name: 'add item',
        },
      ],
      { 'service.version': '1.4.0', 'deployment.environment.name': 'production' },
    ),
    logs: logsRequest('shop', [
      {
        timeNanos: time,
        body: 'request failed',
        severityNumber: 17,
        traceId: hexId(32, number),
        spanId: hexId(16, number * 2 + 1),
        attributes,
      },
    ]),
  };
}

async function load(...numbers: readonly number[]): Promise<void> {
  const made = numbers.map(failedRequest);
  await store.loadTogether(
    'traces',
    made.map(({ traces }) => traces),
  );
  await store.loadTogether(
    'logs',
    made.map(({ logs }) => logs),
  );
}
const retryNow = async (): Promise<unknown> =>
  catalog.query("UPDATE error_forwards SET retry_at = now() - interval '1 second'");
const messages = (): readonly string[] =>
  sentry.events.map(({ exception }) => exception.values.at(-1)?.value ?? '');

test('an error is sent once, with its cause, its frames and where it happened', async () => {
  await load(1);
  await keepErrorForward(catalog, { project, dsn: sentry.dsn, isActive: true }, 0);
  await keeper.lookOnce();
  await keeper.lookOnce();
  expect(sentry.requests).toBe(1);
  const [event] = sentry.events;
  expect(event).toMatchObject({
    platform: 'node',
    release: 'shop@1.4.0',
    environment: 'production',
    tags: { service: 'shop' },
    contexts: { trace: { trace_id: hexId(32, 1), span_id: hexId(16, 3) } },
  });
  expect(event?.fingerprint[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(event?.exception.values.map(({ type, value }) => [type, value])).toEqual([
    ['TypeError', 'x is null'],
    ['RangeError', 'no item 1'],
  ]);
  expect(event?.exception.values[1]?.stacktrace?.frames.map((each) => [each.function, each.in_app])).toEqual([
    ['main', true],
    ['handle', false],
    ['add', true],
  ]);
  expect(await findErrorForward(catalog, project)).toMatchObject({
    sent: 1,
    refused: 0,
    skipped: 0,
    failure: null,
  });
});

test('a receiver that is away or limits what it takes gets each error once, when it wants it', async () => {
  await load(2, 3, 4);
  sentry.refusals.push({ status: 503 });
  await keeper.lookOnce();
  expect(await findErrorForward(catalog, project)).toMatchObject({
    sent: 1,
    failure: 'The receiver answers with 503.',
    attempts: 1,
  });
  // Not due yet.
  const before = sentry.requests;
  await keeper.lookOnce();
  expect(sentry.requests).toBe(before);
  await retryNow();
  sentry.refusals.push({ status: 429, headers: { 'x-sentry-rate-limits': '120:error:organization' } });
  await keeper.lookOnce();
  const limited = await findErrorForward(catalog, project);
  expect(limited).toMatchObject({ sent: 1, failure: 'The receiver limits how many errors it takes (429).' });
  expect((limited?.retryAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(60_000);
  await retryNow();
  // Taken, but the next have to wait.
  sentry.headers = { 'x-sentry-rate-limits': '90:default;error:key' };
  await keeper.lookOnce();
  expect(await findErrorForward(catalog, project)).toMatchObject({ sent: 2 });
  await retryNow();
  await keeper.lookOnce();
  expect(messages().toSorted()).toEqual(['no item 1', 'no item 2', 'no item 3', 'no item 4']);
  expect(await findErrorForward(catalog, project)).toMatchObject({ sent: 4, failure: null, attempts: 0 });
  expect(JSON.stringify(warnings)).not.toContain('publickey');
});

test('what the receiver refuses is counted, and the next goes on', async () => {
  await load(5, 6);
  sentry.refusals.push({ status: 400 });
  await keeper.lookOnce();
  expect(await findErrorForward(catalog, project)).toMatchObject({
    sent: 5,
    refused: 1,
    failure: 'The receiver refused an error with 400.',
  });
});

test('what another Sightline sent on is not sent on again, nor anything while it is paused', async () => {
  const before = sentry.requests;
  await store.loadTogether('logs', [
    logsRequest('shop', [
      {
        timeNanos: nanos(),
        body: 'came from another',
        eventName: 'sightline.forward',
        severityNumber: 17,
        attributes: { 'exception.type': 'RangeError', 'exception.message': 'came from another' },
      },
    ]),
  ]);
  await keeper.lookOnce();
  await keepErrorForward(catalog, { project, dsn: sentry.dsn, isActive: false }, 0);
  await load(7);
  await keeper.lookOnce();
  expect(sentry.requests).toBe(before);
});

test('an address that the server may not reach is never connected to', async () => {
  const closed = new ForwardKeeper({
    catalog,
    store: store.store,
    clock: store.context.clock,
    log: { warn: () => undefined },
    owner: 'test',
    reach: publicReach([]),
    linkTo: (path) => path,
    settleMs: -3_600_000,
  });
  const before = sentry.requests;
  await keepErrorForward(catalog, { project, dsn: sentry.dsn, isActive: true }, 0);
  await closed.lookOnce();
  expect(sentry.requests).toBe(before);
  expect((await findErrorForward(catalog, project))?.failure).toContain('not on the public internet');
});

test('limits are read as Sentry writes them', () => {
  const of = (rateLimits: string | undefined, more: { status?: number; retryAfter?: string } = {}) =>
    limitedMs({ status: more.status ?? 200, rateLimits, retryAfter: more.retryAfter, nowMs: 0 });
  expect(of('60:transaction:key, 30:error;default:organization')).toBe(30_000);
  expect(of('2700::organization')).toBe(2_700_000);
  expect(of('60:transaction:key', { status: 429 })).toBe(0);
  expect(of('99999999::key')).toBe(3_600_000);
  expect(of(undefined, { status: 429, retryAfter: '7' })).toBe(7_000);
  expect(of(undefined, { status: 429, retryAfter: new Date(9_000).toUTCString() })).toBe(9_000);
  expect(of(undefined, { status: 429 })).toBe(60_000);
  expect(of('x:y, , -5::', {})).toBe(0);
});

test('a DSN is read whole or not at all', () => {
  expect(readDsn('https://abc@o1.ingest.sentry.io/42')?.envelopeUrl).toBe(
    'https://o1.ingest.sentry.io/api/42/envelope/',
  );
  expect(readDsn('https://abc:def@sentry.example/path/7')).toEqual({
    envelopeUrl: 'https://sentry.example/path/api/7/envelope/',
    authorization:
      'Sentry sentry_version=7, sentry_client=sightline.forward/1, sentry_key=abc, sentry_secret=def',
  });
  for (const bad of [
    '',
    'x',
    'https://sentry.example/7',
    'ftp://a@b/7',
    'https://a@b/',
    'https://a@b/c',
    'https://a%0d@b/7',
    'https://a@b/7?x=1',
  ])
    expect(readDsn(bad), bad).toBeUndefined();
});
