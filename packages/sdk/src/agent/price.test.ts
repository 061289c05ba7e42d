import { describe, expect, it } from 'vitest';
import { createPriceBook } from '@sightline/schema/conventions';
import { traceLlmCall } from '../index.ts';
import { spanNamed, startSdk } from '../test/start-sdk.ts';

const usage = { inputTokens: 10_000, outputTokens: 1000, cacheReadTokens: 2000 };

describe('dollars', () => {
  it.each([
    ['openai', 'gpt-5', undefined, 1],
    ['openai', 'gpt-5', 'flex', 0.5],
    ['openai', 'gpt-5', 'priority', 2],
  ])('of %s %s in tier %s are the server’s', (provider, model, serviceTier, factor) => {
    const memory = startSdk();
    traceLlmCall({ model, provider }, (call) => {
      call.recordUsage(usage);
      call.recordResponse({ serviceTier });
    });
    const { attributes } = spanNamed(memory, `chat ${model}`);
    const server = createPriceBook().priceOf({
      provider,
      model,
      timeMs: Date.now(),
      ...usage,
      ...(serviceTier === undefined ? {} : { serviceTier }),
    });
    expect(attributes['gen_ai.usage.cost']).toBeCloseTo(server?.usd ?? Number.NaN, 12);
    expect(attributes['openai.response.service_tier']).toBe(serviceTier);
    // 8,000 fresh at $1.25, 2,000 cached at $0.125, 1,000 written at $10 a million.
    expect(attributes['gen_ai.usage.cost']).toBeCloseTo(0.02025 * factor, 12);
  });

  it('of cache writes for an hour are more than those for five minutes', () => {
    const memory = startSdk();
    traceLlmCall({ model: 'claude-sonnet-4-5', provider: 'anthropic' }, (call) =>
      call.recordUsage({
        inputTokens: 1000,
        outputTokens: 0,
        cacheWriteTokens: 1000,
        cacheWrite1hTokens: 600,
      }),
    );
    // 400 at $3.75 and 600 at $6 a million.
    expect(spanNamed(memory, 'chat claude-sonnet-4-5').attributes['gen_ai.usage.cost']).toBeCloseTo(
      0.0051,
      12,
    );
  });

  it('of an unknown tier are unknown, never the standard price', () => {
    const memory = startSdk();
    traceLlmCall({ model: 'gpt-5', provider: 'openai' }, (call) => {
      call.recordUsage(usage);
      call.recordResponse({ serviceTier: 'from-the-future' });
    });
    expect(spanNamed(memory, 'chat gpt-5').attributes['gen_ai.usage.cost']).toBeUndefined();
  });
});
