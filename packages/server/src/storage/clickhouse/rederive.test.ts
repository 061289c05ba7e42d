import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbedded } from './embedded-engine.ts';
import type { ClickHouseEngine } from './engine.ts';
import { ownSettings } from './query-settings.ts';
import { finishSwaps } from './rederive.ts';

let directory: string;
let engine: ClickHouseEngine;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-swaps-'));
  engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1 });
  await engine.command(
    'CREATE TABLE spans (day Date, x UInt8) ENGINE = MergeTree PARTITION BY day ORDER BY x',
  );
  await engine.command(`INSERT INTO spans VALUES ('2026-11-20', 1), ('2026-11-21', 2), ('2026-11-21', 3)`);
});
afterEach(async () => {
  await engine.close();
  await rm(directory, { recursive: true, force: true });
});

const read = async (sql: string) => (await engine.select({ sql, params: {}, settings: ownSettings })).data;
const rows = async () =>
  ((await read('SELECT groupArray(x) AS xs FROM (SELECT x FROM spans ORDER BY x)')) as { xs: number[] }[])[0]
    ?.xs;
const names = async () => read(`SELECT name FROM system.tables WHERE database = 'sightline'`);

test('a copy that was not complete is dropped', async () => {
  await engine.command('CREATE TABLE spans_rederived AS spans');
  await engine.command(`INSERT INTO spans_rederived VALUES ('2026-11-21', 20)`);
  await finishSwaps(engine);
  expect(await rows()).toEqual([1, 2, 3]);
  expect(await names()).toEqual([{ name: 'spans' }]);
});

test.each([
  ['before it swapped anything', []],
  [
    'when old and new rows stand side by side',
    [`INSERT INTO spans VALUES ('2026-11-21', 20), ('2026-11-21', 30)`],
  ],
  ['when part of the new rows stand beside the old', [`INSERT INTO spans VALUES ('2026-11-21', 30)`]],
  ['when the old rows are gone', [`ALTER TABLE spans DROP PARTITION '2026-11-21'`]],
])('a complete copy takes its place once, killed %s', async (_, statements) => {
  await engine.command('CREATE TABLE spans_rederived_20261121 AS spans');
  await engine.command(`INSERT INTO spans_rederived_20261121 VALUES ('2026-11-21', 20), ('2026-11-21', 30)`);
  for (const statement of statements) await engine.command(statement);
  await finishSwaps(engine);
  expect(await rows()).toEqual([1, 20, 30]);
  expect(await names()).toEqual([{ name: 'spans' }]);
  // The next start has nothing to do.
  await finishSwaps(engine);
  expect(await rows()).toEqual([1, 20, 30]);
});

test('a complete copy without rows leaves an empty day', async () => {
  await engine.command('CREATE TABLE spans_rederived_20261121 AS spans');
  await finishSwaps(engine);
  expect(await rows()).toEqual([1]);
});
