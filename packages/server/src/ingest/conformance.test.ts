/** Every conformance case through real sockets: the answer it must get, and what must be stored of it. */
import { gunzipSync } from 'node:zlib';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, unixNano } from '@sightline/base';
import { loadCases, type Case } from '@sightline/conformance';
import type { TelemetrySignal } from '@sightline/schema/api';
import { openDoors, type Doors } from './testing/doors.ts';
import { drained } from './testing/harness.ts';

const cases = loadCases();
const real = systemClock();
let nowUnixNano = unixNano(0n);
let doors: Doors;
let client: Client;

beforeAll(async () => {
  doors = await openDoors({ clock: { now: () => nowUnixNano, monotonicMs: () => real.monotonicMs() } });
  client = new Client(`127.0.0.1:${doors.grpcPort}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await doors.close();
});

interface Counts {
  readonly stored: number;
  readonly rejections: Readonly<Record<string, number>>;
}

/** What the ledger gained while `send` ran. */
async function gained(signal: TelemetrySignal, send: () => Promise<void>): Promise<Counts> {
  const before = counts(signal);
  await send();
  await drained(doors.ingest);
  const after = counts(signal);
  const rejections: Record<string, number> = {};
  for (const [reason, count] of Object.entries(after.rejections)) {
    const gain = count - (before.rejections[reason] ?? 0);
    if (gain > 0) rejections[reason] = gain;
  }
  return { stored: after.stored - before.stored, rejections };
}

function counts(signal: TelemetrySignal): Counts {
  const row = doors.ingest.ledger().rows.find((candidate) => candidate.signal === signal);
  const rejections = Object.fromEntries((row?.rejections ?? []).map(({ reason, count }) => [reason, count]));
  return { stored: row?.stored ?? 0, rejections };
}

describe('over HTTP', () => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    nowUnixNano = unixNano(one.nowUnixNano);
    const gain = await gained(one.signal, async () => {
      const response = await fetch(`${doors.httpUrl}/v1/${one.signal}`, {
        method: 'POST',
        headers: { 'content-type': one.contentType, 'content-encoding': one.contentEncoding },
        body: Uint8Array.from(one.body),
      });
      const answer = Buffer.from(await response.arrayBuffer()).toString('utf8');
      expect(response.status).toBe(one.expect.status);
      expect(response.headers.get('content-type')).toBe(one.contentType);
      expectMessage(one, answer);
    });
    expectGain(one, gain);
  });
});

const grpcPaths = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

describe('over gRPC', () => {
  const protobuf = cases.filter(({ contentType }) => contentType === 'application/x-protobuf');
  test.each(protobuf.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    nowUnixNano = unixNano(one.nowUnixNano);
    const gain = await gained(one.signal, async () => {
      const { error, response } = await call(one);
      expect(error?.code ?? status.OK).toBe(one.expect.status === 200 ? status.OK : status.INVALID_ARGUMENT);
      expectMessage(one, error?.details ?? response?.toString('utf8') ?? '');
    });
    expectGain(one, gain);
  });
});

async function call(one: Case): Promise<{ error: ServiceError | null; response: Buffer | undefined }> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const body = Buffer.from(one.contentEncoding === 'gzip' ? gunzipSync(one.body) : one.body);
  return new Promise((resolve) => {
    client.makeUnaryRequest(grpcPaths[one.signal], asIs, asIs, body, new Metadata(), (error, response) =>
      resolve({ error, response }),
    );
  });
}

function expectMessage(one: Case, answer: string): void {
  const wanted = one.expect.status === 400 ? one.expect.message : one.expect.warning;
  // In a JSON answer, quotes of the message are escaped.
  if (wanted !== undefined) expect(answer.replaceAll('\\"', '"')).toContain(wanted);
}

function expectGain(one: Case, gain: Counts): void {
  if (one.expect.status === 400) expect(gain).toEqual({ stored: 0, rejections: {} });
  else expect(gain).toEqual({ stored: one.expect.accepted, rejections: one.expect.rejected });
}
