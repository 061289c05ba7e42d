import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPriceBook, type PriceOverride } from '@sightline/schema/conventions';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readRecording, recordedDialects } from '../../../../conformance/dialects/read-recording.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import { prepareCatalog } from '../testing/prepared-data.ts';
import { type AttributesInput, tracesRequest } from '../query/testing/otlp-json.ts';
import { TestStore } from '../query/testing/test-store.ts';
import { PriceKeeper } from './price-keeper.ts';

const now = Date.parse('2026-11-21T10:00:00Z');
const minute = 60_000_000_000n;
let directory: string;
let catalog: Catalog;
let stored: TestStore;
let keeper: PriceKeeper;
let calls = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sightline-prices-'));
  await prepareCatalog(join(directory, 'control'));
  catalog = await openCatalog({ directory: join(directory, 'control') });
  stored = await TestStore.open(new Date(now));
  keeper = await PriceKeeper.open({ store: stored.store, catalog, log: pino({ level: 'silent' }) });
  await keeper.settled();
}, 60_000);

afterAll(async () => {
  await keeper.stop();
  await stored.close();
  await catalog.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => keeper.changeOverrides('default', []));

interface StoredCost {
  readonly costUsd: number | null;
  readonly reportedUsd: number | null;
  readonly version: string;
}

/** A call of a model as OpenTelemetry has it, stored alone in a trace; answers with the trace's id. */
async function load(
  attributes: AttributesInput,
  startNanos = stored.clock.nowNanos - minute,
): Promise<string> {
  calls += 1;
  const traceId = calls.toString(16).padStart(32, 'a');
  const span = {
    traceId,
    spanId: calls.toString(16).padStart(16, 'b'),
    startNanos,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      ...attributes,
    },
  };
  await stored.loadJson('traces', tracesRequest('api', [span]));
  return traceId;
}

async function costOf(traceId: string): Promise<StoredCost> {
  const { rows } = await stored.store.query<StoredCost>({
    sql: `SELECT cost_usd AS costUsd, reported_cost_usd AS reportedUsd, price_version AS version FROM ai_spans
      WHERE trace_id = unhex({traceId:String})`,
    params: { traceId },
  });
  const [row] = rows;
  if (row === undefined) throw new Error('The call is not stored.');
  return row;
}

test('a model that the catalogue names is priced as it is loaded', async () => {
  const id = await load({ 'gen_ai.request.model': 'gpt-4o' });
  expect(await costOf(id)).toEqual({ costUsd: 0.0035, reportedUsd: null, version: 'genai-prices 0.1.8' });
});

