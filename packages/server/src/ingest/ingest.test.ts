import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure, systemClock, unixNano } from '@sightline/base';
import { realDisk } from './disk.ts';
import { encodeEnvelope } from './envelope.ts';
import type { Ingest } from './ingest.ts';
import { FakeStore, outage } from './testing/fake-store.ts';
import {
  clockToPutForward,
  drained,
  openTestIngest,
  removeDirectory,
  temporaryDirectory,
  until,
} from './testing/harness.ts';
import {
  badSpanJson,
  logsJson,
  markedRequest,
  metricsJson,
  protobufOf,
  spansJson,
} from './testing/payloads.ts';

let directory: string;
let store: FakeStore;

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new FakeStore();
});
afterEach(async () => removeDirectory(directory));

const send = async (ingest: Ingest, json: string, project = 'p'): Promise<unknown> =>
  ingest.accept({ signal: 'traces', project, request: protobufOf('traces', json) });

const journalFolder = (): string => join(directory, 'journal', 'traces');

test('Each signal is stored and counted in its own row', async () => {
  const ingest = await openTestIngest(directory, store);
  await send(ingest, spansJson(3));
  await send(ingest, spansJson(2), 'q');
  await ingest.accept({ signal: 'logs', project: 'p', request: protobufOf('logs', logsJson(4)) });
  await ingest.accept({ signal: 'metrics', project: 'p', request: protobufOf('metrics', metricsJson(5)) });
  await drained(ingest);
  expect(ingest.ledger().rows.map(({ signal, project, stored }) => [signal, project, stored])).toEqual([
    ['traces', 'p', 3],
    ['traces', 'q', 2],
    ['logs', 'p', 4],
    ['metrics', 'p', 5],
  ]);
  await ingest.close();
});

test('The rows add up at every moment, while data arrives, is rejected and stored', async () => {
  const ingest = await openTestIngest(directory, store);
  let sent = 0;
  const check = (): void => {
    for (const row of ingest.ledger().rows) {
      expect(row.received).toBe(row.accepted + row.rejected);
      expect(row.accepted).toBe(row.stored + row.pending + row.quarantined);
      expect(row.accepted).toBe(sent);
    }
  };
  for (let i = 0; i < 100; i += 1) {
    await send(ingest, spansJson(2));
    sent += 2;
    check();
    await send(ingest, badSpanJson);
    check();
  }
  await drained(ingest);
  check();
  expect(ingest.ledger().rows[0]).toMatchObject({
    received: 300,
    accepted: 200,
    stored: 200,
    rejected: 100,
    pending: 0,
  });
  await ingest.close();
});

test('What an earlier run acknowledged is loaded by the next one, and the ledger goes on from there', async () => {
  store.beforeLoad = () => {
    throw outage();
  };
  const first = await openTestIngest(directory, store);
  await send(first, spansJson(3));
  await send(first, badSpanJson);
  await first.close();
  expect(store.items()).toBe(0);

  store.beforeLoad = () => undefined;
  const second = await openTestIngest(directory, store);
  await drained(second);
  expect(store.items()).toBe(3);
  expect(second.ledger().rows[0]).toMatchObject({
    received: 4,
    accepted: 3,
    stored: 3,
    rejected: 1,
    pending: 0,
  });
  await send(second, spansJson(1));
  expect(second.ledger().rows[0]).toMatchObject({ accepted: 4 });
  await second.close();
});

test('Rows that were stored by a run that died before it deleted the segment are counted once', async () => {
  store.afterLoad = () => {
    throw outage();
  };
  const first = await openTestIngest(directory, store);
  await send(first, spansJson(3));
  await until('the rows', () => store.items() === 3);
  await first.close();
  store.afterLoad = () => undefined;
  const second = await openTestIngest(directory, store);
  expect(second.ledger().rows[0]).toMatchObject({ accepted: 3, stored: 3, pending: 0 });
  await second.close();
});

