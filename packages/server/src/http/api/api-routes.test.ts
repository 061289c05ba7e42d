import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { errorBody, type LedgerResponse, type StatusResponse, tailEvents } from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import { publicReach } from '../../outbound/reach.ts';
import { hexId, logsRequest, tracesRequest } from '../../query/testing/otlp-json.ts';
import { TestStore } from '../../query/testing/test-store.ts';
import { apiRoutes } from './api-routes.ts';
import { z } from 'zod';
import { apiRouteTable } from './routes.ts';

let telemetry: TestStore;
let app: FastifyInstance;
let url: string;
/** Nobody may ask any more. */
let isRevoked = false;

const ledger: LedgerResponse = {
  rows: [],
  journal: { bytes: 0, bytesMax: 1, quarantineBytes: 0, segments: 0, oldestPendingMs: null },
  runs: { unsettledMs: null },
  canary: { state: 'off', lastOk: null, lastVisibleMs: null, error: null },
};

beforeAll(async () => {
  telemetry = await TestStore.open(new Date());
  const { nowNanos } = telemetry.clock;
  await telemetry.loadJson(
    'traces',
    tracesRequest('api', [
      {
        traceId: hexId(32, 1),
        spanId: hexId(16, 1),
        startNanos: nowNanos - 10_000_000_000n,
        attributes: { 'http.route': '/chat' },
      },
      {
        traceId: hexId(32, 1),
        spanId: hexId(16, 2),
        parentSpanId: hexId(16, 1),
        startNanos: nowNanos - 9_000_000_000n,
      },
      {
        traceId: hexId(32, 2),
        spanId: hexId(16, 3),
        startNanos: nowNanos - 5_000_000_000n,
        status: { code: 2 },
      },
    ]),
  );
  await telemetry.loadJson(
    'logs',
    logsRequest('api', [{ timeNanos: nowNanos - 1_000_000_000n, body: 'hello' }]),
  );
  app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler(async (error: Error, _request, reply) => {
    const failure =
      error instanceof SightlineError ? error : new SightlineError('internal', error.message, { hint: '' });
    return reply.code(failure.status).send(failure.toJSON());
  });
  await app.register(apiRoutes, {
    prefix: '/api/v1',
    store: telemetry.store,
    settle: telemetry.context.settle,
    clock: telemetry.clock,
    ledger: () => ledger,
    resendQuarantine: async () => {
      throw new Error('Nothing here is set aside.');
    },
    acceptDamage: async () => ({ parts: 0, rows: 0 }),
    // The settings have their own tests; nothing here reaches the control plane.
    catalog: {} as CatalogDatabase,
    slos: { changed: async () => {} },
    checks: { changed: async () => {}, reported: async () => undefined },
    reports: { sendNow: async () => undefined },
    experiments: { changed: () => {} },
    models: {
      catalog: {} as CatalogDatabase,
      readVariable: () => undefined,
      secret: undefined,
      reach: publicReach([]),
    },
    replays: {
      changed: () => {},
      giveWork: async () => ({ work: [], cancelled: [] }),
      takeResult: async () => false,
    },
    alerts: { status: () => ({ isEvaluator: true, lagS: 0, evaluated: 0, failed: 0 }) },
    evaluation: {
      status: () => ({ state: 'idle', waiting: 0, lastError: null }),
      judgeSurroundings: async () => {
        throw new Error('Nothing here judges.');
      },
    },
    demo: {
      read: async () => ({ state: 'none', part: 0, spans: 0, error: null }),
      load: async () => ({ state: 'loading', part: 0, spans: 0, error: null }),
      delete: async () => ({ state: 'deleting', part: 0, spans: 0, error: null }),
      makeDocuments: async () => ({ slos: 0, prompts: 0, datasets: 0, experiments: 0 }),
    },
    prices: { bookOf: () => createPriceBook(), overridesOf: () => [], changeOverrides: async () => {} },
    history: {
      start: () => {
        throw new Error('Nothing here is reworked.');
      },
      find: () => undefined,
    },
    whileLoadsWait: async (task) => task(),
    retention: {
      read: () => ({ days: { traces: 30, logs: 30, metrics: 30 }, capBytes: null }),
      change: async () => {},
    },
    channels: { reach: publicReach([]), clock: telemetry.clock, log: pino({ level: 'silent' }) },
    status: () => ({}) as StatusResponse,
    resolveProject: async (headers) =>
      headers.authorization === 'Bearer wrong' || isRevoked
        ? new SightlineError('unauthenticated', 'No.', { hint: 'Send a key.' })
        : { project: 'default' },
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await app.close();
  await telemetry.close();
});

async function get(
  path: string,
  init?: RequestInit,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${url}/api/v1${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    headers: response.headers,
  };
}

test('a trace is deleted once', async () => {
  const traceId = hexId(32, 77);
  const span = { traceId, spanId: hexId(16, 1), startNanos: telemetry.clock.nowNanos };
  await telemetry.loadJson('traces', tracesRequest('gone', [span]));
  const path = `/traces/${traceId}`;
  expect((await get(path, { method: 'DELETE' })).body).toEqual({ deleted: traceId, spanCount: 1 });
  expect((await get(path)).status).toBe(404);
  expect(await get(path, { method: 'DELETE' })).toMatchObject({
    status: 404,
    body: { error: { code: 'trace_not_found' } },
  });
});

describe('answers', () => {
  const trace = hexId(32, 1);
  test.each([
    ['/traces', '/traces'],
    ['/traces/:traceId', `/traces/${trace}`],
    ['/traces/:traceId', `/traces/${trace}?detail=slim`],
    ['/traces/:traceId/spans/:spanId', `/traces/${trace}/spans/${hexId(16, 2)}`],
    ['/spans', '/spans?q=http.route%3A%2Fchat'],
    ['/logs', '/logs?severity=INFO&order=asc'],
    ['/facets', '/facets?signal=spans&fields=service,status'],
    ['/fields', '/fields?signal=logs'],
    ['/histogram', '/histogram?signal=traces&buckets=10'],
    ['/services', '/services?from=-24h'],
    ['/metrics', '/metrics'],
    ['/timeline/:correlationId', `/timeline/${trace}`],
    ['/ledger', '/ledger'],
  ])('%s is as its schema says', async (path, address) => {
    const { status, body } = await get(address);
    expect(status).toBe(200);
    const schema = apiRouteTable.find((route) => route.path === path)?.response;
    expect(schema?.safeParse(body).error).toBeUndefined();
  });

  test.each([
    ['SELECT count() AS n FROM spans', { columns: [{ name: 'n' }], rows: [['3']] }],
    ['EXPLAIN SELECT count() AS n FROM spans', { columns: [{ name: 'explain' }] }],
  ])('SQL is posted: %s', async (query, expected) => {
    const { status, body } = await get('/sql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject(expected);
  });

  test('the context of a log record is found by its id', async () => {
    const { body } = await get('/logs?limit=1');
    const { logs } = body as { logs: { id: string }[] };
    expect(await get(`/logs/${logs[0]?.id ?? ''}/context?sameService=false`)).toMatchObject({
      status: 200,
      body: { index: 0 },
    });
  });

  test('pages follow each other', async () => {
    const first = (await get('/spans?limit=2')).body as { spans: unknown[]; nextCursor: string };
    const second = (await get(`/spans?limit=2&cursor=${first.nextCursor}`)).body as {
      spans: unknown[];
      nextCursor: string | null;
    };
    expect([first.spans.length, second.spans.length, second.nextCursor]).toEqual([2, 1, null]);
  });
});

describe('bad requests', () => {
  test.each([
    ['/traces?q=status:', 400, 'bad_filter'],
    ['/traces?from=-1h&to=-2h', 400, 'bad_time_range'],
    ['/traces?from=yesterday', 400, 'bad_time_range'],
    ['/traces?from=-9999d', 400, 'bad_time_range'],
    ['/traces?limit=100000', 400, 'bad_request'],
    ['/traces?limit=x', 400, 'bad_request'],
    ['/traces?limit=1&limit=2', 400, 'bad_request'],
    ['/traces?sevice=api', 400, 'bad_request'],
    ['/traces?cursor=abc', 400, 'bad_cursor'],
    ['/traces/zzz', 404, 'trace_not_found'],
    [`/traces/${hexId(32, 99)}`, 404, 'trace_not_found'],
    [`/traces/${hexId(32, 1)}/spans/1`, 404, 'span_not_found'],
    ['/logs/x/context', 404, 'log_not_found'],
    ['/metrics/query?name=nope', 404, 'metric_not_found'],
    ['/metrics/query', 400, 'bad_request'],
    ['/facets?signal=metrics&fields=a', 400, 'bad_request'],
    ['/tail?signal=spans&q=(', 400, 'bad_filter'],
    ['/tail', 400, 'bad_request'],
    ['/nothing', 404, 'not_found'],
    ['/traces/a/b/c', 404, 'not_found'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    const answer = await get(path);
    expect(errorBody.safeParse(answer.body).error).toBeUndefined();
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  test('the column of a bad filter is shown under a caret', async () => {
    const { body } = await get(`/spans?q=${encodeURIComponent('service:api AND duration>soon')}`);
    const { error } = body as { error: { message: string; hint: string } };
    expect(error.message).toContain('column 26');
    expect(error.hint.split('\n').slice(0, 2)).toEqual([
      'service:api AND duration>soon',
      `${' '.repeat(25)}^`,
    ]);
  });

  test('another method is refused', async () => {
    const answer = await get('/traces', { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect((await get('/sql')).status).toBe(405);
  });

  test('a body that is not JSON, or not what is asked for', async () => {
    const post = (body: string): ReturnType<typeof get> =>
      get('/sql', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await post('{')).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
    expect(await post('{"query":""}')).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request' } },
    });
    expect(await post('{"query":"DROP TABLE spans"}')).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_sql' } },
    });
  });

  test('without a right key nothing is answered', async () => {
    const answer = await get('/traces', { headers: { authorization: 'Bearer wrong' } });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
  });
});

describe('the OpenAPI document', () => {
  test('describes every route, and its references resolve', async () => {
    const { body } = await get('/openapi.json');
    const document = body as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method } of apiRouteTable) {
      expect(document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]).toHaveProperty(method.toLowerCase());
    }
    const types = (path: string, method: string): unknown => {
      const described = document.paths[path]?.[method] as
        | { responses: { 200: { content: object } } }
        | undefined;
      return Object.keys(described?.responses[200].content ?? {}).toSorted();
    };
    expect(types('/dashboards/ask', 'post')).toEqual(['application/x-ndjson']);
    expect(types('/report', 'get')).toEqual(['application/json', 'text/html', 'text/markdown']);
    expect(types('/playground/call', 'post')).toEqual(['text/event-stream']);
    expect(types('/export/runs', 'get')).toEqual(['application/jsonl', 'text/csv', 'text/markdown']);
    const text = JSON.stringify(document);
    for (const [, reference = ''] of text.matchAll(/"\$ref":"#\/([^"]*)"/g)) {
      const found = reference
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
      expect(found, reference).toBeDefined();
    }
  });
});