test('a name that only the rules of the catalogue know is priced soon after, and the next one at once', async () => {
  const call = { 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.model': 'claude-sonnet-4-5-20990101' };
  const first = await load(call);
  expect((await costOf(first)).costUsd).toBeNull();
  keeper.loaded(1);
  await expect.poll(async () => (await costOf(first)).costUsd, { timeout: 5000 }).toBe(0.0045);
  expect((await costOf(await load(call))).costUsd).toBe(0.0045);
});

test('a start prices what an earlier process left, and tells when it looked', async () => {
  const left = await load({
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude-sonnet-4-5-20990202',
  });
  expect((await costOf(left)).costUsd).toBeNull();
  const next = await PriceKeeper.open({ store: stored.store, catalog, log: pino({ level: 'silent' }) });
  await next.firstLook();
  expect((await costOf(left)).costUsd).toBe(0.0045);
  await next.stop();
});

test('what is computed counts, what the client reported stays beside it', async () => {
  const id = await load({ 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.cost': 0.5 });
  expect(await costOf(id)).toMatchObject({ costUsd: 0.0035, reportedUsd: 0.5 });
  const unknown = await load({ 'gen_ai.request.model': 'my-own-model', 'gen_ai.usage.cost': 0.5 });
  await keeper.settled();
  expect(await costOf(unknown)).toEqual({ costUsd: 0.5, reportedUsd: 0.5, version: '' });
});

// Tokens that cannot be counted were reported: the call has a cost, which nobody knows.
const uncountable = { costUsd: 'nan', reportedUsd: 'nan', version: '' };
const none = { costUsd: null, reportedUsd: null, version: '' };

test.each<[string, AttributesInput, expected?: object]>([
  ['an unknown model', { 'gen_ai.request.model': 'nobody-knows' }],
  ['an unknown host', { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.provider.name': 'a-host' }],
  ['an unknown tier', { 'gen_ai.request.model': 'gpt-4o', 'openai.response.service_tier': 'platinum' }],
  ['a negative count', { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.output_tokens': -5 }, uncountable],
  ['an absurd count', { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.output_tokens': 9e15 }, uncountable],
  ['a negative cost', { 'gen_ai.request.model': 'nobody-knows', 'gen_ai.usage.cost': -3 }],
  ['a cost that is no number', { 'gen_ai.request.model': 'nobody-knows', 'gen_ai.usage.cost': 'NaN' }],
])('%s stays without a cost', async (_, attributes, expected = none) => {
  const id = await load(attributes);
  await keeper.settled();
  expect(await costOf(id)).toEqual(expected);
});

test('all parts of a call are priced, by the prices of its own time', async () => {
  const write = await load({
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude-sonnet-4-5',
    'gen_ai.usage.input_tokens': 2400,
    'gen_ai.usage.output_tokens': 50,
    'gen_ai.usage.cache_read.input_tokens': 2000,
    'gen_ai.usage.cache_write.input_tokens': 300,
    'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 300,
  });
  // 100 * 3 + 2000 * 0.3 + 300 * 6 + 50 * 15 per million.
  expect((await costOf(write)).costUsd).toBe(0.00345);
  const early = BigInt(Date.parse('2025-05-01T12:00:00Z')) * 1_000_000n;
  const priceOfO3 = async (start: bigint) =>
    (await costOf(await load({ 'gen_ai.request.model': 'o3' }, start))).costUsd;
  // 10 and 40 until June 2025, 2 and 8 since.
  expect(await priceOfO3(early)).toBe(0.014);
  expect(await priceOfO3(stored.clock.nowNanos - minute)).toBe(0.0028);
});

test("an override is used for new calls at once, the project's own before the catalogue, and is taken back", async () => {
  const unknown = await load({ 'gen_ai.request.model': 'in-house-7' });
  await keeper.settled();
  const justCame = await load({ 'gen_ai.request.model': 'in-house-8' });
  const overrides: PriceOverride[] = [
    { model: 'in-house-*', input: 1, output: 2 },
    { model: 'gpt-4o', input: 100, output: 0 },
  ];
  await keeper.changeOverrides('default', overrides);
  expect(keeper.overridesOf('default')).toEqual(overrides);
  const inHouse = await load({ 'gen_ai.request.model': 'in-house-7' });
  const known = await load({ 'gen_ai.request.model': 'gpt-4o' });
  expect(await costOf(inHouse)).toMatchObject({ costUsd: 0.0012, version: 'override in-house-*' });
  expect(await costOf(known)).toMatchObject({ costUsd: 0.1, version: 'override gpt-4o' });
  // What was stored before keeps what it had, until it is priced anew.
  await keeper.settled();
  for (const earlier of [unknown, justCame]) expect((await costOf(earlier)).costUsd).toBeNull();
  await keeper.changeOverrides('default', []);
  expect((await costOf(await load({ 'gen_ai.request.model': 'gpt-4o' }))).costUsd).toBe(0.0035);
});

test('the next start finds the table as it is, and knows what this one met', async () => {
  const written: string[] = [];
  const store = {
    ...stored.store,
    putPrices: async (...args: Parameters<typeof stored.store.putPrices>) => {
      written.push(...args[0].map(({ model }) => model));
      await stored.store.putPrices(...args);
    },
  };
  const next = await PriceKeeper.open({ store, catalog, log: pino({ level: 'silent' }) });
  await next.settled();
  await next.stop();
  expect(written).toEqual([]);
});

test('stored prices are what TypeScript computes, on random calls', async () => {
  const book = createPriceBook();
  const count = fc.option(fc.nat(400_000), { freq: 6 });
  const call = fc.record({
    model: fc.constantFrom(
      'gpt-4o',
      'gpt-5.6',
      'o3',
      'text-embedding-3-small',
      'gpt-4o-audio-preview',
      'unheard-of',
    ),
    input: count,
    output: count,
    read: count,
    reasoning: count,
    audio: count,
    tier: fc.constantFrom('', 'default', 'flex', 'priority', 'batch', 'platinum'),
    day: fc.constantFrom(0, 200, 560),
  });
  const seed = Date.now();
  const drawn = fc.sample(call, { numRuns: 300, seed });
  const spans = drawn.map((each, index) => ({
    traceId: index.toString(16).padStart(32, 'c'),
    spanId: index.toString(16).padStart(16, 'd'),
    startNanos: stored.clock.nowNanos - BigInt(each.day) * 86_400_000_000_000n,
    attributes: Object.fromEntries(
      Object.entries({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': each.model,
        'gen_ai.usage.input_tokens': each.input,
        'gen_ai.usage.output_tokens': each.output,
        'gen_ai.usage.cache_read.input_tokens': each.read,
        'gen_ai.usage.reasoning.output_tokens': each.reasoning,
        'gen_ai.usage.audio.output_tokens': each.audio,
        'openai.response.service_tier': each.tier,
      }).filter((entry): entry is [string, string | number] => entry[1] !== null),
    ),
  }));
  await stored.loadJson('traces', tracesRequest('random', spans));
  await keeper.settled();
  const { rows } = await stored.store.query<Record<string, string | number | null>>({
    sql: `SELECT *, toUnixTimestamp64Milli(start_time) AS timeMs FROM ai_spans WHERE service = 'random' ORDER BY trace_id`,
  });
  expect(rows).toHaveLength(300);
  const number = (value: string | number | null | undefined) =>
    value === null || value === undefined ? null : Number(value);
  let priced = 0;
  for (const row of rows) {
    const expected = book.priceOf({
      provider: String(row['provider']),
      model: String(row['model']),
      timeMs: Number(row['timeMs']),
      inputTokens: number(row['input_tokens']),
      outputTokens: number(row['output_tokens']),
      cacheReadTokens: number(row['cache_read_tokens']),
      cacheWriteTokens: number(row['cache_write_tokens']),
      cacheWrite1hTokens: number(row['cache_write_1h_tokens']),
      reasoningTokens: number(row['reasoning_tokens']),
      inputAudioTokens: number(row['input_audio_tokens']),
      outputAudioTokens: number(row['output_audio_tokens']),
      serviceTier: String(row['service_tier']),
    });
    const what = `seed ${seed}: ${JSON.stringify(row)}`;
    if (expected === null) expect(row['cost_usd'], what).toBeNull();
    else expect(row['cost_usd'], what).toBeCloseTo(expected.usd, 9);
    priced += expected === null ? 0 : 1;
  }
  expect(priced).toBeGreaterThan(50);
});

describe('the recorded dialects', () => {
  /** Worked out by hand, see packages/schema/src/conventions/dialects.test.ts. */
  const dollarsByHand: Readonly<Record<string, number>> = {
    'ai-sdk': 4 * 0.00252 + 0.00000018,
    'ai-sdk-legacy': 4 * 0.00252 + 0.00000018,
    'anthropic-native': 2 * 0.002775,
    'anthropic-native-openinference': 2 * 0.002775,
    'claude-code': 2 * 0.002775,
    'gemini-cli': 0.00166,
    'langchain-openinference': 2 * 0.00252,
    langfuse: 2 * 0.00252,
    langsmith: 0.00252,
    'openai-agents': 2 * 0.00252,
    'openai-openinference': 0.00252,
    'openai-openllmetry': 0.0038 + 0.0001475,
    'openai-opentelemetry': 2 * 0.0038 + 0.00000018,
  };

  test.each(recordedDialects().filter((dialect) => dialect in dollarsByHand))(
    '%s costs in the store what a hand calculation says',
    async (dialect) => {
      const file = join(import.meta.dirname, '../../../../conformance/dialects', dialect, 'traces.json');
      await stored.loadJson('traces', JSON.parse(readFileSync(file, 'utf8')) as unknown);
      await keeper.settled();
      await stored.context.settle();
      const traceIds = [...new Set(readRecording(dialect).spans.map(({ traceId }) => traceId))];
      const { rows } = await stored.store.query<{ usd: number }>({
        sql: 'SELECT sum(cost_usd) AS usd FROM runs FINAL WHERE lower(hex(trace_id)) IN {ids:Array(String)}',
        params: { ids: traceIds },
      });
      expect(rows[0]?.usd).toBeCloseTo(dollarsByHand[dialect] ?? 0, 10);
    },
  );
});
