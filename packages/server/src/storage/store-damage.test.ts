/** Real store directories, damaged while nobody has them open: the store says what is gone, and never begins anew beside data. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { prepareStore } from '../testing/prepared-data.ts';
import { openStore } from './open-store.ts';
import type { StoreCondition, TelemetryStore } from './telemetry-store.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { dayNanos, recordOf, SegmentLoader, spansRequest, testNow } from './testing/segments.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const spanCount = 300;
let base: string;
let whole: string;
let copies = 0;

const open = async (directory: string): Promise<TelemetryStore> =>
  openStore({ kind: 'embedded', directory, writers: 1, readers: 2 }, fixedClock);

const id = (kind: string, index: number): string => `${kind}${(index + 1).toString(16).padStart(4, '0')}`;
const request = (kind: string, count: number, start: bigint) =>
  spansRequest(
    's',
    Array.from({ length: count }, (_, index) => ({
      trace: id(kind, index),
      span: id(kind, index),
      name: `span ${kind} ${index}`,
      start,
    })),
  );

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'sightline-damage-'));
  whole = join(base, 'whole');
  await prepareStore(whole);
  const store = await open(whole);
  const loader = new SegmentLoader(store, join(base, 'segments'));
  await loader.load('traces', [recordOf('traces', request('a', spanCount, testNow - dayNanos))]);
  await loader.load('traces', [recordOf('traces', request('b', 7, testNow))]);
  await store.inspect();
  await store.close();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A copy of the store, to be damaged. */
function copy(): string {
  copies += 1;
  const directory = join(base, `copy-${copies}`);
  cpSync(whole, directory, { recursive: true, verbatimSymlinks: true });
  return directory;
}

/** The folder of the part with the 300 spans. */
function spansPart(directory: string): string {
  const [found] = globSync(join(directory, 'store/*/*/20261117_*/count.txt'))
    .filter((file) => readFileSync(file, 'utf8') === String(spanCount))
    .filter((file) => readFileSync(join(dirname(file), 'columns.txt'), 'utf8').includes('`long_attributes`'));
  if (found === undefined) throw new Error('The part is not there.');
  return dirname(found);
}

