import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, unixNano } from '@sightline/base';
import type { HistoryJob } from '@sightline/schema/api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { prepareCatalog } from '../testing/prepared-data.ts';
import { logsRequest, type SpanInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { day, TestClock, TestStore } from '../query/testing/test-store.ts';
import { clickHouseStore } from '../storage/clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../storage/clickhouse/embedded-engine.ts';
import type { ClickHouseEngine } from '../storage/clickhouse/engine.ts';
import { HistoryJobs } from './history-jobs.ts';
import { PriceKeeper } from './price-keeper.ts';

let directory: string;
let catalog: Catalog;
let engine: ClickHouseEngine;
let stored: TestStore;
let keeper: PriceKeeper;
let jobs: HistoryJobs;
let isWaiting = false;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-history-'));
  await prepareCatalog(join(directory, 'control'));
  catalog = await openCatalog({ directory: join(directory, 'control') });
  engine = openEmbedded({
    directory: join(directory, 'store'),
    database: 'sightline',
    writers: 1,
    readers: 2,
  });
  const clock = new TestClock(BigInt(Date.parse('2026-11-21T10:00:00Z')) * 1_000_000n);
  const opened = clickHouseStore(engine, systemClock());
  await opened.migrate();
  stored = new TestStore(opened, clock, directory);
  const { store } = stored;
  keeper = await PriceKeeper.open({ store, catalog, log: pino({ level: 'silent' }) });
  await keeper.settled();
  jobs = new HistoryJobs({
    store,
    settleRuns: async () => stored.context.settle(),
    prices: keeper,
    log: pino({ level: 'silent' }),
    whileLoadsWait: async (task) => {
      isWaiting = true;
      await task();
      isWaiting = false;
    },
  });
}, 180_000);

afterAll(async () => {
  await jobs.stop();
  await keeper.stop();
  await stored.close();
  await catalog.close();
  await rm(directory, { recursive: true, force: true });
});

const hex = (number: number, length: number) => number.toString(16).padStart(length, 'a');

/** Calls in the last three days, six hours apart. */
const calls = (model: string, first: number): SpanInput[] =>
  Array.from({ length: 12 }, (_, index) => ({
    traceId: hex(first + index, 32),
    spanId: hex(first + index, 16),
    name: 'chat',
    startNanos: stored.clock.nowNanos - (BigInt(index) * day) / 4n,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
      'gen_ai.conversation.id': 'session-1',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.input.messages': `[{"role":"user","parts":[{"type":"text","content":"${'word '.repeat(60)}"}]}]`,
    },
  }));

async function done(job: HistoryJob): Promise<HistoryJob> {
  await expect.poll(() => jobs.find('default', job.id)?.state, { timeout: 120_000 }).not.toBe('running');
  return jobs.find('default', job.id) ?? job;
}

const ago = (days: bigint) => unixNano(stored.clock.nowNanos - days * day);
const whole = () => ({ project: 'default', from: ago(10n), to: unixNano(stored.clock.nowNanos + 1n) });

async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await stored.store.query<Record<string, unknown>>({ sql });
  return answer.rows;
}

test('repricing gives stored calls the prices of now, within the range asked for, and tells what it did', async () => {
  await stored.loadJson('traces', tracesRequest('reprice', calls('in-house-1', 100)));
  await keeper.settled();
  await keeper.changeOverrides('default', [{ model: 'in-house-*', input: 1, output: 2 }]);
  // A day and a half: the seven newest calls.
  const job = await done(
    jobs.start('reprice', { ...whole(), from: unixNano(stored.clock.nowNanos - (3n * day) / 2n) }),
  );
  expect(job).toMatchObject({
    state: 'done',
    calls: 7,
    costUsdBefore: null,
    unpricedCallsBefore: 7,
    unpricedCalls: 0,
  });
  expect(job.costUsdAfter).toBeCloseTo(7 * 0.0012, 10);
  expect(job.daysDone).toBe(job.daysTotal);
  const priced = await rows(
    `SELECT countIf(price_version = 'override in-house-*') AS priced, countIf(isNull(cost_usd)) AS unknown FROM ai_spans WHERE service = 'reprice'`,
  );
  expect(priced).toEqual([{ priced: '7', unknown: '5' }]);
});

