/** A ClickHouse server that is killed, robbed of a part's files and started again: Sightline says what is gone, whoever else loads and deletes there. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from './open-store.ts';
import type { TelemetryStore } from './telemetry-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { dayNanos, recordOf, SegmentLoader, spansRequest, testNow } from './testing/segments.ts';

const timeout = 120_000;
let base: string;
let servers: Awaited<ReturnType<typeof startClickHouse>>;
let store: TelemetryStore;
let loader: SegmentLoader;
const opened: TelemetryStore[] = [];

/** As a Sightline server with its own data directory has it. */
async function open(name: string): Promise<TelemetryStore> {
  const directory = join(base, name);
  mkdirSync(directory, { recursive: true });
  const one = await openStore({ kind: 'clickhouse', urls: servers.urls, directory }, fixedClock);
  opened.push(one);
  return one;
}

async function load(kind: string, count: number, daysAgo: bigint): Promise<void> {
  const spans = Array.from({ length: count }, (_, index) => ({
    trace: `${kind}${index + 1}`,
    span: `${kind}${index + 1}`,
    name: `span ${kind}`,
    start: testNow - daysAgo * dayNanos,
  }));
  await loader.load('traces', [recordOf('traces', spansRequest('s', spans))]);
}

/** Where the newest part of this day lies. */
async function partOf(day: string): Promise<string> {
  const { rows } = await store.query<{ path: string }>({
    sql: `SELECT path FROM system.parts WHERE active AND database = currentDatabase() AND table = 'spans' AND partition = '${day}'
      ORDER BY max_block_number DESC LIMIT 1`,
  });
  return rows[0]?.path ?? '';
}

const blocksOf = (path: string) => /\d{8}_\d+_\d+/.exec(path)?.[0];

async function askServer(sql: string): Promise<void> {
  const response = await fetch(servers.urls[0] ?? '', { method: 'POST', body: sql });
  expect([response.status, await response.text()]).toEqual([200, '']);
}

async function killAndRob(...paths: readonly string[]): Promise<void> {
  await servers.kill();
  for (const path of paths) rmSync(path, { recursive: true });
  await servers.startAgain();
}

const lostOf = async (one: TelemetryStore) =>
  (await one.inspect()).damagedParts.map(({ table, day, rows, reason }) => ({ table, day, rows, reason }));

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'sightline-server-damage-'));
  servers = await startClickHouse();
  store = await open('first');
  // What a deletion replaced stays for as long as the tests take.
  await askServer('ALTER TABLE sightline.spans MODIFY SETTING old_parts_lifetime = 3600');
  loader = new SegmentLoader(store, join(base, 'segments'));
  await load('a', 30, 3n);
  await load('b', 20, 2n);
  await load('c', 10, 1n);
}, timeout);
afterAll(async () => {
  await Promise.all(opened.map(async (one) => one.close()));
  await servers.close();
  rmSync(base, { recursive: true, force: true });
});

test(
  'what another server drops, deletes and reworks on purpose is not missed, by a server that was away meanwhile either',
  { timeout },
  async () => {
    const other = await open('other');
    expect(await lostOf(store)).toEqual([]);
    await load('d', 5, 5n);
    await load('e', 5, 6n);
    expect(await lostOf(store)).toEqual([]);
    await other.enforceRetention({ days: { traces: 5, logs: 5, metrics: 5 }, capBytes: null });
    for (let index = 1; index <= 5; index += 1)
      await other.deleteTrace({ project: 'default', traceId: `d${index}`.padStart(32, '0') });
    expect(await lostOf(store)).toEqual([]);
    expect(await lostOf(other)).toEqual([]);
    expect(await lostOf(await open('first'))).toEqual([]);
  },
);

test(
  'a part whose files are gone is missed with its day and rows, also where another has been given its number',
  { timeout },
  async () => {
    await load('f', 7, 4n);
    await store.inspect();
    const path = await partOf('2026-11-14');
    await killAndRob(path);
    await load('aa', 3, 4n);
    // The engine numbers from what it finds.
    expect(blocksOf(await partOf('2026-11-14'))).toBe(blocksOf(path));
    const lost = { table: 'spans', day: '2026-11-14', rows: 7, reason: 'missing' };
    expect(await lostOf(store)).toEqual([lost]);
    expect(await lostOf(await open('first'))).toEqual([lost]);
    expect(await store.acceptDamage()).toMatchObject([lost]);
    expect(await lostOf(store)).toEqual([]);
  },
);

test(
  'a part that is found broken is told until it is accepted or dropped, and one that the server made anew is not',
  { timeout },
  async () => {
    await load('bb', 9, 8n);
    await store.inspect();
    // The first has an older form beside it, of before a deletion.
    const old = await partOf('2026-11-16');
    expect(old).toMatch(/_0_\d+\/$/);
    await killAndRob(join(old, 'columns.txt'), join(await partOf('2026-11-10'), 'columns.txt'));
    const lost = { table: 'spans', day: '2026-11-10', rows: 9, reason: 'set_aside' };
    expect(await lostOf(store)).toEqual([lost]);
    const { rows } = await store.query({
      sql: "SELECT count() AS n FROM spans WHERE toDate(start_time) = '2026-11-16'",
    });
    expect(rows).toEqual([{ n: '20' }]);
    expect(await store.acceptDamage()).toMatchObject([lost]);
    expect(await lostOf(store)).toEqual([]);
    expect(await lostOf(await open('first'))).toEqual([]);
    // A server that comes now does not know what there was.
    const newcomer = await open('newcomer');
    expect((await lostOf(newcomer)).map(({ reason }) => reason)).toEqual(['set_aside', 'set_aside']);
    await askServer(
      'ALTER TABLE sightline.spans DROP DETACHED PARTITION ALL SETTINGS allow_drop_detached = 1',
    );
    expect(await lostOf(newcomer)).toEqual([]);
  },
);

test('a database that was dropped is missed whole, and no new one passes for it', { timeout }, async () => {
  await store.inspect();
  const { rows } = await store.query<{ n: string }>({ sql: 'SELECT count() AS n FROM spans' });
  await askServer('DROP DATABASE sightline SYNC');
  const again = await open('first');
  const lost = (await lostOf(again)).filter(({ table }) => table === 'spans');
  expect(lost.reduce((sum, { rows: count = 0 }) => sum + count, 0)).toBe(Number(rows[0]?.n));
});
