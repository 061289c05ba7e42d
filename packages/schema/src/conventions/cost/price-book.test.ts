import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices';
import { expect, test } from 'vitest';
import { createPriceBook, type PriceRequest } from './price-book.ts';
import { catalogueVersion } from './price-catalogue.ts';

const book = createPriceBook();
const day = (date: string) => Date.parse(`${date}T12:00:00Z`);

/** Dollars worked out by hand from the providers' price pages, per million tokens in the comment. */
const byHand: readonly (readonly [string, Partial<PriceRequest>, number])[] = [
  // 2.50 in, 1.25 cached, 10 out: 176 * 2.5 + 1024 * 1.25 + 80 * 10 = 2520.
  [
    'gpt-4o, cached',
    { inputTokens: 1200, cacheReadTokens: 1024, outputTokens: 80, reasoningTokens: 64 },
    0.00252,
  ],
  // The same at half price.
  ['gpt-4o, batch', { inputTokens: 1200, cacheReadTokens: 1024, outputTokens: 80, batch: true }, 0.00126],
  [
    'gpt-4o, flex',
    { inputTokens: 1200, cacheReadTokens: 1024, outputTokens: 80, serviceTier: 'flex' },
    0.00126,
  ],
  // 4.25 in, 17 out: 1000 * 4.25 + 100 * 17 = 5950.
  ['gpt-4o, priority', { inputTokens: 1000, outputTokens: 100, serviceTier: 'priority' }, 0.00595],
  // 3 in, 0.30 read, 3.75 write, 15 out: 100 * 3 + 2000 * 0.3 + 300 * 3.75 + 50 * 15 = 2775.
  [
    'claude-sonnet-4-5',
    {
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      inputTokens: 2400,
      outputTokens: 50,
      cacheReadTokens: 2000,
      cacheWriteTokens: 300,
    },
    0.002775,
  ],
  // The write kept for an hour costs 6: 100 * 3 + 2000 * 0.3 + 300 * 6 + 50 * 15 = 3450.
  [
    'claude-sonnet-4-5, one hour',
    {
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      inputTokens: 2400,
      outputTokens: 50,
      cacheReadTokens: 2000,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 300,
    },
    0.00345,
  ],
  // 1.25 in and 10 out up to 200,000 tokens of input; 2.50 and 15 above, for the whole call.
  [
    'gemini-2.5-pro',
    { provider: 'gcp.gemini', model: 'gemini-2.5-pro', inputTokens: 200_000, outputTokens: 100 },
    0.251,
  ],
  [
    'gemini-2.5-pro, long',
    { provider: 'gcp.gemini', model: 'gemini-2.5-pro', inputTokens: 300_000, outputTokens: 100 },
    0.7515,
  ],
  // 0.02 in, nothing out.
  ['embedding', { model: 'text-embedding-3-small', inputTokens: 9, outputTokens: null }, 0.00000018],
  // Bedrock's names: 3 in, 15 out.
  [
    'bedrock',
    {
      provider: 'aws.bedrock',
      model: 'anthropic.claude-sonnet-4-20250514-v1:0',
      inputTokens: 3000,
      outputTokens: 100,
    },
    0.0105,
  ],
];

test.each(byHand)('%s costs what its price page says', (_, request, dollars) => {
  const price = book.priceOf(call(request));
  expect(price?.usd).toBeCloseTo(dollars, 12);
  expect(Object.values(price?.breakdown ?? {}).reduce((sum, part) => sum + part, 0)).toBeCloseTo(dollars, 12);
  expect(price?.priceVersion).toBe(catalogueVersion);
});

test.each<[string, Partial<PriceRequest>]>([
  ['an unknown model', { model: 'my-own-model' }],
  ['no model', { model: '' }],
  ['an unknown host of a known model', { provider: 'someone-else' }],
  ['an unknown tier', { serviceTier: 'platinum' }],
  ['a missing output count', { outputTokens: null }],
  ['a missing input count', { inputTokens: null }],
  ['a model that is paid by the hour', { model: 'whisper-1' }],
])('%s has no price rather than a wrong one', (_, request) => {
  expect(book.priceOf(call(request))).toBeNull();
});

test('a price that changed is the one of the time of the call', () => {
  const o3 = (date: string) =>
    book.priceOf(call({ model: 'o3', timeMs: day(date), inputTokens: 1_000_000, outputTokens: 0 }))?.usd;
  expect(o3('2025-05-01')).toBe(10);
  expect(o3('2025-07-01')).toBe(2);
});

