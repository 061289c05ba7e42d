import { expect, test } from 'vitest';
import { costNote, costWords, tokenWords } from './usage-words.ts';

test('an unknown price is never a zero', () => {
  expect(costWords({ costUsd: 1.2, unpricedCalls: 0 })).toBe('$1.20');
  expect(costWords({ costUsd: 1.2, unpricedCalls: 2 })).toBe('≥ $1.20');
  expect(costWords({ costUsd: null, unpricedCalls: 2 })).toBe('unknown');
  expect(costWords({ costUsd: null, unpricedCalls: 0 })).toBe('–');
  expect(costWords({ costUsd: 0, unpricedCalls: 0 })).toBe('$0');
  expect(costNote({ costUsd: 1, unpricedCalls: 1 })).toBe(
    'At least: 1 call without a known price not counted',
  );
});

test('tokens say what of them was cached or thought', () => {
  const usage = {
    inputTokens: 812,
    outputTokens: 64,
    cacheReadTokens: 640,
    cacheWriteTokens: 0,
    reasoningTokens: 20,
  };
  expect(tokenWords(usage)).toBe('812 in (640 from cache), 64 out (20 reasoning)');
  expect(tokenWords({ ...usage, inputTokens: null, outputTokens: null })).toBe('');
});
