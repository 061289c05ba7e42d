import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { systemClock, unixNano, type Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { startOtlpGrpc } from './grpc-receiver.ts';
import { fillJournal, loopbackGuard, openDoors, type Doors } from './testing/doors.ts';
import { outage } from './testing/fake-store.ts';
import { drained, until } from './testing/harness.ts';
import { badSpanJson, logsJson, metricsJson, protobufOf, spansJson } from './testing/payloads.ts';

let doors: Doors;
let clients: Client[] = [];
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await doors.close();
});

const traces = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const logs = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const metrics = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

interface Answer {
  readonly response: Buffer | undefined;
  readonly error: ServiceError | undefined;
}

const asIs = (bytes: Buffer): Buffer => bytes;

async function call(
  path: string,
  request: Uint8Array,
  options: { readonly gzip?: boolean; readonly metadata?: Metadata; readonly deadlineMs?: number } = {},
): Promise<Answer> {
  const client = new Client(`127.0.0.1:${doors.grpcPort}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': options.gzip === true ? 2 : 0,
    'grpc.max_send_message_length': -1,
  });
  clients.push(client);
  return new Promise((resolve) => {
    const metadata = options.metadata ?? new Metadata();
    const limits = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(request), metadata, limits, (error, response) =>
      resolve({ error: error ?? undefined, response }),
    );
  });
}

test('Every signal is stored, plain and with gzip, and answered empty on full success', async () => {
  doors = await openDoors();
  for (const gzip of [false, true]) {
    const answers = await Promise.all([
      call(traces, protobufOf('traces', spansJson(2)), { gzip }),
      call(logs, protobufOf('logs', logsJson(3)), { gzip }),
      call(metrics, protobufOf('metrics', metricsJson(4)), { gzip }),
    ]);
    for (const { error, response } of answers) {
      expect(error).toBeUndefined();
      expect(response?.length).toBe(0);
    }
  }
  await drained(doors.ingest);
  const { store } = doors;
  expect([store.items('traces'), store.items('logs'), store.items('metrics')]).toEqual([4, 6, 8]);
});

test('A bad span is named in partial_success', async () => {
  doors = await openDoors();
  const { error, response } = await call(traces, protobufOf('traces', badSpanJson));
  expect(error).toBeUndefined();
  expect(response?.toString('latin1')).toContain('invalid_trace_id');
});

test('Bytes that are no request get INVALID_ARGUMENT, also where they are not the gzip they claim to be', async () => {
  doors = await openDoors();
  expect((await call(traces, Buffer.from('not protobuf'))).error).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining('cannot be decoded') as unknown,
  });
  for (const [encoding, message] of [
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync(Buffer.alloc(100)).subarray(0, 15)],
    ['zstd', Buffer.from('not zstd')],
    ['snappy', Buffer.from('not snappy')],
  ] as const)
    expect(await rawCall({ encoding, message })).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringContaining(`is not valid ${encoding}`) as unknown,
    });
});

test.each(['gzip', 'zlib', 'zstd', 'snappy', 'x-snappy-framed', 'lz4'])(
  'What the Collector sends with %s is stored',
  async (encoding) => {
    doors = await openDoors({ clock: collectorClock() });
    const message = readFileSync(
      new URL(`../../../../conformance/compressed/traces-proto.${encoding}`, import.meta.url),
    );
    expect((await rawCall({ encoding, message })).code).toBe(status.OK);
    await drained(doors.ingest);
    expect(doors.store.items()).toBe(40);
    expect(doors.ingest.memory.bytes).toBe(0);
  },
);

test('An unknown compression gets UNIMPLEMENTED, which one it is, and those that are known', async () => {
  doors = await openDoors();
  const answer = await rawCall({ encoding: 'br', message: Buffer.from('x') });
  expect(answer).toEqual({
    code: status.UNIMPLEMENTED,
    message:
      'The compression "br" is not supported. Send gzip, deflate, zstd, snappy, lz4 or no compression.',
    known: 'identity,gzip,deflate,zstd,snappy,lz4',
  });
});

test('A message beyond the limit gets RESOURCE_EXHAUSTED without RetryInfo, plain or compressed', async () => {
  doors = await openDoors({ limits: { requestBytesMax: 10_000 } });
  for (const gzip of [false, true]) {
    const { error } = await call(traces, Buffer.alloc(100_000), { gzip });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error?.details).toMatch(/more than 10000 bytes.*Send smaller batches/);
    expect(error?.metadata.get('grpc-status-details-bin').join('')).not.toContain('RetryInfo');
  }
  const labels = { signal: 'traces', transport: 'grpc', outcome: 'payload_too_large' };
  const samples = doors.ingest.metrics().flatMap((metric) => metric.samples);
  expect(samples).toContainEqual({ labels, value: 2 });
  for (const [encoding, message] of [
    ['gzip', gzipSync(Buffer.alloc(5_000_000))],
    ['zstd', zstdCompressSync(Buffer.alloc(5_000_000))],
  ] as const)
    expect((await rawCall({ encoding, message })).code).toBe(status.RESOURCE_EXHAUSTED);
  expect(doors.ingest.memory.bytes).toBe(0);
});

test('A message larger than the default of gRPC is taken in', async () => {
  doors = await openDoors();
  const { error } = await call(traces, protobufOf('traces', spansJson(50_000)));
  expect(error).toBeUndefined();
  await drained(doors.ingest);
  expect(doors.store.items()).toBe(50_000);
});

test('A full journal gets RESOURCE_EXHAUSTED with RetryInfo', async () => {
  doors = await openDoors({ limits: { journalBytesMax: 100 } });
  doors.store.beforeLoad = () => {
    throw outage();
  };
  const { error } = await call(traces, protobufOf('traces', spansJson(10)));
  expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? [];
  expect(details?.toString('latin1')).toContain('type.googleapis.com/google.rpc.RetryInfo');
});

test('A call whose deadline passes while it waits to be let in is not stored: it is sent again', async () => {
  const bytes = protobufOf('traces', spansJson(1)).length;
  doors = await openDoors({ limits: { journalBytesMax: 2 * bytes, waitMsMax: 60_000 } });
  const goOn = await fillJournal(doors);
  const { error } = await call(traces, protobufOf('traces', spansJson(1)), { deadlineMs: 300 });
  expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
  await until('the call to be let go', () => doors.ingest.memory.bytes === 0);
  goOn();
  await drained(doors.ingest);
  expect(doors.ingest.ledger().rows.map(({ received }) => received)).toEqual([1]);
});

test('A call without a valid key gets UNAUTHENTICATED; the key travels as metadata', async () => {
  doors = await openDoors({
    resolveProject: (headers) =>
      headers.authorization === 'Bearer good'
        ? { project: 'p' }
        : new SightlineError('unauthenticated', 'No valid API key came with the request.', {
            hint: 'Send one.',
          }),
  });
  expect((await call(traces, protobufOf('traces', spansJson(1)))).error?.code).toBe(status.UNAUTHENTICATED);
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer good');
  expect((await call(traces, protobufOf('traces', spansJson(1)), { metadata })).error).toBeUndefined();
});

test('A port in use is named with the option that changes it', async () => {
  doors = await openDoors();
  const where = {
    ingest: doors.ingest,
    resolveProject: () => ({ project: 'p' }),
    guard: loopbackGuard,
    host: '127.0.0.1',
    port: doors.grpcPort,
  };
  await expect(startOtlpGrpc(where)).rejects.toMatchObject({ code: 'port_taken' });
});

/** A call that sends the head of a message of 100,000 bytes and so many of them. */
function halfCall(session: ClientHttp2Session, bytes: number): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': traces,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(100_000, 1);
  stream.write(Buffer.concat([prefix, Buffer.alloc(bytes)]));
  stream.resume();
  stream.on('error', () => undefined);
  return stream;
}

test('A half-sent message counts against the memory of ingest, and more than there is is refused with RetryInfo', async () => {
  doors = await openDoors({ limits: { memoryBytesMax: 100_000 } });
  const session = connect(`http://127.0.0.1:${doors.grpcPort}`);
  const first = halfCall(session, 60_000);
  await until('the first half', () => doors.ingest.memory.bytes >= 60_000);
  const second = halfCall(session, 60_000);
  const [headers] = (await once(second, 'response')) as [Record<string, unknown>];
  expect(Number(headers['grpc-status'])).toBe(status.RESOURCE_EXHAUSTED);
  expect(Buffer.from(String(headers['grpc-status-details-bin']), 'base64').toString('latin1')).toContain(
    'RetryInfo',
  );
  expect(doors.ingest.memory.bytes).toBeLessThanOrEqual(100_000);
  // Whoever goes away gives back what it held.
  first.close();
  await until('the memory back', () => doors.ingest.memory.bytes === 0);
  await once(second, 'close');
  session.close();
});

