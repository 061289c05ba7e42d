/** A disk that lets a segment be neither moved nor set aside nor deleted: the rest goes on, it is said, and nothing is lost or stored twice. */
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import { countItems } from '@sightline/schema/otlp';
import { realDisk, type Disk } from './disk.ts';
import type { Ingest, IngestOptions } from './ingest.ts';
import { FakeStore, outage } from './testing/fake-store.ts';
import { openTestIngest, removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
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

const sent = 40 * 5;
const folder = (): string => join(directory, 'journal', 'traces');
const quarantine = (): string => join(directory, 'quarantine');

const opened = async (options: Partial<IngestOptions> = {}): Promise<Ingest> =>
  openTestIngest(directory, store, { limits: { segmentBytesMax: 6_000 }, stuckMs: 50, ...options });

/** Several segments wait in the journal. Gives one that no load has begun with. */
async function acknowledge(ingest: Ingest): Promise<string> {
  for (let i = 0; i < 40; i += 1) {
    const request = markedRequest('traces', (i + 1).toString(16).padStart(32, '0'), 5);
    await ingest.accept({ signal: 'traces', project: 'north', request });
  }
  const files = (await readdir(folder())).filter((file) => file.endsWith('.seg')).toSorted();
  expect(files.length).toBeGreaterThan(2);
  return join(folder(), ensure(files[0], 'segment'));
}

async function flipOneBit(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 2_000);
  byte[0] = (byte[0] ?? 0) ^ 4;
  await file.write(byte, 0, 1, 2_000);
  await file.close();
}

const storedItems = (): number =>
  store.stored
    .filter(({ project }) => project !== '_canary')
    .reduce((sum, { request }) => sum + countItems('traces', request), 0);

const row = (ingest: Ingest) => ensure(ingest.ledger().rows[0], 'row');

/** Every acknowledged item is in one book, and the tables hold what the books say. */
function check(ingest: Ingest): void {
  const { accepted, stored, pending, quarantined } = row(ingest);
  expect({ accepted, stored }).toEqual({ accepted: sent, stored: storedItems() });
  expect(stored + pending + quarantined).toBe(sent);
}

const metric = (ingest: Ingest, name: string): number | undefined =>
  ingest.metrics().find((each) => each.name === name)?.samples[0]?.value;

/** Answers with EIO to one operation on paths that hold the text. */
function failing(operation: 'rename' | 'remove', fault: { on: string | undefined }): Disk {
  const meets = (path: string): boolean => fault.on !== undefined && path.includes(fault.on);
  const eio = Object.assign(new Error(`EIO: i/o error, ${operation}`), { code: 'EIO' });
  return {
    ...realDisk,
    rename: async (from, to) => {
      if (operation === 'rename' && (meets(from) || meets(to))) throw eio;
      await realDisk.rename(from, to);
    },
    remove: async (path) => {
      if (operation === 'remove' && meets(path)) throw eio;
      await realDisk.remove(path);
    },
  };
}

test.each(['EIO', 'a directory in the way'])(
  'A segment that cannot be renamed (%s) keeps no other from being stored, and follows when it can',
  async (kind) => {
    const fault: { on: string | undefined } = { on: undefined };
    const ingest = await opened({ disk: failing('rename', fault) });
    const name = basename(await acknowledge(ingest), '.seg');
    const inTheWay = join(folder(), `${name}.loading`);
    if (kind === 'EIO') fault.on = name;
    else await mkdir(join(inTheWay, 'not-empty'), { recursive: true });
    isAway = false;
    await until('all other segments to be stored', () => ingest.ledger().journal.segments === 1);
    await until('the failure to be said', () => ingest.diskFailure !== undefined);
    expect(ingest.journalFailure).toMatch(/^1 segments of the journal cannot be loaded: E[A-Z]+: .*rename/);
    expect(metric(ingest, 'sightline_journal_stuck_segments')).toBe(1);
    expect(ingest.isStoreAway).toBe(false);
    expect(row(ingest).pending).toBeGreaterThan(0);
    check(ingest);

    fault.on = undefined;
    await rm(inTheWay, { recursive: true, force: true });
    await until('the last segment', () => ingest.ledger().journal.segments === 0);
    expect(row(ingest).stored).toBe(sent);
    check(ingest);
    expect([ingest.diskFailure, ingest.journalFailure]).toEqual([undefined, undefined]);
    await ingest.close();
  },
);

test.each(['a file in the place of the quarantine', 'EIO'])(
  'What cannot be put into the quarantine (%s) is counted and said, and is put there by the next start',
  async (kind) => {
    const fault: { on: string | undefined } = { on: kind === 'EIO' ? 'quarantine' : undefined };
    if (kind !== 'EIO') await writeFile(quarantine(), '');
    const ingest = await opened({ disk: failing('rename', fault) });
    const path = await acknowledge(ingest);
    await flipOneBit(path);
    isAway = false;
    await until('all segments to be stored', () => ingest.ledger().journal.segments === 0);
    const lost = row(ingest).quarantined;
    expect(lost).toBe(5);
    check(ingest);
    expect(ingest.journalFailure).toContain('1 pieces cannot be put into the quarantine: E');
    expect(metric(ingest, 'sightline_quarantine_unwritten_pieces')).toBe(1);
    expect(ingest.ledger().journal.quarantineBytes).toBeGreaterThan(0);
    await ingest.close();
    // Its bytes are still there.
    expect(await readdir(folder())).toContain(basename(path).replace('.seg', '.loading'));

    if (kind !== 'EIO') await rm(quarantine());
    const again = await opened();
    await until('the piece', () => again.ledger().journal.segments === 0);
    expect(row(again).quarantined).toBe(lost);
    check(again);
    expect(again.diskFailure).toBe(undefined);
    expect((await readdir(quarantine())).filter((file) => file.endsWith('.pb'))).toHaveLength(1);
    await again.close();
    expect(await readdir(folder())).toEqual([]);
  },
);

test('A stored segment that cannot be deleted is emptied, so that no later start stores it again', async () => {
  const fault: { on: string | undefined } = { on: undefined };
  const ingest = await opened({ disk: failing('remove', fault) });
  const name = basename(await acknowledge(ingest), '.seg');
  fault.on = name;
  isAway = false;
  await until('all segments to be stored', () => ingest.ledger().journal.segments === 0);
  await ingest.close();
  expect(await stat(join(folder(), `${name}.loading`))).toMatchObject({ size: 0 });
  // As an engine that remembers its newest tokens only.
  store.tokens.clear();
  const again = await opened();
  await until('the journal to be empty', async () => (await readdir(folder())).length === 0);
  check(again);
  await again.close();
});
