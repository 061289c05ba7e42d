/** What a disk, or another program, does to files of the journal: nothing that was acknowledged goes without being counted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import type { LedgerRow } from '@sightline/schema/api';
import { countItems } from '@sightline/schema/otlp';
import { realDisk } from './disk.ts';
import type { Ingest } from './ingest.ts';
import { readSegment } from './read-segment.ts';
import { FakeStore, outage } from './testing/fake-store.ts';
import { fileFaults } from './testing/file-faults.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { markedRequest } from './testing/payloads.ts';
import { seededRandom, testSeed, type Random } from './testing/random.ts';

let directory: string;
beforeEach(async () => (directory = await temporaryDirectory()));
afterEach(async () => removeDirectory(directory));

const projects = ['north', 'south'] as const;
interface Sent {
  readonly project: string;
  readonly request: Uint8Array;
}

/** Acknowledges requests of two projects that stay in the journal: `segments` of them sealed. */
async function acknowledge(ingest: Ingest, random: Random, count: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let i = 0; i < count; i += 1) {
    const project = random.pick(projects);
    const request = markedRequest('traces', random.bytes(16).toString('hex'), 1 + random.int(20));
    await ingest.accept({ signal: 'traces', project, request });
    sent.push({ project, request });
  }
  return sent;
}

const away = (): FakeStore => {
  const store = new FakeStore();
  store.beforeLoad = () => {
    throw outage();
  };
  return store;
};

const folder = (): string => join(directory, 'journal', 'traces');

async function segments(): Promise<string[]> {
  const files = await readdir(folder());
  return files
    .filter((file) => /\.(?:seg|loading)$/.test(file))
    .toSorted()
    .map((file) => join(folder(), file));
}

/** Every request is stored as it was sent, once, or counted as damaged; and the books say so. */
function check(ingest: Ingest, store: FakeStore, sent: readonly Sent[]): { readonly damaged: number } {
  const stored = store.stored.map(({ request }) => Buffer.from(request).toString('hex'));
  expect(new Set(stored).size).toBe(stored.length);
  const known = new Set(sent.map(({ request }) => Buffer.from(request).toString('hex')));
  for (const request of stored) expect(known).toContain(request);
  const rows = ingest.ledger().rows.filter(({ project }) => project !== '_canary');
  let damaged = 0;
  for (const project of projects) {
    const own = sent.filter((request) => request.project === project);
    const items = own.reduce((sum, { request }) => sum + countItems('traces', request), 0);
    const found = store.stored
      .filter((envelope) => envelope.project === project)
      .reduce((sum, { request }) => sum + countItems('traces', request), 0);
    const row = rows.find((candidate) => candidate.project === project);
    if (items === 0) continue;
    expect(row).toMatchObject({ accepted: items, stored: found, pending: 0, quarantined: items - found });
    damaged += items - found;
  }
  return { damaged };
}

const seed = testSeed();

test.each(Object.keys(fileFaults))(
  `%s in the newest segment, found by the next start (seed ${seed})`,
  async (name) => {
    const random = seededRandom(seed);
    const first = await openTestIngest(directory, away());
    const sent = await acknowledge(first, random, 40);
    await first.close();
    await ensure(fileFaults[name], 'fault')(ensure((await segments()).at(-1), 'segment'), random);

    const lines: string[] = [];
    const log = pino({ level: 'error' }, { write: (line) => lines.push(line) });
    const store = new FakeStore();
    const second = await openTestIngest(directory, store, { log });
    await drained(second);
    const { damaged } = check(second, store, sent);
    if (damaged > 0) expect(lines.join('')).toContain('cannot be read');
    await second.close();

    // What was set aside stays counted, and nothing of it is there twice.
    const third = await openTestIngest(directory, store);
    expect(check(third, store, sent)).toEqual({ damaged });
    expect(await readdir(folder())).toEqual([]);
    await third.close();
  },
);

test.each(Object.keys(fileFaults))(
  `%s in a sealed segment, found while the server runs (seed ${seed})`,
  async (name) => {
    const random = seededRandom(seed + 1);
    const store = new FakeStore();
    let isAway = true;
    let attempts = 0;
    store.beforeLoad = () => {
      attempts += 1;
      if (isAway) throw outage();
    };
    const ingest = await openTestIngest(directory, store, { limits: { segmentBytesMax: 12_000 } });
    const sent = await acknowledge(ingest, random, 40);
    expect(attempts).toBeGreaterThan(0);
    await ensure(fileFaults[name], 'fault')(random.pick(await segments()), random);
    isAway = false;
    await drained(ingest);
    check(ingest, store, sent);
    await ingest.close();
  },
);

test('A damaged or missing log of commits costs nothing where the segment is whole', async () => {
  for (const [index, fault] of Object.values(fileFaults).entries()) {
    const random = seededRandom(seed + index);
    const first = await openTestIngest(directory, away());
    const sent = await acknowledge(first, random, 10);
    await first.close();
    const [commits] = (await readdir(folder())).filter((file) => file.endsWith('.commits'));
    await fault(join(folder(), ensure(commits, 'log of commits')), random);
    const store = new FakeStore();
    const second = await openTestIngest(directory, store);
    await drained(second);
    const rows = second.ledger().rows as readonly LedgerRow[];
    expect(rows.map(({ quarantined }) => quarantined)).toEqual(rows.map(() => 0));
    expect(store.items()).toBe(sent.reduce((sum, { request }) => sum + countItems('traces', request), 0));
    await second.close();
    await removeDirectory(join(directory, 'quarantine'));
  }
});

