/** On the real engine: statements that are planned before their rows are known. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensure } from '@sightline/base';
import { openEmbedded } from './embedded-engine.ts';
import type { ClickHouseEngine, PlanInsertRequest } from './engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-planned-'));
let engine: ClickHouseEngine;

beforeAll(async () => {
  engine = openEmbedded({ directory, database: 'sightline', writers: 1, readers: 1, planners: 2 });
  await engine.command('CREATE TABLE words (word String, time DateTime64(3)) ENGINE = MergeTree ORDER BY ()');
});

afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

const request: PlanInsertRequest = {
  schema: { proto: 'syntax = "proto3"; message Word { string word = 1; }', message: 'Word' },
  structure: 'word String',
  insert: (source) => `INSERT INTO words SELECT word, nowInBlock64(3) FROM ${source}`,
  settings: { min_insert_block_size_rows: 1_000_000_000 },
};

/** Length-delimited messages of short words. */
const encode = (words: readonly string[]): Buffer =>
  Buffer.concat(
    words.map((word) =>
      Buffer.concat([Buffer.from([word.length + 2, 0x0a, word.length]), Buffer.from(word)]),
    ),
  );

async function stored(where: string): Promise<number> {
  const { data } = await engine.select({
    sql: `SELECT toUInt32(count()) AS n FROM words WHERE ${where}`,
    params: {},
    settings: { max_execution_time: 10 },
  });
  return (data[0] as { n: number }).n;
}

async function run(
  own: string,
  when: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const script = join(import.meta.dirname, '../testing/exit-with-plan.ts');
  const child = spawn(process.execPath, ['--conditions=source', script, own, when], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const [output, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  clearTimeout(killer);
  return { code, output };
}

const plan = () => ensure(engine.planInsert(request), 'a plan');

test('A planned statement stores the rows it is given, and stamps them when they come', async () => {
  const insert = plan();
  expect(await insert.ready).toBe(true);
  await delay(1_500);
  const beganMs = Date.now();
  // More than a pipe holds at once.
  await insert.run(encode(Array.from({ length: 50_000 }, (_, at) => `early-${at}`)));
  expect(await stored(`word LIKE 'early-%'`)).toBe(50_000);
  expect(await stored(`word LIKE 'early-%' AND time < fromUnixTimestamp64Milli(${beganMs})`)).toBe(0);
});

test('Rows may come before the statement is planned', async () => {
  await plan().run(encode(['soon']));
  expect(await stored(`word = 'soon'`)).toBe(1);
});

test('What is released stores nothing, before it is planned and after', async () => {
  const before = await stored('true');
  await plan().release();
  const insert = plan();
  await insert.ready;
  await insert.release();
  await insert.release();
  expect(await stored('true')).toBe(before);
});

test('As many wait as there are pipes, and a pipe serves again after each end', async () => {
  for (let round = 0; round < 3; round += 1) {
    const inserts = [plan(), plan()];
    expect(engine.planInsert(request)).toBeUndefined();
    const [first, second] = inserts;
    await ensure(first, 'first').run(encode([`round-${round}`]));
    const bad = ensure(second, 'second').run(Buffer.concat([encode(['lost']), Buffer.from([9, 9, 9])]));
    await expect(bad).rejects.toMatchObject({ kind: 'refused' });
  }
  expect(await stored(`word LIKE 'round-%'`)).toBe(3);
  expect(await stored(`word = 'lost'`)).toBe(0);
});

test('A statement that cannot be planned says so, and why when it is run', async () => {
  const insert = ensure(
    engine.planInsert({ ...request, insert: (source) => `INSERT INTO nowhere SELECT word FROM ${source}` }),
    'a plan',
  );
  expect(await insert.ready).toBe(false);
  await expect(insert.run(encode(['x']))).rejects.toThrow(/nowhere/);
});

test.each(['planning', 'waiting', 'writing'])(
  'A process that exits while an insert is %s ends at once, and what it wrote is whole or not there',
  async (when) => {
    const own = join(directory, `exit-${when}`);
    expect(await run(own, when)).toMatchObject({ code: 7 });
    const { output } = await run(own, 'count');
    expect(['0', '500000']).toContain(output);
  },
  40_000,
);
