import { expect, test } from 'vitest';
import type { ModelFacts } from '@sightline/schema/api';
import { modelsSentence } from './agent-answers.ts';

const asked = { range: { from: '-1h', to: 'now' }, nowMs: 0, hasMore: false };
const facts = (model: string, costUsd: number | null): ModelFacts => ({
  provider: null,
  model,
  calls: 1,
  errors: 0,
  errorRate: 0,
  p50Ms: null,
  p95Ms: null,
  runs: 1,
  lastTime: '2026-11-21T12:00:00Z',
  ttftP50Ms: null,
  ttftP95Ms: null,
  cacheHitRate: null,
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd,
  unpricedCalls: 0,
});

test('usage without a model is no model', () => {
  expect(modelsSentence([facts('', 3), facts('gpt-4o', 1)], asked)).toMatch(/^What names no model cost most/);
  expect(modelsSentence([facts('gpt-4o', null), facts('', null)], asked)).toMatch(/^1 model called/);
  expect(modelsSentence([facts('', null)], asked)).toMatch(/^Nobody named a model/);
});