async function conditionOf(directory: string): Promise<StoreCondition> {
  const store = await open(directory);
  try {
    return await store.inspect();
  } finally {
    await store.close();
  }
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

it('finds nothing wrong with a store that is whole, deleted traces and dropped days included', async () => {
  const directory = copy();
  const store = await open(directory);
  const traceId = id('b', 0).padStart(32, '0');
  await store.deleteTrace({ project: 'default', traceId });
  await store.verify(async () => true);
  expect(await store.inspect()).toEqual({
    missingTables: [],
    damagedParts: [],
    restored: [],
    isInventoryLost: false,
    excessGrants: [],
  });
  await store.enforceRetention({ days: { traces: 1, logs: 1, metrics: 1 }, capBytes: 1 });
  expect((await store.inspect()).damagedParts).toEqual([]);
  const { rows } = await store.query<{ count: string }>({ sql: 'SELECT count() AS count FROM spans' });
  expect(Number(rows[0]?.count)).toBeLessThan(spanCount);
  await store.close();
  expect(await conditionOf(directory)).toEqual({
    missingTables: [],
    damagedParts: [],
    restored: [],
    isInventoryLost: false,
    excessGrants: [],
  });
});

describe('a part that the engine sets aside is named with its day and rows', () => {
  it.each([
    ['100 bytes cut off', (part: string) => truncateSync(join(part, 'data.bin'), 1000)],
    ['a file gone', (part: string) => rmSync(join(part, 'primary.cidx'))],
    ['its checksums zeroed', (part: string) => writeFileSync(join(part, 'checksums.txt'), Buffer.alloc(600))],
    ['its columns flipped', (part: string) => flipBit(join(part, 'columns.txt'), 3)],
  ])('%s', async (_, damage) => {
    const directory = copy();
    damage(spansPart(directory));
    const { damagedParts } = await conditionOf(directory);
    expect(damagedParts).toEqual([
      expect.objectContaining({ table: 'spans', day: '2026-11-17', rows: spanCount, reason: 'set_aside' }),
    ]);
  });

  it('also where the store was never looked at before', async () => {
    const directory = copy();
    rmSync(join(directory, 'parts.json'));
    truncateSync(join(spansPart(directory), 'data.bin'), 1000);
    const { damagedParts } = await conditionOf(directory);
    expect(damagedParts).toMatchObject([{ table: 'spans', rows: spanCount, reason: 'set_aside' }]);
  });
});

it.each(['garbage', 'null', '{}', ''])('says that its list of parts could not be read: %j', async (text) => {
  const directory = copy();
  writeFileSync(join(directory, 'parts.json'), text);
  expect(await conditionOf(directory)).toMatchObject({ damagedParts: [], isInventoryLost: true });
  // The list was made anew.
  rmSync(spansPart(directory), { recursive: true });
  expect(await conditionOf(directory)).toMatchObject({
    damagedParts: [{ table: 'spans', reason: 'missing' }],
    isInventoryLost: false,
  });
});

it('misses a part whose files are gone, until the loss is accepted', async () => {
  const directory = copy();
  rmSync(spansPart(directory), { recursive: true });
  const lost = { table: 'spans', day: '2026-11-17', rows: spanCount, reason: 'missing' };
  expect((await conditionOf(directory)).damagedParts).toMatchObject([lost]);
  // It is not forgotten by looking.
  const store = await open(directory);
  expect((await store.inspect()).damagedParts).toMatchObject([lost]);
  expect(await store.acceptDamage()).toMatchObject([lost]);
  expect((await store.inspect()).damagedParts).toEqual([]);
  await store.close();
  expect((await conditionOf(directory)).damagedParts).toEqual([]);
});

it('finds a flipped bit by reading everything, tells it apart from bad statements, and can go on without the part', async () => {
  const directory = copy();
  const part = spansPart(directory);
  flipBit(join(part, 'data.bin'), 5000);
  const store = await open(directory);
  const read = { sql: 'SELECT count() FROM spans WHERE NOT ignore(*)' };
  await expect(store.query(read)).rejects.toMatchObject({ kind: 'damaged' });
  await expect(
    store.queryUntrusted({ sql: 'SELECT * FROM spans', project: 'default' }),
  ).rejects.toMatchObject({ kind: 'damaged' });
  await expect(store.query({ sql: "SELECT toUInt8('')" })).rejects.toMatchObject({ kind: 'refused' });
  await store.verify(async () => true);
  const unreadable = { table: 'spans', day: '2026-11-17', rows: spanCount, reason: 'unreadable' };
  expect((await store.inspect()).damagedParts).toMatchObject([unreadable]);
  expect(await store.acceptDamage()).toMatchObject([
    { table: 'spans', rows: spanCount, reason: 'set_aside' },
  ]);
  expect((await store.inspect()).damagedParts).toEqual([]);
  expect((await store.query(read)).rows).toHaveLength(1);
  await store.close();
});

describe('a definition that is gone or changed is put back', () => {
  const isWhole = async (directory: string): Promise<void> => {
    const store = await open(directory);
    const { rows } = await store.query<{ count: string }>({ sql: 'SELECT count() AS count FROM spans' });
    expect(Number(rows[0]?.count)).toBe(spanCount + 7);
    await store.close();
  };

  it.each([
    ['of a table', 'sightline/spans.sql', (path: string) => rmSync(path)],
    ['of the schema', 'sightline/schema_migrations.sql', (path: string) => rmSync(path)],
    [
      'of a view, zeroed',
      'sightline/trace_starts_view.sql',
      (path: string) => writeFileSync(path, Buffer.alloc(99)),
    ],
    ['of a table, one bit', 'sightline/logs.sql', (path: string) => flipBit(path, 40)],
    ['of the database', 'sightline.sql', (path: string) => rmSync(path)],
    ['of everything', '', (path: string) => rmSync(path, { recursive: true })],
  ])('%s', async (_, file, damage) => {
    const directory = copy();
    damage(join(directory, 'metadata', file));
    expect((await conditionOf(directory)).restored).toContain(file === '' ? 'sightline.sql' : file);
    await isWhole(directory);
  });

  it('and where there is no copy, no fresh store is made', async () => {
    const directory = copy();
    rmSync(join(directory, 'table-definitions.json'));
    rmSync(join(directory, 'metadata/sightline.sql'));
    await expect(open(directory)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(existsSync(join(directory, 'metadata/sightline.sql'))).toBe(false);
  });
});

it('names the definition that cannot be read, where there is no copy of it', async () => {
  const directory = copy();
  rmSync(join(directory, 'table-definitions.json'));
  writeFileSync(join(directory, 'metadata/sightline/spans.sql'), '');
  await expect(open(directory)).rejects.toMatchObject({
    code: 'store_damaged',
    message: expect.stringContaining('spans.sql'),
  });
});

const aPipe = (path: string): void => void execFileSync('mkfifo', [path]);
const aLinkToItself = (path: string): void => symlinkSync(path, path);
const ofAPart = (directory: string): string => join(spansPart(directory), 'primary.cidx');
const listOfParts = (directory: string): string => join(directory, 'parts.json');

it.skipIf(process.platform === 'win32').each([
  ['a pipe in the place of a file of a part', ofAPart, aPipe],
  ['a pipe in the place of the list of parts', listOfParts, aPipe],
  ['a link to itself in the place of a file of a part', ofAPart, aLinkToItself],
  ['a link to itself in the place of the list of parts', listOfParts, aLinkToItself],
])('does not wait for %s, and names it', async (_, place, put) => {
  const directory = copy();
  const path = place(directory);
  rmSync(path);
  put(path);
  await expect(open(directory)).rejects.toMatchObject({
    code: 'store_damaged',
    message: expect.stringContaining(path),
  });
  rmSync(path);
  const { damagedParts, isInventoryLost } = await conditionOf(directory);
  expect(damagedParts.length > 0 || path.endsWith('parts.json')).toBe(true);
  expect(isInventoryLost).toBe(false);
});

it('says which table is missing where one is dropped', async () => {
  const directory = copy();
  const store = await open(directory);
  rmSync(join(directory, 'table-definitions.json'));
  rmSync(join(directory, 'metadata/sightline/logs.sql'));
  await store.close();
  const { missingTables } = await conditionOf(directory);
  expect(missingTables).toEqual(['logs']);
});

it('notes new parts in a short look: one that is gone later is missed, and a loss that is known stays told', async () => {
  const directory = copy();
  const store = await open(directory);
  const loader = new SegmentLoader(store, join(base, 'segments-noted'));
  await loader.load('traces', [recordOf('traces', request('c', 11, testNow - dayNanos))]);
  expect(await store.noteNew()).toBe(true);
  await store.close();
  for (const file of globSync(join(directory, 'store/*/*/20261117_*/count.txt')))
    if (readFileSync(file, 'utf8') === '11') rmSync(dirname(file), { recursive: true });
  const again = await open(directory);
  const isOfSpans = ({ table }: { readonly table: string }): boolean => table === 'spans';
  for (let look = 0; look < 2; look += 1) {
    const { damagedParts } = await again.inspect();
    expect(damagedParts.filter(isOfSpans)).toMatchObject([{ rows: 11, reason: 'missing' }]);
    expect(await again.noteNew()).toBe(true);
  }
  await again.close();
});