/** Sent on to whoever takes larger ones: a provider, a column of 64 bits, a place in a text. */
const largeNumbers = /^(capBytes|offset|seed|inputTokens|outputTokens)$/;

test('no whole number is taken that a column of the control plane cannot hold', () => {
  const unbounded: string[] = [];
  const walk = (schema: unknown, at: readonly string[]): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { type, maximum, minimum } = schema as { type?: string; maximum?: number; minimum?: number };
    const isTooLarge = (maximum ?? Infinity) > 2 ** 31 - 1 || (minimum ?? -Infinity) < -(2 ** 31);
    if (type === 'integer' && isTooLarge && !at.some((name) => largeNumbers.test(name)))
      unbounded.push(at.join('/'));
    for (const [name, inner] of Object.entries(schema)) walk(inner, [...at, name]);
  };
  for (const { method, path, params, query, body } of apiRouteTable)
    for (const schema of [params, query, body])
      if (schema !== undefined)
        walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), [method, path]);
  expect(unbounded).toEqual([]);
});

describe('the live tail', () => {
  test('shows what arrives, once, within half a second of being stored', async () => {
    const stream = new AbortController();
    const response = await fetch(`${url}/api/v1/tail?signal=spans&q=service:tailed`, {
      signal: stream.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = readEvents(response.body ?? new ReadableStream());
    expect(await events.next()).toMatchObject({ value: { event: 'ready' } });
    for (const number of [71, 72, 73]) {
      telemetry.clock.nowNanos += 1_000_000n;
      const span = {
        traceId: hexId(32, number),
        spanId: hexId(16, number),
        startNanos: telemetry.clock.nowNanos,
      };
      await telemetry.loadJson('traces', tracesRequest('tailed', [span]));
      const storedMs = performance.now();
      const { value } = await events.next();
      expect(performance.now() - storedMs).toBeLessThan(2000);
      expect(value?.event).toBe('span');
      expect(tailEvents.span.parse(value?.data).spanId).toBe(hexId(16, number));
    }
    stream.abort();
  });

  test('goes on where it was left, however long ago within the hour', async () => {
    const open = async (headers: Record<string, string> = {}) => {
      const stream = new AbortController();
      const { body } = await fetch(`${url}/api/v1/tail?signal=logs&q=service:left`, {
        signal: stream.signal,
        headers,
      });
      const events = readEvents(body ?? new ReadableStream());
      const ready = await events.next();
      return { stream, events, readyId: ready.value?.id ?? '' };
    };
    const say = async (body: string) => {
      telemetry.clock.nowNanos += 60_000_000_000n;
      await telemetry.loadJson('logs', logsRequest('left', [{ timeNanos: telemetry.clock.nowNanos, body }]));
    };
    const first = await open();
    first.stream.abort();
    await say('one');
    await say('two');
    // Before anything was shown the place is where the stream began.
    const second = await open({ 'last-event-id': first.readyId });
    expect(await second.events.next()).toMatchObject({ value: { id: '', data: { body: 'one' } } });
    const { value: two } = await second.events.next();
    expect(two).toMatchObject({ event: 'log', data: { body: 'two' } });
    second.stream.abort();
    await say('three');
    const third = await open({ 'last-event-id': two?.id ?? '' });
    expect(await third.events.next()).toMatchObject({ value: { data: { body: 'three' } } });
    third.stream.abort();
    const fourth = await open({ 'last-event-id': 'of another server' });
    await say('four');
    expect(await fourth.events.next()).toMatchObject({ value: { data: { body: 'four' } } });
    fourth.stream.abort();
  });

  test('ends when the key that opened it is revoked', async () => {
    // A look at the key every few seconds comes with the next look at the store.
    const clock = vi.spyOn(telemetry.clock, 'monotonicMs').mockImplementation(() => performance.now() * 100);
    try {
      const response = await fetch(`${url}/api/v1/tail?signal=logs&q=service:secret`);
      const events = readEvents(response.body ?? new ReadableStream());
      await events.next();
      isRevoked = true;
      expect(await events.next()).toMatchObject({
        value: { event: 'error', data: { error: { code: 'unauthenticated' } } },
      });
      expect((await events.next()).done).toBe(true);
    } finally {
      isRevoked = false;
      clock.mockRestore();
    }
  });

  test('says how much it skipped', async () => {
    const stream = new AbortController();
    const response = await fetch(`${url}/api/v1/tail?signal=logs`, { signal: stream.signal });
    const events = readEvents(response.body ?? new ReadableStream());
    await events.next();
    telemetry.clock.nowNanos += 1_000_000n;
    const { nowNanos } = telemetry.clock;
    const logs = Array.from({ length: 500 }, (_, index) => ({
      timeNanos: nowNanos + BigInt(index),
      body: `line ${index}`,
    }));
    await telemetry.loadJson('logs', logsRequest('flood', logs));
    expect(await events.next()).toMatchObject({ value: { event: 'skipped', data: { count: 300 } } });
    expect(await events.next()).toMatchObject({ value: { event: 'log' } });
    stream.abort();
  });
});

interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let buffered = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id = '', event = '', data = ''] = /^(?:id: (.*)\n)?event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== '') yield { id, event, data: JSON.parse(data) as unknown };
    }
  }
}
