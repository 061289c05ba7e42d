/** Ingest in front of the real engine: what the fake store of the other tests stands for. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure, systemClock, unixNano } from '@sightline/base';
import { openStore } from '../storage/open-store.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { encodeEnvelope } from './envelope.ts';
import { openIngest, type Ingest } from './ingest.ts';
import { drained, removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { badSpanJson, logsJson, metricsJson, protobufOf, spansJson } from './testing/payloads.ts';

let directory: string;
let store: TelemetryStore;
let ingest: Ingest | undefined;
const clock = systemClock();

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = await openStore({ kind: 'embedded', directory: join(directory, 'telemetry') }, clock);
});
afterEach(async () => {
  await ingest?.close();
  await store.close();
  await removeDirectory(directory);
});

async function open(): Promise<Ingest> {
  return openIngest({
    dataDirectory: directory,
    store,
    clock,
    log: pino({ level: 'silent' }),
    readStoredTotals: async () => [],
    isTraceVisible: async (project, traceId) =>
      (await count(`spans WHERE project = '${project}' AND trace_id = unhex('${traceId}')`)) > 0,
    retentionDays: () => ({ traces: 30, logs: 30, metrics: 30 }),
    canaryIntervalMs: 60_000,
  });
}

async function count(from: string): Promise<number> {
  const { rows } = await store.query<{ n: string }>({ sql: `SELECT count() AS n FROM ${from}` });
  return Number(rows[0]?.n);
}

test('Every signal is in its table, rejections are in the ledger table, and the canary sees its span', async () => {
  ingest = await open();
  await ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(3)) });
  await ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', badSpanJson) });
  await ingest.accept({ signal: 'logs', project: 'p', request: protobufOf('logs', logsJson(4)) });
  await ingest.accept({ signal: 'metrics', project: 'p', request: protobufOf('metrics', metricsJson(5)) });
  await drained(ingest);
  expect(await count("spans WHERE project = 'p'")).toBe(3);
  expect([await count('logs'), await count('metric_points')]).toEqual([4, 5]);
  const { rows } = await store.query<{ accepted: string; rejected: string }>({
    sql: "SELECT sum(accepted) AS accepted, sum(rejected) AS rejected FROM ledger WHERE project = 'p' AND signal = 'traces'",
  });
  expect(rows).toEqual([{ accepted: '3', rejected: '1' }]);
  const { canaryState } = ingest;
  expect(canaryState.error).toBeNull();
  await until('the canary', () => ingest?.canaryState.state === 'ok');
}, 60_000);

test('A record the engine cannot parse is set aside with the reason of the engine, and its neighbours are stored', async () => {
  const record = (request: Uint8Array): Uint8Array =>
    encodeEnvelope({
      signal: 'traces',
      project: 'p',
      receivedUnixNano: unixNano(clock.now()),
      accepted: 2,
      rejections: [],
      request,
    });
  const good = (): Uint8Array => record(protobufOf('traces', spansJson(2)));
  const journal = join(directory, 'journal', 'traces');
  await mkdir(journal, { recursive: true });
  const segment = Buffer.concat([good(), good(), record(Buffer.from('0a7f0a050a03', 'hex')), good()]);
  await writeFile(join(journal, '0000000001-0123456789abcdef.seg'), segment);
  ingest = await open();
  await drained(ingest);
  expect(await count("spans WHERE project = 'p'")).toBe(6);
  const files = await readdir(join(directory, 'quarantine'));
  const reason = ensure(
    files.find((file) => file.endsWith('.json')),
    'reason file',
  );
  const why = JSON.parse(await readFile(join(directory, 'quarantine', reason), 'utf8')) as {
    reason: string;
    items: number;
  };
  expect(why.items).toBe(2);
  expect(why.reason).toMatch(/^[A-Z_]+$/);
  expect(ingest.ledger().rows.find(({ project }) => project === 'p')).toMatchObject({
    accepted: 8,
    stored: 6,
    quarantined: 2,
    pending: 0,
  });
}, 60_000);

test('A log record without any time takes the time of receipt, and so does its long text', async () => {
  ingest = await open();
  const logRecords = [
    { body: { stringValue: 'never timed' } },
    {
      timeUnixNano: '0',
      observedTimeUnixNano: '0',
      body: { stringValue: 'zero' },
      attributes: [{ key: 'gen_ai.input.messages', value: { stringValue: 'a long text '.repeat(1_000) } }],
    },
  ];
  const json = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const { rejected } = await ingest.accept({
    signal: 'logs',
    project: 'p',
    request: protobufOf('logs', json),
  });
  expect(rejected).toBe(0);
  await drained(ingest);
  expect(await count('logs WHERE time = received_time AND time > now() - 60')).toBe(2);
  expect(await count('texts')).toBe(1);
  expect(await count('texts WHERE first_time > now() - 60')).toBe(1);
});
