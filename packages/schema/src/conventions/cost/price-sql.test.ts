import { Session } from 'chdb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPriceBook } from './price-book.ts';
import { type OwnedPrices, priceExpressions, pricesJson, priceSql, pricesType } from './price-sql.ts';

const general = createPriceBook();
const own = createPriceBook([
  { model: 'in-house-*', input: 1, output: 2, cacheRead: 0.1, request: 0.01 },
  { model: 'gpt-4o', input: 7, output: 9 },
]);
/** The second project has prices of its own. */
const books = { default: general, mine: own };
const pairs = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-5.6'],
  ['openai', 'o3'],
  ['openai', 'gpt-4o-audio-preview'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['gcp.gemini', 'gemini-2.5-pro'],
  ['deepseek', 'deepseek-chat'],
  ['deepseek', 'deepseek-v4-flash'],
  ['perplexity', 'sonar'],
  ['openai', 'text-embedding-3-small'],
  ['', 'in-house-7'],
  ['openai', "no'such\\model"],
] as const;

const count = fc.option(fc.nat(600_000), { freq: 5 });
const call = fc.record({
  pair: fc.constantFrom(...pairs),
  project: fc.constantFrom('default', 'mine') satisfies fc.Arbitrary<keyof typeof books>,
  timeMs: fc
    .integer({ min: Date.parse('2023-01-01') / 1000, max: Date.parse('2026-12-31') / 1000 })
    .map((s) => s * 1000),
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  cacheWrite1hTokens: count,
  reasoningTokens: count,
  inputAudioTokens: count,
  outputAudioTokens: count,
  serviceTier: fc.constantFrom('', '', 'default', 'flex', 'PRIORITY', 'batch', 'platinum'),
});

type Call = typeof call extends fc.Arbitrary<infer Each> ? Each : never;

test('the engine computes the same dollars, nested or in one expression', { timeout: 60_000 }, () => {
  const seed = Date.now();
  const calls = fc.sample(call, { numRuns: 3000, seed });
  const prices = pricesInEngine(calls);
  let priced = 0;
  for (const [index, each] of calls.entries()) {
    const [provider, model] = each.pair;
    const expected = books[each.project].priceOf({ provider, model, ...each });
    const actual = prices[index];
    const what = `seed ${seed}: ${JSON.stringify(each)}`;
    if (expected === null) expect(actual, what).toMatchObject({ usd: null, version: '' });
    else {
      expect(actual?.usd, what).toBeCloseTo(expected.usd, 9);
      expect(actual?.version, what).toBe(expected.priceVersion);
    }
    expect(actual?.sameUsd, what).toBe(actual?.usd);
    expect(actual?.sameVersion, what).toBe(actual?.version);
    priced += expected === null ? 0 : 1;
  }
  expect(priced).toBeGreaterThan(500);
});

const columns = {
  project: 'project',
  time: 'time',
  inputTokens: 'input',
  outputTokens: 'output',
  cacheReadTokens: 'cache_read',
  cacheWriteTokens: 'cache_write',
  cacheWrite1hTokens: 'cache_write_1h',
  reasoningTokens: 'reasoning',
  inputAudioTokens: 'input_audio',
  outputAudioTokens: 'output_audio',
  serviceTier: 'tier',
};

interface PriceInEngine {
  readonly usd: number | null;
  readonly version: string;
  readonly sameUsd: number | null;
  readonly sameVersion: string;
}

function pricesInEngine(calls: readonly Call[]): readonly PriceInEngine[] {
  const session = new Session();
  try {
    session.query(
      'CREATE TABLE calls (position UInt32, project LowCardinality(String), provider LowCardinality(String), ' +
        "model LowCardinality(String), time DateTime64(9, 'UTC'), input Nullable(UInt64), output Nullable(UInt64), " +
        'cache_read Nullable(UInt64), cache_write Nullable(UInt64), cache_write_1h Nullable(UInt64), reasoning Nullable(UInt64), ' +
        'input_audio Nullable(UInt64), output_audio Nullable(UInt64), tier LowCardinality(String)) ENGINE = Memory',
    );
    session.query(`INSERT INTO calls FORMAT JSONEachRow ${calls.map(callRow).join('\n')}`);
    session.query(
      `CREATE TABLE prices (provider LowCardinality(String), model LowCardinality(String), prices ${pricesType}) ` +
        'ENGINE = Join(ANY, LEFT, provider, model)',
    );
    session.query(`INSERT INTO prices FORMAT JSONCompactEachRow ${pairs.map(priceRow).join('\n')}`);
    const prices = `joinGet('prices', 'prices', provider, model)`;
    const nested = priceSql(prices, columns);
    const same = priceExpressions(prices, columns);
    const json = session.query(
      `SELECT ${nested.usd} AS usd, ${nested.version} AS version, ${same.usd} AS sameUsd, ${same.version} AS sameVersion
       FROM (SELECT *, ${nested.priced} FROM (SELECT *, ${nested.counts} FROM calls)) ORDER BY position`,
      'JSON',
    );
    return (JSON.parse(json) as { readonly data: readonly PriceInEngine[] }).data;
  } finally {
    session.cleanup();
  }
}

function priceRow([provider, model]: readonly [string, string]): string {
  const found = [
    { project: '', entry: general.findEntry(provider, model) },
    { project: 'mine', entry: own.findEntry(provider, model) },
  ];
  const owned = found.flatMap(({ project, entry }): OwnedPrices[] =>
    entry === undefined ? [] : [{ ...entry, project }],
  );
  return JSON.stringify([provider, model, pricesJson(owned)]);
}

function callRow(each: Call, position: number): string {
  return JSON.stringify({
    position,
    project: each.project,
    provider: each.pair[0],
    model: each.pair[1],
    time: new Date(each.timeMs).toISOString().replace('T', ' ').replace('Z', ''),
    input: each.inputTokens,
    output: each.outputTokens,
    cache_read: each.cacheReadTokens,
    cache_write: each.cacheWriteTokens,
    cache_write_1h: each.cacheWrite1hTokens,
    reasoning: each.reasoningTokens,
    input_audio: each.inputAudioTokens,
    output_audio: each.outputAudioTokens,
    tier: each.serviceTier,
  });
}
