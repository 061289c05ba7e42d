import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock, unixNano } from '@sightline/base';
import { realDisk, type Disk } from './disk.ts';
import { readCommits } from './commit-log.ts';
import { encodeEnvelopeHead } from './envelope.ts';
import { Journal, trimSegment, type JournalRecord } from './journal.ts';
import { scanSegment } from './scan-segment.ts';
import { markerOf, type Segment } from './segment.ts';
import { removeDirectory, temporaryDirectory, until } from './testing/harness.ts';

let directory: string;
let sealed: Segment[];
let commits: number;

beforeEach(async () => {
  directory = await temporaryDirectory();
  sealed = [];
  commits = 0;
});
afterEach(async () => removeDirectory(directory));

function open(disk: Disk = realDisk, segmentBytesMax = 1 << 20): Journal {
  return new Journal({
    signal: 'traces',
    directory,
    firstSequence: 1,
    segmentBytesMax,
    clock: systemClock(),
    disk,
    events: {
      durable: () => undefined,
      begun: () => undefined,
      sealed: (segment) => sealed.push(segment),
      committed: () => (commits += 1),
      failed: () => undefined,
    },
  });
}

function record(bytes = 100): JournalRecord {
  const request = new Uint8Array(bytes).fill(bytes % 251);
  const received = unixNano(1n);
  const entry = { project: 'p', accepted: 1, rejections: [], received };
  const head = encodeEnvelopeHead({ ...entry, signal: 'traces', receivedUnixNano: received, request });
  return { head, request, entry };
}

async function recordsIn(segment: Segment): Promise<number> {
  await trimSegment(segment);
  const bytes = await readFile(segment.path);
  const { frames, intactBytes } = await scanSegment(bytes, markerOf(segment.name));
  expect(intactBytes).toBe(bytes);
  return frames.length;
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: the disk says no`), { code });

test('Many appends at once share few commits, and all are in the file', async () => {
  const journal = open();
  await Promise.all(Array.from({ length: 1000 }, async () => journal.append(record())));
  expect(commits).toBeLessThan(20);
  journal.requestSeal();
  await until('the seal', () => sealed.length === 1);
  expect(await recordsIn(sealed[0] as Segment)).toBe(1000);
  expect(sealed[0]?.tally.accepted).toBe(1000);
  await journal.close();
});

test('A segment is sealed when it is full', async () => {
  const journal = open(realDisk, 10_000);
  for (let i = 0; i < 30; i += 1) await journal.append(record(1000));
  await until('three seals', () => sealed.length === 3);
  expect(await Promise.all(sealed.map(recordsIn))).toEqual([10, 10, 10]);
  await journal.close();
});

test('An append is not acknowledged before the sync that covers it', async () => {
  let syncs = 0;
  const journal = open({
    ...realDisk,
    sync: async (file) => {
      await realDisk.sync(file);
      syncs += 1;
    },
  });
  await journal.append(record());
  expect(syncs).toBe(1);
  await Promise.all([journal.append(record()), journal.append(record())]);
  expect(syncs).toBeGreaterThanOrEqual(2);
  await journal.close();
});

test('A write that stops half-way for want of space leaves no partial record, and heals when space returns', async () => {
  let full = false;
  const journal = open({
    ...realDisk,
    write: async (file, buffers, position) => {
      if (!full) return realDisk.write(file, buffers, position);
      await file.write(Buffer.concat(buffers).subarray(0, 50), 0, 50, position);
      throw failure('ENOSPC');
    },
  });
  await journal.append(record());
  full = true;
  await expect(journal.append(record())).rejects.toMatchObject({ code: 'disk_full', retryAfterS: 5 });
  full = false;
  await journal.append(record());
  journal.requestSeal();
  await until('the seal', () => sealed.length === 1);
  expect(await recordsIn(sealed[0] as Segment)).toBe(2);
  await journal.close();
});

test('After a failed sync the segment is given up with what was acknowledged, even if it cannot be cut at once', async () => {
  let broken = false;
  const journal = open({
    ...realDisk,
    sync: async (file) => {
      if (broken) throw failure('EIO');
      await realDisk.sync(file);
    },
    truncate: async () => {
      throw failure('EIO');
    },
  });
  await journal.append(record());
  broken = true;
  await expect(journal.append(record())).rejects.toMatchObject({ code: 'journal_unavailable' });
  broken = false;
  await journal.append(record());
  journal.requestSeal();
  await until('both seals', () => sealed.length === 2);
  expect(await Promise.all(sealed.map(recordsIn))).toEqual([1, 1]);
  await journal.close();
});

test.each(['EROFS', 'EACCES', 'EIO'])(
  'A journal that cannot be opened (%s) refuses and recovers',
  async (code) => {
    let broken = true;
    const journal = open({
      ...realDisk,
      create: async (path) => {
        if (broken) throw failure(code);
        return realDisk.create(path);
      },
    });
    await expect(journal.append(record())).rejects.toMatchObject({ code: 'journal_unavailable' });
    broken = false;
    await journal.append(record());
    await journal.close();
    expect((await readdir(directory)).map((file) => file.replace(/.*\./, ''))).toEqual(['commits', 'seg']);
  },
);

test('A new segment is not used before its name is durable', async () => {
  const synced: string[] = [];
  const journal = open({ ...realDisk, syncDirectory: async (path) => void synced.push(path) });
  await journal.append(record());
  expect(synced).toEqual([directory]);
  await journal.close();
  expect(join(directory, (await readdir(directory))[1] ?? '')).toMatch(/0000000001-[0-9a-f]{16}\.seg$/);
});

test('The log of commits knows the length and the items of each project, less what was taken back', async () => {
  let broken = false;
  const journal = open({
    ...realDisk,
    sync: async (file) => {
      if (broken) throw failure('EIO');
      await realDisk.sync(file);
    },
  });
  await Promise.all([journal.append(record()), journal.append(record())]);
  const [commits, segment] = (await readdir(directory)).map((file) => join(directory, file)) as [
    string,
    string,
  ];
  const { length } = await readFile(segment);
  expect(await readCommits(commits)).toEqual({ bytes: length, items: new Map([['p', 2]]), isExact: true });
  broken = true;
  await expect(journal.append(record())).rejects.toMatchObject({ code: 'journal_unavailable' });
  expect(await readCommits(commits)).toEqual({ bytes: length, items: new Map([['p', 2]]), isExact: true });
  expect((await readFile(segment)).length).toBe(length);
  await journal.close();
});

test('An append is refused where its commit cannot be noted, and the next one finds a new segment', async () => {
  let broken = false;
  let writes = 0;
  const journal = open({
    ...realDisk,
    write: async (file, buffers, position) => {
      writes += 1;
      if (broken && writes % 2 === 0) throw failure('ENOSPC');
      await realDisk.write(file, buffers, position);
    },
  });
  await journal.append(record());
  broken = true;
  await expect(journal.append(record())).rejects.toMatchObject({ code: 'disk_full' });
  broken = false;
  await journal.append(record());
  journal.requestSeal();
  await until('both seals', () => sealed.length === 2);
  expect(await Promise.all(sealed.map(recordsIn))).toEqual([1, 1]);
  await journal.close();
});