test('A process that dies while it sets damage aside counts it once', async () => {
  const random = seededRandom(seed);
  const first = await openTestIngest(directory, away());
  const sent = await acknowledge(first, random, 40);
  await first.close();
  const path = ensure((await segments()).at(-1), 'segment');
  await writeFile(path, (await readFile(path)).fill(0, 1000, 3000));
  const commits = path.replace('.seg', '.commits');
  for (const file of [path, commits]) await copyFile(file, `${file}.kept`);

  const store = new FakeStore();
  const second = await openTestIngest(directory, store);
  await drained(second);
  const { damaged } = check(second, store, sent);
  expect(damaged).toBeGreaterThan(0);
  await second.close();
  // As if it had died before it deleted the segment.
  await copyFile(`${path}.kept`, path.replace('.seg', '.loading'));
  await copyFile(`${commits}.kept`, commits);

  const third = await openTestIngest(directory, store);
  await drained(third);
  expect(check(third, store, sent)).toEqual({ damaged });
  await third.close();
});

test.each([
  ['a copy under a name of its own', '0000000099-0123456789abcdef.seg', false],
  ['a copy with another number', '0000000099-MARKER.seg', false],
  ['a copy as if its loading had begun', 'NAME.loading', false],
  ['another name', '0000000099-0123456789abcdef.seg', true],
  ['another number', '0000000099-MARKER.seg', true],
])('A segment that lies there under %s is stored once', async (_what, as, isMoved) => {
  const random = seededRandom(seed);
  const first = await openTestIngest(directory, away(), { limits: { segmentBytesMax: 12_000 } });
  const sent = await acknowledge(first, random, 40);
  await first.close();
  for (const path of await segments()) {
    const name = basename(path).split('.')[0] ?? '';
    const to = join(folder(), as.replace('NAME', name).replace('MARKER', name.slice(11)));
    if (path === to || (isMoved && path !== (await segments()).at(-1))) continue;
    await (isMoved ? rename(path, to) : copyFile(path, to));
  }
  const store = new FakeStore();
  const second = await openTestIngest(directory, store);
  await drained(second);
  expect(check(second, store, sent).damaged).toBe(0);
  await second.close();
  const left = await readdir(folder());
  expect(left.filter((file) => !file.endsWith('.copy'))).toEqual([]);
  if (!isMoved) expect(left.length).toBeGreaterThan(0);
  // They are left alone by later starts, too.
  const third = await openTestIngest(directory, store);
  await drained(third);
  check(third, store, sent);
  await third.close();
});

/** What a person, or another program, may leave in the place of a file: to open a pipe waits for somebody who writes to it. */
const strangers: Readonly<Record<string, (segment: string) => void>> = {
  'a pipe in the place of a segment': (segment) => pipe(segment),
  'a pipe in the place of a log of commits': (segment) => pipe(segment.replace('.seg', '.commits')),
  'a pipe beside them': () => pipe(join(folder(), '0000000099-0123456789abcdef.seg')),
  'a pipe as if its loading had begun': () => pipe(join(folder(), '0000000099-0123456789abcdef.loading')),
  'a link to itself in the place of a segment': (segment) => linkToItself(segment),
  'a link to itself in the place of a log of commits': (segment) =>
    linkToItself(segment.replace('.seg', '.commits')),
  'a log of commits that is a pipe': () => pipe(join(folder(), '0000000099-0123456789abcdef.commits')),
  'a pipe in the quarantine': () => {
    mkdirSync(join(directory, 'quarantine'), { recursive: true });
    pipe(join(directory, 'quarantine', 'x.json'));
  },
};

function pipe(path: string): void {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
}

function linkToItself(path: string): void {
  rmSync(path, { force: true });
  symlinkSync(path, path);
}

test.skipIf(process.platform === 'win32').each(Object.keys(strangers))(
  'A start does not wait for %s',
  async (name) => {
    const random = seededRandom(seed);
    const first = await openTestIngest(directory, away(), { limits: { segmentBytesMax: 12_000 } });
    const sent = await acknowledge(first, random, 40);
    await first.close();
    const [segment] = (await segments()).filter((path) => path.endsWith('.seg'));
    ensure(strangers[name], 'stranger')(ensure(segment, 'segment'));
    const store = new FakeStore();
    const second = await openTestIngest(directory, store);
    await drained(second);
    const { damaged } = check(second, store, sent);
    expect(damaged > 0).toBe(name.endsWith('of a segment'));
    await second.close();
  },
);

test('What is acknowledged after a file with the greatest number is found by the next start', async () => {
  mkdirSync(folder(), { recursive: true });
  for (const number of ['9999999999', '999999999999999'])
    writeFileSync(join(folder(), `${number}-0123456789abcdef.commits`), 'x');
  const first = await openTestIngest(directory, away(), { limits: { segmentBytesMax: 12_000 } });
  const sent = await acknowledge(first, seededRandom(seed), 20);
  await first.close();
  const store = new FakeStore();
  const second = await openTestIngest(directory, store);
  await drained(second);
  expect(check(second, store, sent)).toEqual({ damaged: 0 });
  await second.close();
});

test('Of a file that is longer than any segment the beginning is read, and why is told', async () => {
  const path = join(directory, 'long.seg');
  writeFileSync(path, Buffer.alloc(5_000, 1));
  const { bytes, failure } = await readSegment(path, realDisk, 4_096);
  expect(bytes.length).toBe(4_096);
  expect(failure).toMatchObject({ message: 'it has 5000 bytes, more than any segment' });
});