test('A message that is not whole in time gets DEADLINE_EXCEEDED, and its sender is cut off', async () => {
  doors = await openDoors({ grpcCalls: { messageMsMax: 300 } });
  const session = connect(`http://127.0.0.1:${doors.grpcPort}`);
  for (const bytes of [0, 1_000]) {
    const stream = halfCall(session, bytes);
    const drip = setInterval(() => stream.write(Buffer.alloc(1)), 20);
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(Number(headers['grpc-status'])).toBe(status.DEADLINE_EXCEEDED);
    expect(decodeURI(String(headers['grpc-message']))).toContain('took too long to arrive');
    await once(stream, 'close');
    clearInterval(drip);
  }
  await until('the memory back', () => doors.ingest.memory.bytes === 0);
  session.close();
});

test('Calls beyond the maximum are refused with RetryInfo until others end', async () => {
  doors = await openDoors({ grpcCalls: { callsMax: 3 } });
  const session = connect(`http://127.0.0.1:${doors.grpcPort}`);
  const held = [1, 2, 3].map(() => halfCall(session, 10));
  await until('three calls', () => doors.ingest.memory.bytes === 45);
  const { error } = await call(traces, protobufOf('traces', spansJson(1)));
  expect(error).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringContaining('3 gRPC calls are open') as unknown,
  });
  for (const stream of held) stream.close();
  await until('their end', () => doors.ingest.memory.bytes === 0);
  expect((await call(traces, protobufOf('traces', spansJson(1)))).error).toBeUndefined();
  session.close();
});

