/**
 * Random and mutated bytes at every door: never a crash, never a 5xx for bad input, and whatever was acknowledged is
 * stored. A failure prints its seed; run it again with SIGHTLINE_TEST_SEED.
 */
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openDoors, type Doors } from './testing/doors.ts';
import { drained } from './testing/harness.ts';
import { logsJson, metricsJson, protobufOf, spansJson } from './testing/payloads.ts';
import { seededRandom, testSeed, type Random } from './testing/random.ts';

const rounds = Number(process.env['SIGHTLINE_FUZZ_ROUNDS'] ?? 400);
const signals = ['traces', 'logs', 'metrics'] as const;
const makeJson = { traces: spansJson, logs: logsJson, metrics: metricsJson };
const grpcPaths = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** Flips, cuts, repeats or inserts bytes; sometimes all random. */
function mutate(random: Random, original: Uint8Array): Buffer {
  if (random.int(8) === 0) return random.bytes(random.int(300));
  let bytes: Buffer = Buffer.from(original);
  for (let i = random.int(6); i >= 0; i -= 1) {
    const at = random.int(bytes.length + 1);
    const kind = random.int(5);
    if (kind === 0) bytes = bytes.subarray(0, at);
    else if (kind === 1)
      bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.int(12)), bytes.subarray(at)]);
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.int(bytes.length + 1))]);
    else if (at < bytes.length)
      bytes[at] = kind === 3 ? random.int(256) : (bytes[at] ?? 0) ^ (1 << random.int(8));
  }
  return bytes;
}

async function fuzzHttp(doors: Doors, random: Random): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const signal = random.pick(signals);
    const json = makeJson[signal](1 + random.int(3));
    const isJson = random.int(2) === 0;
    let body = mutate(random, isJson ? Buffer.from(json) : protobufOf(signal, json));
    const encoding = random.pick([
      '',
      '',
      'gzip',
      'deflate',
      'zstd',
      'snappy',
      'lz4',
      'identity',
      'br',
      'gzip, gzip',
    ]);
    if (encoding === 'gzip' && random.int(3) > 0) body = gzipSync(body);
    const response = await fetch(
      `${doors.httpUrl}/v1/${random.pick([signal, signal, signal, random.pick(signals)])}`,
      {
        method: 'POST',
        headers: {
          'content-type': isJson ? 'application/json' : 'application/x-protobuf',
          'content-encoding': encoding,
        },
        body: Uint8Array.from(body),
      },
    );
    await response.arrayBuffer();
    expect([200, 400, 415], `HTTP ${response.status} for ${body.toString('hex')}`).toContain(response.status);
  }
}

async function fuzzGrpc(doors: Doors, random: Random): Promise<void> {
  const client = new Client(`127.0.0.1:${doors.grpcPort}`, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  for (let round = 0; round < rounds; round += 1) {
    const signal = random.pick(signals);
    const body = mutate(random, protobufOf(signal, makeJson[signal](1 + random.int(3))));
    const code = await new Promise<number>((resolve) => {
      client.makeUnaryRequest(grpcPaths[signal], asIs, asIs, body, new Metadata(), (error) =>
        resolve(error?.code ?? status.OK),
      );
    });
    expect([status.OK, status.INVALID_ARGUMENT], `gRPC ${code} for ${body.toString('hex')}`).toContain(code);
  }
  client.close();
}

/** Bytes that are not even HTTP, on both ports. */
async function fuzzSockets(doors: Doors, random: Random): Promise<void> {
  const head =
    'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":';
  for (let round = 0; round < rounds / 4; round += 1) {
    const socket = connect(random.pick([doors.httpPort, doors.grpcPort]), '127.0.0.1');
    let answer = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    await once(socket, 'connect');
    socket.end(mutate(random, Buffer.from(head)));
    socket.setTimeout(500, () => socket.destroy());
    await once(socket, 'close');
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  }
}

test('Random and mutated bytes never crash a receiver nor get a 5xx, and what was acknowledged is stored', async () => {
  const seed = testSeed();
  const doors = await openDoors();
  try {
    await fuzzHttp(doors, seededRandom(seed));
    await fuzzGrpc(doors, seededRandom(seed + 1));
    await fuzzSockets(doors, seededRandom(seed + 2));
    const whole = await fetch(`${doors.httpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: spansJson(1),
    });
    expect(whole.status).toBe(200);
    await drained(doors.ingest);
    for (const row of doors.ingest.ledger().rows) expect(row.stored).toBe(doors.store.items(row.signal));
    expect(doors.ingest.memory.bytes).toBe(0);
  } catch (error) {
    throw new Error(`The fuzz run with SIGHTLINE_TEST_SEED=${seed} failed.`, { cause: error });
  } finally {
    await doors.close();
  }
}, 60_000);