test('A task that wants no loads waits until what is half in the tables is there whole, or is refused', async () => {
  let isAway = true;
  store.afterLoad = () => {
    if (isAway) throw outage();
  };
  const ingest = await openTestIngest(directory, store);
  await send(ingest, spansJson(3));
  await until('the rows', () => store.items() === 3);
  let tasks = 0;
  const task = async () => {
    tasks += 1;
    return ingest.ledger().rows[0]?.pending;
  };
  await expect(ingest.whileLoadsWait(task, 50)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(tasks).toBe(0);
  const waiting = ingest.whileLoadsWait(task);
  isAway = false;
  expect(await waiting).toBe(0);
  await drained(ingest);
  expect(store.items()).toBe(3);
  await ingest.close();
});

test('A disk that stays full is counted at each request and logged once, since the log may be on it', async () => {
  const lines: string[] = [];
  const write = async (): Promise<never> => {
    throw Object.assign(new Error('No space.'), { code: 'ENOSPC' });
  };
  const ingest = await openTestIngest(directory, store, {
    log: pino({ level: 'error' }, { write: (line) => lines.push(line) }),
    disk: { ...realDisk, write },
  });
  for (let i = 0; i < 20; i += 1)
    await expect(send(ingest, spansJson(1))).rejects.toMatchObject({ code: 'disk_full' });
  expect(lines).toHaveLength(1);
  expect(ingest.ledger().rows).toEqual([]);
  await ingest.close();
});

test('Tasks that want no loads take turns, also after one that failed', async () => {
  const ingest = await openTestIngest(directory, store);
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await delay(5);
    log.push(`${name} ends`);
    if (name === 'first') throw new Error('No.');
  };
  const tasks = ['first', 'second', 'third'].map(async (name) => ingest.whileLoadsWait(task(name)));
  expect((await Promise.allSettled(tasks)).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(log).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  await ingest.close();
});

test('A torn tail is kept and told, but counts for nothing, and everything before it is loaded', async () => {
  store.beforeLoad = () => {
    throw outage();
  };
  const first = await openTestIngest(directory, store);
  await send(first, spansJson(1));
  await until('a load', () => store.attempts.length > 0);
  await send(first, spansJson(3));
  await first.close();
  const newest = join(
    journalFolder(),
    ensure(
      (await readdir(journalFolder()))
        .filter((name) => name.endsWith('.seg'))
        .toSorted()
        .at(-1),
      'segment',
    ),
  );
  const whole = await readFile(newest);
  await appendFile(newest, whole.subarray(0, whole.length - 10));

  store.beforeLoad = () => undefined;
  const second = await openTestIngest(directory, store);
  await drained(second);
  expect(store.items()).toBe(4);
  expect(second.ledger().rows[0]).toMatchObject({ accepted: 4, stored: 4, quarantined: 0 });
  const torn = second.metrics().find(({ name }) => name === 'sightline_journal_torn_bytes_total');
  expect(torn?.samples.find(({ labels }) => labels['signal'] === 'traces')?.value).toBe(whole.length - 10);
  await second.close();
});

test('Damage in an older segment goes to the quarantine, and what follows it is still loaded', async () => {
  await mkdir(journalFolder(), { recursive: true });
  const envelope = (count: number): Uint8Array =>
    encodeEnvelope({
      signal: 'traces',
      project: 'p',
      receivedUnixNano: unixNano(systemClock().now()),
      accepted: count,
      rejections: [],
      request: protobufOf('traces', spansJson(count)),
    });
  const bad = envelope(2);
  bad[bad.length - 5] = (bad[bad.length - 5] ?? 0) ^ 1;
  const name = (sequence: number): string =>
    join(journalFolder(), `000000000${sequence}-0123456789abcdef.seg`);
  await writeFile(name(1), Buffer.concat([envelope(1), bad, envelope(3), envelope(4).subarray(0, 40)]));
  await writeFile(name(2), envelope(5));
  const ingest = await openTestIngest(directory, store);
  await drained(ingest);
  expect(store.items()).toBe(9);
  expect(ingest.ledger().rows[0]).toMatchObject({
    accepted: 11,
    stored: 9,
    quarantined: 2,
    quarantines: [{ reason: 'damaged', count: 2 }],
  });
  expect((await readdir(join(directory, 'quarantine'))).filter((file) => file.endsWith('.pb')).length).toBe(
    2,
  );
  await ingest.close();
});

test('A clock that goes backwards changes nothing but the times shown', async () => {
  const real = systemClock();
  let shiftNanos = 0n;
  const clock = { now: () => unixNano(real.now() - shiftNanos), monotonicMs: () => real.monotonicMs() };
  const ingest = await openTestIngest(directory, store, { clock });
  for (let i = 0; i < 20; i += 1) {
    shiftNanos += 3_600_000_000_000n;
    await send(ingest, spansJson(1));
  }
  await drained(ingest);
  expect(ingest.ledger().rows[0]).toMatchObject({ received: 20, accepted: 20, stored: 20, pending: 0 });
  await ingest.close();
});

test('A journal that has reached its bound refuses with the time to come back, and takes in again when it is loaded', async () => {
  store.beforeLoad = () => {
    throw outage();
  };
  const ingest = await openTestIngest(directory, store, { limits: { journalBytesMax: 20_000 } });
  let refused = 0;
  for (let i = 0; i < 50; i += 1)
    await send(ingest, spansJson(10)).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'overloaded', retryAfterS: 5 });
      refused += 1;
    });
  expect(refused).toBeGreaterThan(10);
  expect(ingest.ledger().journal.bytes).toBeLessThanOrEqual(20_000);
  store.beforeLoad = () => undefined;
  await drained(ingest);
  await send(ingest, spansJson(10));
  await drained(ingest);
  expect(store.items()).toBe((51 - refused) * 10);
  await ingest.close();
});

