/** A segment that the disk does not give back: the rest of the signal goes on, and every acknowledged item is stored or counted. */
import { mkdir, readdir, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import type { LedgerRow } from '@sightline/schema/api';
import { countItems } from '@sightline/schema/otlp';
import { realDisk, type Disk } from './disk.ts';
import type { Ingest } from './ingest.ts';
import { FakeStore, outage } from './testing/fake-store.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { markedRequest } from './testing/payloads.ts';

let directory: string;
let store: FakeStore;
let isAway: boolean;
beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new FakeStore();
  isAway = true;
  store.beforeLoad = () => {
    if (isAway) throw outage();
  };
});
afterEach(async () => removeDirectory(directory));

const limits = { segmentBytesMax: 12_000 };
const folder = (): string => join(directory, 'journal', 'traces');
const sent = 40 * 5;

/** Several segments of two projects wait in the journal. */
async function acknowledge(ingest: Ingest): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    const request = markedRequest('traces', (i + 1).toString(16).padStart(32, '0'), 5);
    await ingest.accept({ signal: 'traces', project: i % 2 === 0 ? 'north' : 'south', request });
  }
}

async function aSegment(): Promise<string> {
  const files = (await readdir(folder())).filter((file) => /\.(?:seg|loading)$/.test(file)).toSorted();
  expect(files.length).toBeGreaterThan(2);
  return join(folder(), ensure(files[1], 'segment'));
}

const nameOf = (path: string): string => basename(path).split('.')[0] ?? '';

/** Answers with EIO where a read of the named segment meets a byte from `from` to `to`, `times` times. */
function badDisk(bad: { name: string; from: number; to: number; times: number }): Disk {
  return {
    ...realDisk,
    read: async (file, buffer, position) => {
      const path = await readlink(`/proc/self/fd/${file.fd}`);
      if (nameOf(path) !== bad.name || position >= bad.to || position + buffer.length <= bad.from)
        return realDisk.read(file, buffer, position);
      if ((bad.times -= 1) < 0) return realDisk.read(file, buffer, position);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    },
  };
}

const storedItems = (): number =>
  store.stored
    .filter(({ project }) => project !== '_canary')
    .reduce((sum, { request }) => sum + countItems('traces', request), 0);

/** Gives how many items are counted as unreadable. */
function check(ingest: Ingest): number {
  const rows: readonly LedgerRow[] = ingest.ledger().rows;
  const sum = (of: (row: LedgerRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  expect(sum(({ accepted }) => accepted)).toBe(sent);
  expect(sum(({ pending }) => pending)).toBe(0);
  expect(sum(({ stored }) => stored)).toBe(storedItems());
  for (const { quarantines } of rows) for (const { reason } of quarantines) expect(reason).toBe('unreadable');
  const lost = sum(({ quarantined }) => quarantined);
  expect(storedItems() + lost).toBe(sent);
  return lost;
}

async function kept(name: string): Promise<boolean> {
  return (await readdir(join(directory, 'quarantine')).catch((): string[] => [])).includes(
    `traces.${name}.seg`,
  );
}

test.each([
  ['one block', 4096, 8192],
  ['every byte', 0, Infinity],
])(
  'EIO at %s while the server runs: the rest is stored, and the file is kept',
  async (_what: string, from: number, to: number) => {
    const bad = { name: '', from, to, times: Infinity };
    const disk = badDisk(bad);
    const ingest = await openTestIngest(directory, store, { disk, limits });
    await acknowledge(ingest);
    bad.name = nameOf(await aSegment());
    isAway = false;
    await drained(ingest);
    const lost = check(ingest);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(sent);
    expect(await kept(bad.name)).toBe(true);
    expect(ingest.isStoreAway).toBe(false);
    await ingest.close();
    expect(await readdir(folder())).toEqual([]);

    const again = await openTestIngest(directory, store, { limits });
    expect(check(again)).toBe(lost);
    expect(again.ledger().journal.quarantineBytes).toBeGreaterThan(0);
    await again.close();
  },
);

test('EIO at a start: what was acknowledged is known from the log of commits', async () => {
  const first = await openTestIngest(directory, store, { limits });
  await acknowledge(first);
  await first.close();
  const name = nameOf(await aSegment());
  isAway = false;
  const disk = badDisk({ name, from: 0, to: Infinity, times: Infinity });
  const second = await openTestIngest(directory, store, { disk, limits });
  await drained(second);
  expect(check(second)).toBeGreaterThan(0);
  expect(await kept(name)).toBe(true);
  await second.close();
});

test('EIO that passes costs nothing', async () => {
  const bad = { name: '', from: 0, to: Infinity, times: 3 };
  const ingest = await openTestIngest(directory, store, { disk: badDisk(bad), limits });
  await acknowledge(ingest);
  bad.name = nameOf(await aSegment());
  isAway = false;
  await drained(ingest);
  expect(check(ingest)).toBe(0);
  expect(bad.times).toBeLessThanOrEqual(0);
  await ingest.close();
});

test.each(['while the server runs', 'at a start'])('A directory in place of a segment, %s', async (when) => {
  const isRunning = when === 'while the server runs';
  const first = await openTestIngest(directory, store, { limits });
  await acknowledge(first);
  if (!isRunning) await first.close();
  const path = await aSegment();
  await rm(path);
  await mkdir(path);
  isAway = false;
  const ingest = isRunning ? first : await openTestIngest(directory, store, { limits });
  await drained(ingest);
  expect(check(ingest)).toBeGreaterThan(0);
  expect(await kept(nameOf(path))).toBe(true);
  await ingest.close();
  expect(await readdir(folder())).toEqual([]);
});