test('one rework runs at a time, and another project does not see it', async () => {
  const job = jobs.start('reprice', whole());
  expect(() => jobs.start('reprice', whole())).toThrow(expect.objectContaining({ code: 'job_running' }));
  expect(jobs.find('other', job.id)).toBeUndefined();
  expect((await done(job)).state).toBe('done');
});

test('rederiving brings what older conventions left to those of now, and changes nothing else', async () => {
  await stored.loadJson('traces', tracesRequest('rederive', calls('gpt-4o', 200)));
  await stored.loadJson(
    'logs',
    logsRequest('rederive', [
      { timeNanos: stored.clock.nowNanos - 5n, body: 'said', attributes: { 'session.id': 's-9' } },
    ]),
  );
  await keeper.settled();
  const state = async () => ({
    spans: await rows(`SELECT * FROM spans WHERE service = 'rederive' ORDER BY start_time`),
    ai: await rows(
      `SELECT * EXCEPT (changed_time, stored_time) FROM ai_spans WHERE service = 'rederive' ORDER BY start_time`,
    ),
    summaries: await rows(
      `SELECT trace_id, max(session_id) AS session, sum(span_count) AS spans FROM trace_summaries
       WHERE has(services, 'rederive') GROUP BY trace_id ORDER BY trace_id`,
    ),
    rollups: await rows(
      `SELECT model, operation, sum(count) AS count FROM span_rollup_1m WHERE service = 'rederive' GROUP BY ALL ORDER BY ALL`,
    ),
    logs: await rows(`SELECT * FROM logs ORDER BY log_id`),
    others: await rows(
      `SELECT sum(cityHash64(*)) AS hash, count() AS count FROM spans WHERE service = 'reprice'`,
    ),
  });
  // A load stores its steps a moment before their spans. What is made anew came in with its span, or old traces would be judged once more.
  const cameIn = async (table: string) =>
    rows(`SELECT start_time, stored_time FROM ${table} WHERE service = 'rederive' ORDER BY start_time`);
  const right = await state();
  expect(right.ai).toHaveLength(12);
  // As if these rows had been stored by a version that knew nothing of this dialect.
  const forget = async (table: string, update: string) =>
    engine.command(
      `ALTER TABLE ${table} UPDATE ${update} WHERE service = 'rederive' SETTINGS mutations_sync = 2`,
    );
  await forget(
    'spans',
    `operation = 'other', model = '', request_model = '', provider = '', input_tokens = NULL, output_tokens = NULL, session_id = ''`,
  );
  await forget('logs', `session_id = ''`);
  await engine.command(`ALTER TABLE ai_spans DELETE WHERE service = 'rederive' SETTINGS mutations_sync = 2`);
  await engine.command(
    `ALTER TABLE trace_summaries UPDATE session_id = '' WHERE has(services, 'rederive') SETTINGS mutations_sync = 2`,
  );
  await engine.command(
    `ALTER TABLE span_rollup_1m DELETE WHERE service = 'rederive' SETTINGS mutations_sync = 2`,
  );
  expect((await state()).ai).toHaveLength(0);

  expect(await done(jobs.start('rederive', whole()))).toMatchObject({ state: 'done', error: null });
  expect(await state()).toEqual(right);
  // Once more, as after an interruption: nothing is doubled.
  expect(await done(jobs.start('rederive', whole()))).toMatchObject({ state: 'done', error: null });
  expect(await state()).toEqual(right);
  expect(await cameIn('ai_spans')).toEqual(await cameIn('spans'));
  expect(isWaiting).toBe(false);
}, 180_000);