test('parts that exceed the whole do not make a price negative', () => {
  const price = book.priceOf(
    call({ inputTokens: 10, cacheReadTokens: 50, cacheWriteTokens: 50, reasoningTokens: 9999 }),
  );
  expect(Object.values(price?.breakdown ?? {}).every((part) => part >= 0)).toBe(true);
});

test('a model that only one maker has needs no provider', () => {
  const usd = (model: string) =>
    book.priceOf(call({ provider: '', model, inputTokens: 1_000_000, outputTokens: null }))?.usd;
  expect(usd('text-embedding-3-small')).toBe(0.02);
  expect(usd('embed-v4.0')).toBe(0.12);
  // Who hosts it decides.
  expect(usd('llama-3.3-70b-versatile')).toBeUndefined();
});

test('a name of a model with that of its host before it is that model, where the host is the provider', () => {
  const usd = (provider: string, model: string) =>
    book.priceOf(call({ provider, model, inputTokens: 1_000_000, outputTokens: 0 }))?.usd;
  expect(usd('openai', 'openai/gpt-4o')).toBe(2.5);
  expect(usd('gcp.gemini', 'gemini/gemini-2.5-flash')).toBe(0.3);
  expect(usd('groq', 'openai/gpt-4o')).toBeUndefined();
});

test('an override wins over the catalogue, the first that fits over the others', () => {
  const mine = createPriceBook([
    { model: 'gpt-4o-mini*', input: 1, output: 1 },
    { model: 'gpt-4o*', provider: 'openai', input: 5, output: 20, cacheRead: 0 },
    { model: '*own*', input: 0, output: 0, request: 0.25 },
  ]);
  const usd = (request: Partial<PriceRequest>) => mine.priceOf(call(request))?.usd;
  expect(usd({ inputTokens: 1_000_000, cacheReadTokens: 500_000, outputTokens: 100_000 })).toBe(4.5);
  expect(usd({ model: 'gpt-4o-mini-2024', inputTokens: 1_000_000, outputTokens: 0 })).toBe(1);
  expect(usd({ model: 'my-own-model', provider: '' })).toBe(0.25);
  // Whatever the tier: who knows what he pays knows it.
  expect(usd({ model: 'my-own-model', serviceTier: 'priority' })).toBe(0.25);
  expect(usd({ model: 'my-own-model', serviceTier: 'scale' })).toBe(0.25);
  expect(usd({ model: 'o3', serviceTier: 'scale' })).toBeUndefined();
  expect(mine.priceOf(call({}))?.priceVersion).toBe('override gpt-4o*');
  expect(usd({ provider: 'azure.ai.openai', inputTokens: 1_000_000, outputTokens: 0 })).toBe(2.5);
});

test('every model of the catalogue costs what the catalogue computes', async () => {
  let compared = 0;
  for (const provider of (await waitForUpdate()) ?? []) {
    for (const model of provider.models) {
      for (const [date, inputTokens] of [
        ['2024-01-01', 1000],
        ['2025-09-01', 250_000],
        ['2026-11-20', 300_000],
      ] as const) {
        const request = call({
          provider: provider.id,
          model: model.id,
          timeMs: day(date),
          inputTokens,
          cacheReadTokens: 100,
          cacheWriteTokens: 50,
          reasoningTokens: 40,
        });
        const price = book.priceOf(request);
        if (price === null) continue;
        const usage = {
          input_tokens: inputTokens,
          output_tokens: 500,
          cache_read_tokens: 100,
          cache_write_tokens: 50,
          output_reasoning_tokens: 40,
        };
        const options = { providerId: provider.id, timestamp: new Date(request.timeMs) };
        const expected = calcPrice(usage, model.id, options)?.total_price ?? Number.NaN;
        expect(Math.abs(price.usd - expected), `${provider.id} ${model.id} ${date}`).toBeLessThan(1e-9);
        compared += 1;
      }
    }
  }
  expect(compared).toBeGreaterThan(4000);
});

test('the version on a priced span is that of the installed catalogue', () => {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8')) as {
    version: string;
  };
  expect(catalogueVersion).toBe(`genai-prices ${version}`);
});

function call(request: Partial<PriceRequest>): PriceRequest {
  return {
    provider: 'openai',
    model: 'gpt-4o',
    timeMs: day('2026-11-20'),
    inputTokens: 1000,
    outputTokens: 500,
    ...request,
  };
}
