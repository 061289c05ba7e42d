/** Requests that fit the API's description and are still odd, over the wire into a real server. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hexId, tracesRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

let server: LiveServer;

beforeAll(async () => {
  server = await LiveServer.start();
}, 60_000);
afterAll(async () => server.close());

test.each([
  ['GET', '/evaluators/%00', undefined],
  ['GET', '/annotation-queues/a%00b/items', undefined],
  ['DELETE', '/keys/%00', undefined],
  ['POST', '/keys', { name: 'a\0b' }],
  ['PUT', '/settings/prices', { overrides: [{ model: 'm\0', input: 1, output: 1 }] }],
  ['POST', '/annotation-queues', { name: 'in JSON', scoreNames: ['a\0b'] }],
])('%s %s with a character that the control plane cannot keep is told so', async (method, path, body) => {
  expect(await server.ask(path, method, body)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.stringContaining('U+0000') } },
  });
});

test.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:00'])(
  'an error is not ignored until %s, which no answer could say',
  async (ignoredUntil) => {
    expect(
      await server.ask('/errors/82ea167ffbc4ac2d/state', 'POST', { status: 'ignored', ignoredUntil }),
    ).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('a time before the year 2200') } },
    });
  },
);

test('asking for the head of a live tail is answered at once, and holds no place', async () => {
  for (let times = 0; times < 25; times += 1) {
    const answer = await fetch(`${server.ui}/api/v1/tail?signal=spans`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(10_000),
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
  }
});

test.each(['OPTIONS', 'PATCH', 'POST'])('%s is no method of a list, and told so', async (method) => {
  const answer = await fetch(`${server.ui}/api/v1/traces`, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await answer.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
});

test('a body that is named and not sent is none', async () => {
  const answer = await fetch(`${server.ui}/api/v1/keys/none`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(404);
});

test.each([
  ['POST', '/sql', { query: 'SELECT 1', maxrows: 5 }, 'maxrows'],
  ['POST', '/keys', { name: 'a', expiresAt: '2026-12-31' }, 'expiresAt'],
  ['PUT', '/settings/retention', { days: { traces: 1, logs: 1, metrics: 1, all: 1 }, capBytes: null }, 'all'],
])('%s %s refuses a field that it does not have', async (method, path, body, field) => {
  expect(await server.ask(path, method, body)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.stringContaining(`"${field}"`) as unknown } },
  });
});

test('a body is JSON by its content type', async () => {
  const answer = await fetch(`${server.ui}/api/v1/sql`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: '{"query":"SELECT 1"}',
  });
  expect(answer.status).toBe(415);
  expect(await answer.json()).toMatchObject({
    error: { code: 'unsupported_media_type', hint: 'Send application/json.' },
  });
});

test.each([
  ['/traces?limit=abc', '"limit": Invalid input: expected number, not "abc"'],
  ['/traces?limit=5000', '"limit": Too big: expected number to be <=1000, not "5000"'],
  ['/spans?limit=1&limit=2', '"limit": '],
  // The engine would add zeros: these were records without a span.
  ['/logs?spanId=0', '"spanId": expected 16 hex digits, not "0"'],
  ['/spans?traceId=zz', '"traceId": expected 32 hex digits, not "zz"'],
  ['/scores?traceId=4bf9', '"traceId": expected 32 hex digits, not "4bf9"'],
  ['/tail?signal=traces', 'expected one of "spans"|"logs", not "traces"'],
])('%s names the parameter, its value and what it takes', async (path, message) => {
  const { status, body } = await server.ask(path);
  expect([status, (body as { error: { message: string } }).error.message]).toEqual([
    400,
    expect.stringContaining(message),
  ]);
});

test('a value nested 20,000 levels deep where none may be is told so', async () => {
  const body = `{"name":"deep","query":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  for (const path of ['/sql', '/dashboards', '/evaluators', '/keys'])
    expect(await server.ask(path, 'POST', body), path).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request' } },
    });
});

test.each([100, 2_000, 300_000])(
  'a line of a log with a value nested %d levels deep is refused, and others are taken',
  async (depth) => {
    const deep = `{"message":"deep","value":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const { status, body } = await server.ask('/logs', 'POST', `${deep}\n{"message":"plain"}`);
    expect([status, body]).toEqual([
      200,
      {
        accepted: 1,
        rejected: 1,
        message: 'Line 1: its values are nested more than 100 levels deep.',
      },
    ]);
  },
);

test('a body of 100,000 lines that are none is counted while others are answered', async () => {
  let isAnswered = false;
  const answer = server
    .ask('/logs', 'POST', `${'{x}\n'.repeat(100_000)}{"message":"one"}`)
    .finally(() => (isAnswered = true));
  let others = 0;
  while (!isAnswered) {
    expect((await fetch(`${server.ui}/health`)).status).toBe(200);
    others += 1;
  }
  expect(await answer).toMatchObject({ status: 200, body: { accepted: 1, rejected: 100_000 } });
  // A server that reads all lines in one turn answers two or three.
  expect(others).toBeGreaterThan(20);
});

test('an address with a part that is too long is told so, without the part', async () => {
  expect(await server.ask(`/timeline/${'a'.repeat(501)}`)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: 'A part of the address is too long.' } },
  });
});

test('a filter may have 4,096 characters of any script', async () => {
  const answer = await server.ask(`/traces?q=${encodeURIComponent('検'.repeat(4096))}`);
  expect(answer).toMatchObject({ status: 200, body: { traces: [] } });
});

test('a range of which only the end is given has the usual length', async () => {
  const hour = 3_600_000_000_000n;
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = [1n, 3n, 5n].map((hours) => ({
    traceId: hexId(32, Number(hours)),
    spanId: hexId(16, 1),
    startNanos: now - hours * hour,
  }));
  await server.send('traces', tracesRequest('shop', spans));
  await server.stored();
  const found = async (range: string) => {
    const { traces } = await server.read<{ traces: { traceId: string }[] }>(`/traces?${range}`);
    return traces.map(({ traceId }) => Number(traceId));
  };
  expect(await found('to=-150m')).toEqual([3]);
  expect(await found(`to=${new Date(Number((now - (9n * hour) / 2n) / 1_000_000n)).toISOString()}`)).toEqual([
    5,
  ]);
  expect(await found('from=to-3h&to=-150m')).toEqual([3, 5]);
  expect(await server.ask('/traces?from=to%2B1h&to=-150m')).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_time_range' } },
  });

  const needed: Readonly<Record<string, string>> = {
    '/facets': 'signal=spans&fields=service',
    '/fields': 'signal=spans',
    '/histogram': 'signal=spans',
    '/metrics/query': 'name=none',
    '/outlook': 'value=count',
    '/prompts/usage': 'name=none',
  };
  const { paths } = await server.read<{
    paths: Record<string, { get?: { parameters?: { name: string }[] } }>;
  }>('/openapi.json');
  const ranged = Object.entries(paths).filter(([, { get }]) =>
    ['from', 'to'].every((wanted) => get?.parameters?.some(({ name }) => name === wanted)),
  );
  expect(ranged.length).toBeGreaterThan(20);
  const refused: string[] = [];
  for (const [path] of ranged) {
    const address = path.replace(/\{\w+\}/, path.startsWith('/errors/') ? 'a'.repeat(16) : 'x');
    const answer = await fetch(`${server.ui}/api/v1${address}?to=-100d&${needed[path] ?? ''}`);
    const text = await answer.text();
    if (![200, 404].includes(answer.status)) refused.push(`${path} ${text}`);
  }
  expect(refused).toEqual([]);
});

test('a sender that reads only when all is sent gets the answer that refuses its body', async () => {
  const { hostname, port } = new URL(server.ui);
  const bodyBytes = 20_000_000;
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname).pause();
    let said = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (said.includes('payload_too_large')) socket.end();
    });
    socket.on('close', () => resolve(said));
    socket.write(
      `POST /api/v1/sourcemaps HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${bodyBytes}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(bodyBytes, 'a'), () => socket.resume());
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
}, 60_000);