test('What an overload brings is acknowledged at once, the newest is seen beside the oldest, and the age of the backlog is told', async () => {
  const loadMs = 250;
  store.beforeLoad = async () => delay(loadMs);
  const request = protobufOf('traces', spansJson(200));
  const requestsPerLoad = 4;
  const ingest = await openTestIngest(directory, store, {
    limits: { segmentBytesMax: requestsPerLoad * request.length, journalBytesMax: 1e9 },
  });
  const sendOne = async (): Promise<unknown> => ingest.accept({ signal: 'traces', project: 'p', request });
  const began = performance.now();
  for (let sent = 0; sent < 40 * requestsPerLoad; sent += 1) await sendOne();
  expect(performance.now() - began).toBeLessThan(20 * loadMs);
  const waiting = ingest.ledger().journal;
  expect(waiting.segments).toBeGreaterThan(15);

  const sequences = (): number[] => store.attempts.map((token) => Number(/\/(\d+)-/.exec(token)?.[1]));
  const known = store.attempts.length;
  const mark = 'ab'.repeat(16);
  await ingest.accept({ signal: 'traces', project: 'p', request: markedRequest('traces', mark, 1) });
  const isSeen = (): boolean =>
    store.stored.some((envelope) => Buffer.from(envelope.request).includes(Buffer.from(mark, 'hex')));
  await until('the newest', isSeen);
  expect(store.attempts.length - known).toBeLessThanOrEqual(4);
  const { oldestPendingMs } = ingest.ledger().journal;
  expect(oldestPendingMs).toBeGreaterThan(loadMs);
  const age = ingest.metrics().find(({ name }) => name === 'sightline_journal_oldest_pending_seconds');
  expect(age?.samples[0]?.value).toBeGreaterThan(loadMs / 1000);

  store.beforeLoad = () => undefined;
  await drained(ingest);
  expect(store.items()).toBe(40 * requestsPerLoad * 200 + 1);
  expect(new Set(sequences()).size).toBe(sequences().length);
  expect(ingest.ledger().journal.oldestPendingMs).toBeNull();
  await ingest.close();
}, 30_000);

test('Near its bound the journal lets requests in as it is loaded; those that wait too long are refused, and none is lost', async () => {
  let load = async (): Promise<void> => delay(20);
  store.beforeLoad = async () => load();
  const request = protobufOf('traces', spansJson(100));
  const journalBytesMax = 20 * request.length;
  const limits = { journalBytesMax, segmentBytesMax: 2 * request.length, waitMsMax: 60_000 };
  const clock = clockToPutForward();
  const ingest = await openTestIngest(directory, store, { limits, clock });
  let acknowledged = 0;
  let refused = 0;
  let bytesMost = 0;
  const sendMany = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1)
      await ingest.accept({ signal: 'traces', project: 'p', request }).then(
        () => (acknowledged += 100),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'overloaded', retryAfterS: 5 });
          refused += 1;
        },
      );
    bytesMost = Math.max(bytesMost, ingest.ledger().journal.bytes);
  };
  await Promise.all(Array.from({ length: 16 }, async () => sendMany(6)));
  expect(refused).toBe(0);
  // No load ends, and a minute passes again and again.
  const held = Promise.withResolvers<void>();
  load = async () => held.promise;
  const minutes = setInterval(() => clock.putForward(60_000), 20);
  await Promise.all(Array.from({ length: 16 }, async () => sendMany(3)));
  clearInterval(minutes);
  expect(refused).toBeGreaterThan(5);
  held.resolve();
  await until('room', () => ingest.ledger().journal.bytes < journalBytesMax / 2);
  const refusedBefore = refused;
  await Promise.all(Array.from({ length: 16 }, async () => sendMany(3)));
  expect(refused).toBe(refusedBefore);
  await drained(ingest);
  expect(bytesMost).toBeLessThanOrEqual(journalBytesMax);
  expect(store.items()).toBe(acknowledged);
  await ingest.close();
}, 30_000);