test('Connections beyond the bound of the port are closed and counted, and those within it are served', async () => {
  const connectionsMax = 50;
  doors = await openDoors({ limits: { connectionsMax } });
  const gauge = (name: string, labels = {}): number | undefined =>
    doors.ingest
      .metrics()
      .find((metric) => metric.name === name)
      ?.samples.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value;
  const port = { port: 'otlp_grpc' };
  const session = connect(`http://127.0.0.1:${doors.grpcPort}`);
  await once(session, 'connect');

  // Half of them say nothing, half begin HTTP/2.
  let closed = 0;
  const crowd = Array.from({ length: 300 }, (_, index) => {
    const socket = connectTcp(doors.grpcPort, '127.0.0.1').on('error', () => undefined);
    if (index % 2 === 0) socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0');
    return socket.resume().on('close', () => (closed += 1));
  });
  const refused = crowd.length + 1 - connectionsMax;
  await until('the connections beyond the bound to be closed', () => closed === refused);
  expect(gauge('sightline_connections', port)).toBe(connectionsMax);
  expect(gauge('sightline_connections_max')).toBe(connectionsMax);
  expect(gauge('sightline_connections_refused_total', port)).toBe(refused);
  // Who is connected goes on; an exporter that comes anew is told to try again.
  const ping = new Promise((resolve, reject) =>
    session.ping((error: Error | null) => (error === null ? resolve(true) : reject(error))),
  );
  expect(await ping).toBe(true);
  expect((await call(traces, protobufOf('traces', spansJson(1)))).error?.code).toBe(status.UNAVAILABLE);

  for (const socket of crowd) socket.destroy();
  await until(
    'room for others',
    async () => (await call(traces, protobufOf('traces', spansJson(1)))).error === undefined,
  );
  expect(gauge('sightline_connections', port)).toBeLessThan(connectionsMax);
  session.close();
});

/** A clock that shows when the requests of `conformance/compressed` were recorded. */
function collectorClock(): Clock {
  const real = systemClock();
  return { now: () => unixNano(1_795_332_880_000_000_000n), monotonicMs: () => real.monotonicMs() };
}

interface RawAnswer {
  readonly code: number;
  readonly message: string;
  readonly known: unknown;
}

/** A call written by hand, for messages that grpc-js does not send. */
async function rawCall({
  encoding,
  message,
}: {
  readonly encoding: string;
  readonly message: Buffer;
}): Promise<RawAnswer> {
  const session = connect(`http://127.0.0.1:${doors.grpcPort}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': traces,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-encoding': encoding,
  });
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(message.length, 1);
  let answer: RawAnswer = { code: -1, message: '', known: undefined };
  const note = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] === undefined) return;
    const message = typeof headers['grpc-message'] === 'string' ? headers['grpc-message'] : '';
    answer = {
      code: Number(headers['grpc-status']),
      message: decodeURI(message),
      known: headers['grpc-accept-encoding'],
    };
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.end(Buffer.concat([prefix, message]));
  stream.resume();
  await once(stream, 'close');
  session.close();
  return answer;
}
