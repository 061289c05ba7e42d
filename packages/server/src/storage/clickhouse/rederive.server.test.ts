/** Swaps that a server was killed in, where it is not known who else loads. What an embedded engine does at its start is told by rederive.test.ts. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startClickHouse } from '../testing/clickhouse-server.ts';
import type { ClickHouseEngine } from './engine.ts';
import { ownRows } from './own-rows.ts';
import { finishSwaps } from './rederive.ts';
import { openServer } from './server-engine.ts';

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let engine: ClickHouseEngine;
let count = 0;

beforeAll(async () => {
  servers = await startClickHouse();
}, 120_000);
afterAll(async () => servers.close());

const columns = "day Date, x UInt8, stored_time DateTime64(3, 'UTC')";

beforeEach(async () => {
  count += 1;
  engine = await openServer({ urls: servers.urls, database: `swaps_${count}` });
  await engine.command(`CREATE TABLE spans (${columns}) ENGINE = MergeTree PARTITION BY day ORDER BY x`);
  await engine.command(
    `INSERT INTO spans VALUES ('2026-11-20', 1, 1000), ('2026-11-21', 2, 2000), ('2026-11-21', 3, 3000)`,
  );
});
afterEach(async () => engine.close());

const rows = async () =>
  (await ownRows<{ x: number }>(engine, 'SELECT x FROM spans ORDER BY x')).map(({ x }) => x);
const names = async () => (await ownRows<{ name: string }>(engine, 'SHOW TABLES')).map(({ name }) => name);

async function leaveCopy(name = 'spans_rederived_20261121'): Promise<void> {
  await engine.command(`CREATE TABLE ${name} AS spans`);
  await engine.command(`INSERT INTO ${name} VALUES ('2026-11-21', 20, 2000), ('2026-11-21', 30, 3000)`);
}

const states = [
  ['before it swapped anything', []],
  [
    'when old and new rows stand side by side',
    [`INSERT INTO spans VALUES ('2026-11-21', 20, 2000), ('2026-11-21', 30, 3000)`],
  ],
  [
    'when they were merged since',
    [
      `INSERT INTO spans VALUES ('2026-11-21', 20, 2000), ('2026-11-21', 30, 3000)`,
      'OPTIMIZE TABLE spans FINAL',
    ],
  ],
  ['when part of the new rows stand beside the old', [`INSERT INTO spans VALUES ('2026-11-21', 30, 3000)`]],
  ['when the old rows are gone', [`ALTER TABLE spans DROP PARTITION '2026-11-21'`]],
  [
    'when all but dropping the copy was done',
    [`ALTER TABLE spans REPLACE PARTITION '2026-11-21' FROM spans_rederived_20261121`],
  ],
] as const;

test.each(states)('a complete copy takes its place once, killed %s', async (_, statements) => {
  await leaveCopy();
  for (const statement of statements) await engine.command(statement);
  // Others load meanwhile, and one did while the copy was made.
  await engine.command(`INSERT INTO spans VALUES ('2026-11-21', 4, 4000), ('2026-11-21', 5, 2500)`);
  expect(await finishSwaps(engine)).toBe(true);
  expect(await rows()).toEqual([1, 4, 5, 20, 30]);
  expect(await names()).toEqual(['spans']);
  expect(await finishSwaps(engine)).toBe(true);
  expect(await rows()).toEqual([1, 4, 5, 20, 30]);
});

test('one that was killed while it mended is mended by the next, and of many at once one does it', async () => {
  await leaveCopy('spans_rederived_20261121_0123456789abcdef');
  await engine.command(`INSERT INTO spans VALUES ('2026-11-21', 20, 2000), ('2026-11-21', 4, 4000)`);
  await Promise.all(Array.from({ length: 6 }, async () => finishSwaps(engine)));
  await finishSwaps(engine);
  expect(await rows()).toEqual([1, 4, 20, 30]);
  expect(await names()).toEqual(['spans']);
});

test('a copy that somebody works with is left to them', async () => {
  await leaveCopy();
  const work = engine.command('SELECT sleepEachRow(1) FROM spans_rederived_20261121 FORMAT Null');
  await expect
    .poll(async () =>
      ownRows(engine, `SELECT 1 FROM system.processes WHERE query LIKE 'SELECT sleep%rederived_2026%'`),
    )
    .toHaveLength(1);
  expect(await finishSwaps(engine)).toBe(false);
  expect(await names()).toContain('spans_rederived_20261121');
  await work;
  expect(await finishSwaps(engine)).toBe(true);
  expect(await names()).toEqual(['spans']);
});

test('a copy that is not complete is not touched: it may be of another that lives', async () => {
  await leaveCopy('spans_rederived');
  expect(await finishSwaps(engine)).toBe(true);
  expect(await rows()).toEqual([1, 2, 3]);
  expect(await names()).toEqual(['spans', 'spans_rederived']);
});
