import { Session } from 'chdb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPriceBook } from './price-book.ts';
import { compilePriceSql } from './price-sql.ts';

const book = createPriceBook([{ model: 'in-house-*', input: 1, output: 2, cacheRead: 0.1, request: 0.01 }]);
const pairs = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-5.6'],
  ['openai', 'o3'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['gcp.gemini', 'gemini-2.5-pro'],
  ['deepseek', 'deepseek-chat'],
  ['deepseek', 'deepseek-v4-flash'],
  ['perplexity', 'sonar'],
  ['openai', 'text-embedding-3-small'],
  ['', 'in-house-7'],
  ['openai', "no'such\\model"],
] as const;
const entries = pairs.flatMap(([provider, model]) => book.findEntry(provider, model) ?? []);

const count = fc.option(fc.nat(600_000), { freq: 5 });
const call = fc.record({
  pair: fc.constantFrom(...pairs),
  timeMs: fc
    .integer({ min: Date.parse('2023-01-01') / 1000, max: Date.parse('2026-12-31') / 1000 })
    .map((s) => s * 1000),
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  reasoningTokens: count,
  serviceTier: fc.constantFrom('', '', 'default', 'flex', 'PRIORITY', 'batch', 'platinum'),
});

type Call = typeof call extends fc.Arbitrary<infer Each> ? Each : never;

test('the engine computes the same dollars', { timeout: 60_000 }, () => {
  const seed = Date.now();
  const calls = fc.sample(call, { numRuns: 3000, seed });
  const prices = pricesInEngine(calls);
  let priced = 0;
  for (const [index, each] of calls.entries()) {
    const [provider, model] = each.pair;
    const expected = book.priceOf({ provider, model, ...each });
    const actual = prices[index];
    const what = `seed ${seed}: ${JSON.stringify(each)}`;
    if (expected === null) expect(actual?.usd, what).toBeNull();
    else expect(actual?.usd, what).toBeCloseTo(expected.usd, 9);
    if (expected !== null) expect(actual?.version, what).toBe(expected.priceVersion);
    priced += expected === null ? 0 : 1;
  }
  expect(priced).toBeGreaterThan(500);
});

test('no models, no prices', () => {
  const session = new Session();
  try {
    const { usd, priceVersion } = compilePriceSql([], columns);
    expect(session.query(`SELECT ${usd} AS usd, ${priceVersion} AS version`, 'CSV').trim()).toBe('\\N,""');
  } finally {
    session.cleanup();
  }
});

const columns = {
  provider: 'provider',
  model: 'model',
  time: 'time',
  inputTokens: 'input',
  outputTokens: 'output',
  cacheReadTokens: 'cache_read',
  cacheWriteTokens: 'cache_write',
  reasoningTokens: 'reasoning',
  serviceTier: 'tier',
};

interface PriceInEngine {
  readonly usd: number | null;
  readonly version: string;
}

function pricesInEngine(calls: readonly Call[]): readonly PriceInEngine[] {
  const session = new Session();
  try {
    session.query(
      'CREATE TABLE calls (position UInt32, provider LowCardinality(String), model LowCardinality(String), ' +
        "time DateTime64(9, 'UTC'), input Nullable(UInt64), output Nullable(UInt64), cache_read Nullable(UInt64), " +
        'cache_write Nullable(UInt64), reasoning Nullable(UInt64), tier String) ENGINE = Memory',
    );
    const rows = calls.map((each, position) =>
      JSON.stringify({
        position,
        provider: each.pair[0],
        model: each.pair[1],
        time: new Date(each.timeMs).toISOString().replace('T', ' ').replace('Z', ''),
        input: each.inputTokens,
        output: each.outputTokens,
        cache_read: each.cacheReadTokens,
        cache_write: each.cacheWriteTokens,
        reasoning: each.reasoningTokens,
        tier: each.serviceTier,
      }),
    );
    session.query(`INSERT INTO calls FORMAT JSONEachRow ${rows.join('\n')}`);
    const { usd, priceVersion } = compilePriceSql(entries, columns);
    const json = session.query(
      `SELECT ${usd} AS usd, ${priceVersion} AS version FROM calls ORDER BY position`,
      'JSON',
    );
    return (JSON.parse(json) as { readonly data: readonly PriceInEngine[] }).data;
  } finally {
    session.cleanup();
  }
}
