import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { systemClock, unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { createRequestGuard } from '../guard/request-guard.ts';
import { startOtlpHttp } from './http-server.ts';
import { fillJournal, loopbackGuard, openDoors, type Doors } from './testing/doors.ts';
import { outage } from './testing/fake-store.ts';
import { drained, until } from './testing/harness.ts';
import { badSpanJson, logsJson, metricsJson, protobufOf, spansJson } from './testing/payloads.ts';

let doors: Doors;
afterEach(async () => doors.close());

interface Post {
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream;
  readonly type?: string;
  readonly encoding?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

async function post({
  body,
  type = 'application/x-protobuf',
  encoding,
  path = '/v1/traces',
  headers,
}: Post): Promise<Response> {
  return fetch(doors.httpUrl + path, {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      ...headers,
    },
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  });
}

const bytes = (data: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(data);
const protobuf = (count = 1): Uint8Array<ArrayBuffer> => bytes(protobufOf('traces', spansJson(count)));

test.each([
  ['protobuf', 'application/x-protobuf', (json: string) => bytes(protobufOf('traces', json))],
  ['JSON', 'application/json', (json: string) => bytes(Buffer.from(json))],
  ['JSON with a charset', 'Application/JSON; charset=utf-8', (json: string) => bytes(Buffer.from(json))],
])('%s is stored with each encoding, and answered in its own content type', async (_name, type, encode) => {
  doors = await openDoors();
  const plain = encode(spansJson(2));
  for (const [encoding, body] of [
    [undefined, plain],
    ['identity', plain],
    ['gzip', bytes(gzipSync(plain))],
    ['GZIP', bytes(Buffer.concat([gzipSync(plain.subarray(0, 50)), gzipSync(plain.subarray(50))]))],
    ['deflate', bytes(deflateSync(plain))],
    ['zstd', bytes(zstdCompressSync(plain))],
    ['X-GZip', bytes(gzipSync(plain))],
  ] as const) {
    const response = await post({ body, type, ...(encoding === undefined ? {} : { encoding }) });
    expect(response.status, `${encoding}: ${await response.clone().text()}`).toBe(200);
    expect(response.headers.get('content-type')).toBe(type.split(';')[0]?.toLowerCase());
    const answer = Buffer.from(await response.arrayBuffer()).toString();
    expect(answer).toBe(type.toLowerCase().includes('json') ? '{}' : '');
  }
  await drained(doors.ingest);
  expect(doors.store.items()).toBe(14);
});

test.each([
  ['proto', 'gzip'],
  ['proto', 'zlib'],
  ['proto', 'zstd'],
  ['proto', 'snappy'],
  ['proto', 'x-snappy-framed'],
  ['proto', 'lz4'],
  ['json', 'x-snappy-framed'],
] as const)('What the Collector sends as %s with %s is stored', async (kind, encoding) => {
  const real = systemClock();
  // When the requests were recorded.
  const now = unixNano(1_795_332_880_000_000_000n);
  doors = await openDoors({ clock: { now: () => now, monotonicMs: () => real.monotonicMs() } });
  const file = new URL(`../../../../conformance/compressed/traces-${kind}.${encoding}`, import.meta.url);
  const type = kind === 'json' ? 'application/json' : 'application/x-protobuf';
  const response = await post({ body: bytes(readFileSync(file)), type, encoding });
  expect(response.status, await response.text()).toBe(200);
  await drained(doors.ingest);
  expect(doors.store.items()).toBe(40);
});

test('Logs and metrics have their own paths', async () => {
  doors = await openDoors();
  const json = 'application/json';
  expect((await post({ path: '/v1/logs', type: json, body: logsJson(3) })).status).toBe(200);
  expect((await post({ path: '/v1/metrics', type: json, body: metricsJson(4) })).status).toBe(200);
  await drained(doors.ingest);
  expect([doors.store.items('logs'), doors.store.items('metrics')]).toEqual([3, 4]);
});

test('An empty request is a success', async () => {
  doors = await openDoors();
  expect((await post({ body: '' })).status).toBe(200);
  expect((await post({ body: '{}', type: 'application/json' })).status).toBe(200);
  const bare = await fetch(`${doors.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
  });
  expect(bare.status).toBe(200);
});

test('A bad span is named in partial_success, and the good ones are kept', async () => {
  doors = await openDoors();
  const good = JSON.parse(spansJson(2)) as { resourceSpans: unknown[] };
  const bad = JSON.parse(badSpanJson) as { resourceSpans: unknown[] };
  const body = JSON.stringify({ resourceSpans: [...good.resourceSpans, ...bad.resourceSpans] });
  const response = await post({ body, type: 'application/json' });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    partialSuccess: {
      rejectedSpans: '1',
      errorMessage: expect.stringContaining('invalid_trace_id') as unknown,
    },
  });
  await drained(doors.ingest);
  expect(doors.store.items()).toBe(2);
});

test('Unreadable bytes get 400 with a Status in the encoding of the request', async () => {
  doors = await openDoors();
  const asJson = await post({ body: '{"resourceSpans": [', type: 'application/json' });
  expect(asJson.status).toBe(400);
  expect(await asJson.json()).toMatchObject({
    code: 3,
    message: expect.stringContaining('cannot be decoded') as unknown,
  });
  const asProtobuf = await post({ body: bytes(Buffer.from('not protobuf')) });
  expect(asProtobuf.status).toBe(400);
  expect(asProtobuf.headers.get('content-type')).toBe('application/x-protobuf');
  expect(
    Buffer.from(await asProtobuf.arrayBuffer())
      .subarray(0, 2)
      .toString('hex'),
  ).toBe('0803');
  const notGzip = await post({ body: protobuf(), encoding: 'gzip' });
  expect(notGzip.status).toBe(400);
  const cutGzip = await post({ body: bytes(gzipSync(protobuf()).subarray(0, 40)), encoding: 'gzip' });
  expect(cutGzip.status).toBe(400);
});

test('Too many bytes get 413, before and after decompression, with or without a content length', async () => {
  doors = await openDoors({ limits: { requestBytesMax: 10_000 } });
  expect((await post({ body: bytes(Buffer.alloc(10_001)) })).status).toBe(413);
  expect((await post({ body: new Blob([bytes(Buffer.alloc(20_000))]).stream() })).status).toBe(413);
  const zeros = Buffer.alloc(5_000_000);
  for (const [encoding, body] of [
    ['gzip', bytes(gzipSync(zeros))],
    ['zstd', bytes(zstdCompressSync(zeros))],
  ] as const) {
    const bomb = await post({ body, encoding });
    expect(bomb.status).toBe(413);
    expect(bomb.headers.get('retry-after')).toBeNull();
  }
  await until('the memory to be given back', () => doors.ingest.memory.bytes === 0);
  expect((await post({ body: protobuf() })).status).toBe(200);
});

test.each([
  ['with', 'content-length: 83886080'],
  ['without', 'transfer-encoding: chunked'],
])('A sender of 80 MB %s a content length can send it all and reads its 413', async (_, header) => {
  doors = await openDoors({ limits: { requestBytesMax: 1 << 20 } });
  const socket = connect(doors.httpPort, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n${header}\r\n\r\n`,
  );
  const piece = Buffer.alloc(1 << 20);
  const isChunked = header.includes('chunked');
  for (let sent = 0; sent < 80; sent += 1) {
    if (isChunked) socket.write('100000\r\n');
    if (!socket.write(piece)) await once(socket, 'drain');
    if (isChunked) socket.write('\r\n');
  }
  await until('the answer', () => answer.includes('\r\n\r\n'));
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  socket.destroy();
});

test('Other content types and encodings get 415, other methods 405 with Allow, other paths 404', async () => {
  doors = await openDoors();
  expect((await post({ body: protobuf(), type: 'text/plain' })).status).toBe(415);
  expect((await post({ body: protobuf(), type: '' })).status).toBe(415);
  const brotli = await post({ body: '{}', type: 'application/json', encoding: 'br' });
  expect(brotli.status).toBe(415);
  expect(await brotli.json()).toMatchObject({
    message: expect.stringMatching(/"br" is not supported.*gzip, deflate, zstd, snappy, lz4/) as unknown,
  });
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'QUERY']) {
    const response = await fetch(`${doors.httpUrl}/v1/traces`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
  }
  const nowhere = await post({ body: protobuf(), path: '/v1/nothing' });
  expect(nowhere.status).toBe(404);
  expect(await nowhere.json()).toMatchObject({ error: { code: 'not_found' } });
  for (const body of ['{', JSON.stringify('x'.repeat(2 << 20))]) {
    const unread = await post({ body, path: '/', type: 'application/json' });
    expect(unread.status).toBe(404);
    expect(await unread.json()).toMatchObject({ error: { code: 'not_found' } });
  }
});

test('A content type that is none gets 415 with a Status as well', async () => {
  doors = await openDoors();
  const response = await post({ body: protobuf(), type: 'application/json, application/json' });
  expect(response.status).toBe(415);
  expect(await response.json()).toEqual({ code: 3, message: expect.stringContaining('is not supported') });
});

test.each([
  ['an address that cannot be decoded', 'POST /v1/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['bytes that are not HTTP', '\u0016\u0003\u0001\r\n\r\n', 400],
  ['a negative length', 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n', 400],
  ['headers without end', `POST /v1/traces HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a method that answers nothing here', 'TRACE /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
])('%s gets an answer with a message', async (_name, sent, status) => {
  doors = await openDoors();
  const socket = connect(Number(new URL(doors.httpUrl).port), '127.0.0.1');
  socket.write(sent);
  let answer = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    answer += chunk.toString();
    if (answer.endsWith('}')) break;
  }
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const body = JSON.parse(answer.slice(answer.indexOf('{'))) as {
    error?: { code: string };
    message?: string;
  };
  expect(body.error?.code ?? body.message).toMatch(status === 405 ? /not allowed/ : /^bad_request$/);
});

const origins: readonly (readonly [origin: string, isAllowed: boolean])[] = [
  ['http://localhost:3000', true],
  ['https://localhost', true],
  ['http://127.0.0.1:5173', true],
  ['http://[::1]:8080', true],
  ['http://shop.localhost:3000', true],
  ['https://app.example.com', true],
  ['http://app.example.com', false],
  ['https://app.example.com:8443', false],
  ['https://app.example.com.evil.example', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.evil.example', false],
  ['https://evil.example', false],
  ['null', false],
  ['file://', false],
  ['chrome-extension://abcdef', false],
];

test.each(origins)('A page of %s may send telemetry: %s', async (origin, isAllowed) => {
  doors = await openDoors({
    guard: createRequestGuard({
      host: '127.0.0.1',
      allowedHosts: [],
      allowedOrigins: ['https://app.example.com'],
      holdsKey: async () => false,
    }),
  });
  const preflight = await fetch(`${doors.httpUrl}/v1/traces`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-tenant',
      'access-control-request-private-network': 'true',
    },
  });
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin');
  expect(preflight.headers.get('access-control-allow-private-network')).toBe(isAllowed ? 'true' : null);
  expect(allowed(preflight)).toBe(isAllowed ? origin : null);
  expect(preflight.status).toBe(isAllowed ? 204 : 403);
  if (isAllowed) {
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,x-tenant');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('vary')).toContain('origin');
  }
  for (const [body, status] of [
    [protobuf(), 200],
    [bytes(Buffer.from('junk')), 400],
  ] as const) {
    const response = await post({ body, headers: { origin } });
    expect(response.status).toBe(isAllowed ? status : 403);
    expect(allowed(response)).toBe(isAllowed ? origin : null);
  }
});

test('A request without a valid key gets 401 before its body is read', async () => {
  doors = await openDoors({
    resolveProject: (headers) =>
      headers['x-api-key'] === 'good'
        ? { project: 'p' }
        : new SightlineError('unauthenticated', 'No valid API key came with the request.', {
            hint: 'Send one.',
          }),
  });
  const closed = await post({ body: '{', type: 'application/json' });
  expect(closed.status).toBe(401);
  expect(await closed.json()).toMatchObject({ code: 16 });
  expect((await post({ body: protobuf(), headers: { 'x-api-key': 'good' } })).status).toBe(200);
});

test('A full journal gets 429 with Retry-After and RetryInfo, and is open again when it has been loaded', async () => {
  doors = await openDoors({ limits: { journalBytesMax: 5_000 } });
  doors.store.beforeLoad = () => {
    throw outage();
  };
  let response = await post({ body: protobuf(10) });
  for (let i = 0; i < 20 && response.status === 200; i += 1)
    response = await post({ body: spansJson(10), type: 'application/json' });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await response.json()).toMatchObject({ code: 8, details: [{ retryDelay: '5s' }] });
  doors.store.beforeLoad = () => undefined;
  await drained(doors.ingest);
  expect((await post({ body: protobuf() })).status).toBe(200);
});

test('Requests that hold too much memory together get 429, and the memory is given back', async () => {
  doors = await openDoors({ limits: { memoryBytesMax: 50_000 } });
  const held = httpRequest(`${doors.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-length': '60000' },
  });
  held.on('error', () => undefined);
  held.write(Buffer.alloc(40_000));
  await until('the first body to arrive', () => doors.ingest.memory.bytes >= 40_000);
  const refused = await post({ body: bytes(Buffer.alloc(20_000)) });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('1');
  held.destroy();
  await until('the memory to be given back', () => doors.ingest.memory.bytes === 0);
  expect((await post({ body: protobuf() })).status).toBe(200);
});

test('A sender that leaves in the middle of its body leaves nothing behind', async () => {
  doors = await openDoors();
  for (let i = 0; i < 20; i += 1) {
    const socket = connect(doors.httpPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: 5000\r\n\r\nabc',
    );
    await until('the body to begin', () => doors.ingest.memory.bytes > 0);
    socket.destroy();
    await until('the memory to be given back', () => doors.ingest.memory.bytes === 0);
  }
  expect((await post({ body: protobuf() })).status).toBe(200);
});

test('A sender that gives up while it waits to be let in is not stored: it sends again', async () => {
  doors = await openDoors({ limits: { journalBytesMax: 2 * protobuf().length, waitMsMax: 60_000 } });
  const goOn = await fillJournal(doors);
  const controller = new AbortController();
  const sent = fetch(`${doors.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: protobuf(),
    signal: controller.signal,
  });
  await until('the request to wait', () => doors.ingest.memory.bytes > 0);
  controller.abort();
  await expect(sent).rejects.toThrow();
  await until('the request to be let go', () => doors.ingest.memory.bytes === 0);
  goOn();
  await drained(doors.ingest);
  expect(doors.ingest.ledger().rows.map(({ received }) => received)).toEqual([1]);
});

test('A port in use is named with the option that changes it', async () => {
  doors = await openDoors();
  const again = startOtlpHttp({
    ingest: doors.ingest,
    resolveProject: () => ({ project: 'p' }),
    guard: loopbackGuard,
    host: '127.0.0.1',
    port: doors.httpPort,
  });
  await expect(again).rejects.toMatchObject({
    code: 'port_taken',
    hint: expect.stringContaining('--otlp-http-port') as unknown,
  });
});

test('Silent clients beyond the bound of a port are closed and counted, and those within it are served', async () => {
  const connectionsMax = 50;
  doors = await openDoors({ limits: { connectionsMax } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const postKept = async (): Promise<number | undefined> => {
    const sent = httpRequest(`http://127.0.0.1:${doors.httpPort}/v1/traces`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/x-protobuf' },
    });
    sent.end(protobuf());
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return answer.statusCode;
  };
  expect(await postKept()).toBe(200);

  const silent = Array.from({ length: 300 }, () =>
    connect(doors.httpPort, '127.0.0.1').on('error', () => undefined),
  );
  let closed = 0;
  for (const socket of silent) socket.resume().on('close', () => (closed += 1));
  const refused = silent.length + 1 - connectionsMax;
  await until('the connections beyond the bound to be closed', () => closed === refused);
  expect(await postKept()).toBe(200);
  expect(doors.ingest.metrics()).toContainEqual(
    expect.objectContaining({
      name: 'sightline_connections_refused_total',
      samples: [{ labels: { port: 'otlp_http' }, value: refused }],
    }),
  );

  for (const socket of silent) socket.destroy();
  await until(
    'room for others',
    async () => (await post({ body: protobuf() }).catch(() => undefined))?.status === 200,
  );
  agent.destroy();
});

test('An address that is not of this machine is named with what to change', async () => {
  doors = await openDoors();
  const elsewhere = startOtlpHttp({
    ingest: doors.ingest,
    resolveProject: () => ({ project: 'p' }),
    guard: loopbackGuard,
    host: '192.0.2.1',
    port: 0,
  });
  await expect(elsewhere).rejects.toMatchObject({
    code: 'bad_option',
    hint: expect.stringContaining('--host') as unknown,
  });
});

test('A server that stops answers what is under way before it lets go of the connection', async () => {
  doors = await openDoors();
  const server = await startOtlpHttp({
    ingest: doors.ingest,
    resolveProject: () => ({ project: 'p' }),
    guard: loopbackGuard,
    host: '127.0.0.1',
    port: 0,
  });
  const body = protobuf();
  const request = httpRequest(`http://127.0.0.1:${server.port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-length': String(body.length) },
  });
  request.write(body.subarray(0, 10));
  await until('the body to begin', () => doors.ingest.memory.bytes > 0);
  const closed = server.close();
  request.end(body.subarray(10));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
  await closed;
});