test('A load that failed in the middle is repeated before anything newer of its signal is loaded', async () => {
  let failures = 3;
  store.afterLoad = () => {
    failures -= 1;
    if (failures >= 0) throw outage();
  };
  const request = protobufOf('traces', spansJson(20));
  const ingest = await openTestIngest(directory, store, { limits: { segmentBytesMax: request.length } });
  for (let sent = 0; sent < 6; sent += 1) await ingest.accept({ signal: 'traces', project: 'p', request });
  await drained(ingest);
  const [first] = store.attempts;
  expect(store.attempts.slice(0, 4)).toEqual([first, first, first, first]);
  expect(store.attempts).toHaveLength(9);
  expect(store.items()).toBe(120);
  await ingest.close();
});

test('A server that dies with a backlog, in the middle of a load, leaves every span for the next start to store once', async () => {
  const request = protobufOf('traces', spansJson(20));
  const limits = { segmentBytesMax: 2 * request.length };
  store.beforeLoad = async () => delay(10);
  const first = await openTestIngest(directory, store, { limits });
  for (let sent = 0; sent < 40; sent += 1) await first.accept({ signal: 'traces', project: 'p', request });
  await until('some loads', () => store.attempts.length > 5);
  store.afterLoad = () => {
    throw outage();
  };
  const storedBefore = store.items();
  await until('a load whose answer is lost', () => store.items() > storedBefore);
  await first.close();
  expect(store.items()).toBeLessThan(800);

  store.afterLoad = () => undefined;
  const second = await openTestIngest(directory, store, { limits });
  await drained(second);
  expect(store.items()).toBe(800);
  expect(second.ledger().rows[0]).toMatchObject({ accepted: 800, stored: 800, pending: 0 });
  await second.close();
});

test('The canary tells how long a span takes to be visible, and that it is not', async () => {
  let isBlind = false;
  const isTraceVisible = async (project: string, traceId: string): Promise<boolean> => {
    expect(project).toBe('_canary');
    const wanted = Buffer.from(traceId, 'hex');
    return !isBlind && store.stored.some(({ request }) => Buffer.from(request).includes(wanted));
  };
  const clock = clockToPutForward();
  const ingest = await openTestIngest(directory, store, { isTraceVisible, canaryIntervalMs: 10, clock });
  await until('the canary', () => ingest.canaryState.state === 'ok');
  expect(ingest.canaryState.lastVisibleMs).toBeLessThan(1000);
  isBlind = true;
  await until('the alarm', () => {
    clock.putForward(100);
    return ingest.canaryState.state === 'failing';
  });
  expect(ingest.canaryState.error).toContain('cannot be read');
  isBlind = false;
  await until('the recovery', () => ingest.canaryState.state === 'ok');
  await ingest.close();
  expect(ingest.canaryState.state).toBe('off');
});

test('A signal the engine cannot take in holds up no other, and does not pile up small segments', async () => {
  store.beforeLoad = ({ signal }) => {
    if (signal === 'metrics') throw outage();
  };
  const ingest = await openTestIngest(directory, store);
  for (let i = 0; i < 50; i += 1) {
    await ingest.accept({ signal: 'metrics', project: 'p', request: protobufOf('metrics', metricsJson(1)) });
    await send(ingest, spansJson(1));
  }
  await until('the spans', () => store.items('traces') === 50);
  expect(ingest.ledger().journal.segments).toBeLessThan(6);
  store.beforeLoad = () => undefined;
  await drained(ingest);
  expect(store.items('metrics')).toBe(50);
  await ingest.close();
});
