import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock, unixNano } from '@sightline/base';
import { type MainProcess, runMain } from '../testing/run-main.ts';
import { encodeEnvelope } from './envelope.ts';
import type { Ingest } from './ingest.ts';
import { Quarantine } from './quarantine.ts';
import { FakeStore, outage, refusal } from './testing/fake-store.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { protobufOf, spansJson } from './testing/payloads.ts';

let directory: string;
let store: FakeStore;
beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new FakeStore();
});
afterEach(async () => removeDirectory(directory));

const send = async (ingest: Ingest, spans: number): Promise<unknown> =>
  ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(spans)) });
const files = async (): Promise<readonly string[]> => readdir(join(directory, 'quarantine')).catch(() => []);
const row = (ingest: Ingest) => ingest.ledger().rows[0];

/** Refuses what has spans; the engine itself is sound. */
const refuse = (): void => {
  store.beforeLoad = (_segment, envelopes) => {
    if (envelopes.some(({ accepted }) => accepted > 0)) throw refusal('CANNOT_PARSE_TEXT');
  };
};
const takeIn = (): void => {
  store.beforeLoad = () => undefined;
};

test('What was refused is stored when its reason is mended, once, and leaves the folder', async () => {
  refuse();
  const first = await openTestIngest(directory, store);
  await send(first, 3);
  await drained(first);
  expect(row(first)).toMatchObject({ accepted: 3, stored: 0, quarantined: 3 });
  expect(await first.resendQuarantine('')).toMatchObject({ stored: 0, refused: 3, items: 0, next: null });
  expect(await files()).toHaveLength(9);
  expect(row(first)).toMatchObject({ accepted: 3, stored: 0, quarantined: 3 });
  const { quarantineBytes } = first.ledger().journal;
  expect(quarantineBytes).toBeGreaterThan(0);
  await first.close();

  const second = await openTestIngest(directory, store);
  expect(second.ledger().journal.quarantineBytes).toBe(quarantineBytes);
  takeIn();
  const copy = await temporaryDirectory();
  await cp(join(directory, 'quarantine'), copy, { recursive: true });
  expect(await second.resendQuarantine('')).toMatchObject({ stored: 3, refused: 0, items: 3, next: null });
  expect(store.items()).toBe(3);
  expect(row(second)).toMatchObject({ accepted: 3, stored: 3, quarantined: 0, quarantines: [] });
  expect(second.ledger().journal.quarantineBytes).toBe(0);
  expect(await files()).toEqual([]);
  await second.close();

  // As if it had been killed after storing and before taking out.
  await cp(copy, join(directory, 'quarantine'), { recursive: true });
  await removeDirectory(copy);
  const third = await openTestIngest(directory, store);
  expect(await third.resendQuarantine('')).toMatchObject({ stored: 3, next: null });
  expect(store.items()).toBe(3);
  expect(row(third)).toMatchObject({ accepted: 3, stored: 3, quarantined: 0 });
  await third.close();
});

test('A store that is away changes nothing, and many pieces are told of some at a time', async () => {
  refuse();
  const ingest = await openTestIngest(directory, store);
  await send(ingest, 45);
  await drained(ingest);
  store.beforeLoad = () => {
    throw outage();
  };
  await expect(ingest.resendQuarantine('')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await files()).toHaveLength(135);
  takeIn();
  let calls = 0;
  let stored = 0;
  for (let after: string | null = ''; after !== null; calls += 1) {
    const answer: Awaited<ReturnType<Ingest['resendQuarantine']>> = await ingest.resendQuarantine(after);
    stored += answer.stored;
    after = answer.next;
  }
  expect({ calls, stored, items: store.items() }).toEqual({ calls: 3, stored: 45, items: 45 });
  await ingest.close();
});

test('Nothing is accepted while the quarantine fills what it and the journal have, and again afterwards', async () => {
  refuse();
  const ingest = await openTestIngest(directory, store, { limits: { journalBytesMax: 6000 } });
  await until('the quarantine to be full', async () => {
    const isOpen = await send(ingest, 2).then(
      () => true,
      () => false,
    );
    await drained(ingest);
    return !isOpen;
  });
  await expect(send(ingest, 2)).rejects.toMatchObject({
    code: 'overloaded',
    message: expect.stringContaining('resend-quarantine'),
  });
  expect(ingest.ledger().journal.quarantineBytes).toBeLessThan(6600);
  takeIn();
  while ((await ingest.resendQuarantine('')).next !== null);
  await send(ingest, 2);
  await drained(ingest);
  expect(row(ingest)).toMatchObject({ pending: 0, quarantined: 0, stored: store.items() });
  await ingest.close();
});

test('A real server stores a piece again, and keeps what is damaged', { timeout: 60_000 }, async () => {
  const clock = systemClock();
  const record = encodeEnvelope({
    signal: 'traces',
    project: 'default',
    receivedUnixNano: unixNano(clock.now()),
    accepted: 3,
    rejections: [],
    request: protobufOf('traces', spansJson(3)),
  });
  const quarantine = new Quarantine(directory);
  const why = { signal: 'traces', project: 'default', items: 3, reason: 'OLD_FAULT', message: '' } as const;
  await quarantine.put('traces/1-good/0', record, why, '2026-11-21T00:00:00Z');
  const broken = record.slice(0, -3);
  await quarantine.put('traces/2-torn', broken, { ...why, reason: 'damaged' }, '2026-11-21T00:00:00Z');
  let main: MainProcess | undefined;
  try {
    main = runMain(['--data', directory, '--canary-interval', 'off']);
    const { ui } = await main.ready();
    const ask = async (path: string, init?: RequestInit) =>
      (await (await fetch(`${ui}/api/v1${path}`, init)).json()) as Record<string, unknown>;
    expect(await ask('/status')).toMatchObject({
      problems: [
        { code: 'journal_damaged', message: expect.stringMatching(/^3 items were accepted/) },
        {
          code: 'quarantined_items',
          message: expect.stringMatching(/^3 items were accepted/),
          hint: expect.stringContaining('resend-quarantine'),
        },
      ],
    });
    const resend = async () =>
      ask('/quarantine/resend', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    expect(await resend()).toMatchObject({ stored: 1, items: 3, refused: 0, damaged: 1, next: null });
    const answer = await ask('/spans?from=-30d');
    expect(answer['spans']).toHaveLength(3);
    expect(await ask('/ledger')).toMatchObject({
      rows: [
        {
          project: 'default',
          accepted: 6,
          stored: 3,
          quarantined: 3,
          quarantines: [{ reason: 'damaged', count: 3 }],
        },
      ],
      journal: { quarantineBytes: broken.length },
    });
    expect(await resend()).toMatchObject({ stored: 0, damaged: 1 });
    const metrics = await (await fetch(`${ui}/metrics`)).text();
    expect(metrics).toContain(`sightline_quarantine_bytes ${broken.length}`);
  } finally {
    main?.kill('SIGKILL');
    await main?.ended();
  }
});
