import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareStore } from '../../testing/prepared-data.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { openEmbedded } from './embedded-engine.ts';
import type { ClickHouseEngine } from './engine.ts';
import { ownSettings } from './query-settings.ts';

let directory: string;
let engine: ClickHouseEngine;
let nowMs: number;
const clock = { monotonicMs: () => nowMs };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sightline-keys-'));
  await prepareStore(directory);
  engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1 });
  nowMs = 1_000;
});
afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Resolves with how long it took. */
const insert = async (attributes: string, types: string): Promise<number> => {
  const beganMs = performance.now();
  await engine.command(`INSERT INTO spans (project, trace_id, span_id, start_time, attributes, attribute_types, resource_attributes, resource_types, stored_time)
    SELECT 'p', 't', 's', now(), ${attributes}, '${types}', map('service.name', 'x'), 's', now64(3) FROM numbers(3)`);
  return performance.now() - beganMs;
};
const keys = async (): Promise<readonly string[]> =>
  (
    await engine.select({
      sql: `SELECT concat(source, ' ', key, ' ', type, ' ', toString(sum(count))) AS row FROM attribute_keys GROUP BY source, key, type ORDER BY row`,
      params: {},
      settings: ownSettings,
    })
  ).data.map((row) => (row as { row: string }).row);

test('gathers keys with their types at once, and new ones a few seconds later', async () => {
  const gatherer = new AttributeKeys(engine, clock);
  await gatherer.loaded('traces', await insert(`map('a', '1', 'b', 'x')`, 'is'));
  expect(await keys()).toEqual(['attribute a i 3', 'attribute b s 3', 'resource service.name s 3']);
  await gatherer.loaded('traces', await insert(`map('c', '{}')`, 'j'));
  expect(await keys()).toHaveLength(3);
  nowMs += 5_000;
  await gatherer.close();
  expect(await keys()).toContain('attribute c j 3');
});

test('takes up again after the engine refused, from the same time on', async () => {
  let isAway = true;
  const gatherer = new AttributeKeys(
    {
      ...engine,
      command: async (sql) => (isAway ? Promise.reject(new Error('Away.')) : engine.command(sql)),
      // It is back two seconds later, which is longer than what is looked at once more.
      select: async (query) =>
        engine.select({
          ...query,
          sql: isAway ? query.sql : query.sql.replace('now64(3)', '(now64(3) + INTERVAL 2 SECOND)'),
        }),
    },
    clock,
  );
  await gatherer.loaded('traces', await insert(`map('a', '1')`, 'i'));
  isAway = false;
  await gatherer.loaded('traces', 0);
  expect(await keys()).toContain('attribute a i 3');
});

test('goes by the clock of the engine, which stamps rows', async () => {
  const ahead = 3_600_000;
  const gatherer = new AttributeKeys(
    {
      ...engine,
      // An engine whose clock is an hour ahead of ours.
      select: async (query) =>
        engine.select({ ...query, sql: query.sql.replace('now64(3)', `(now64(3) + INTERVAL 1 HOUR)`) }),
    },
    clock,
  );
  await insert(`map('before', '1')`, 'i');
  await gatherer.loaded('traces', 0);
  expect(await keys()).toEqual([]);
  nowMs += 5_000;
  await engine.command(
    `INSERT INTO spans (project, trace_id, span_id, start_time, attributes, attribute_types, stored_time)
      SELECT 'p', 't', 's', now(), map('a', '1'), 'i', now64(3) + toIntervalMillisecond(${ahead})`,
  );
  await gatherer.loaded('traces', 0);
  await gatherer.close();
  expect(await keys()).toEqual(['attribute a i 1']);
});

test('gathers one after the other, and a bounded number of keys, where no key repeats', async () => {
  let atOnce = 0;
  let atOnceMax = 0;
  const gatherer = new AttributeKeys(
    {
      ...engine,
      command: async (sql) => {
        atOnceMax = Math.max(atOnceMax, (atOnce += 1));
        await delay(50);
        await engine.command(sql).finally(() => (atOnce -= 1));
      },
    },
    clock,
  );
  const beganMs = performance.now();
  await engine.command(`INSERT INTO spans (project, trace_id, span_id, start_time, attributes, attribute_types, stored_time)
    SELECT 'p', 't', 's', now(), map(concat('a', toString(number)), '1', concat('b', toString(number)), '1'), 'ii', now64(3)
    FROM numbers(60000)`);
  await gatherer.loaded('traces', performance.now() - beganMs);
  const gathered = (await keys()).length;
  expect(gathered).toBeGreaterThan(1_000);
  expect(gathered).toBeLessThanOrEqual(100_000);
  // Each takes longer than the time between two of them.
  for (let load = 0; load < 3; load += 1) {
    nowMs += 5_000;
    await gatherer.loaded('traces', 0);
    await delay(20);
  }
  await gatherer.loaded('logs', 0);
  await gatherer.close();
  expect(atOnceMax).toBe(1);
});
