import type { Run, TraceSummary } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { findArrival, knownOf, runFacts } from './arrival.ts';

const run = (traceId: string, more: Partial<Run> = {}): Run => ({
  traceId,
  name: 'invoke_agent helper',
  operation: 'agent',
  agent: 'helper',
  service: 'shop',
  version: null,
  environment: null,
  startTime: '2026-11-21T10:00:00.000000000Z',
  durationMs: 100,
  status: 'ok',
  steps: 2,
  llmCalls: 1,
  toolCalls: 0,
  errorCount: 0,
  models: [{ provider: 'openai', model: 'gpt-5.4-mini', calls: 1, costUsd: 0.0013 }],
  sessionId: null,
  userId: null,
  scores: [],
  question: null,
  answer: null,
  inputTokens: 1200,
  outputTokens: 80,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: 0.0013,
  unpricedCalls: 0,
  ...more,
});
const trace = (traceId: string): TraceSummary => ({ traceId, name: 'GET /' }) as TraceSummary;

test('what was there before is no arrival; a run is, before a trace, and one that called a model before one that did not', () => {
  const known = knownOf({ runs: [run('a')], traces: [trace('a'), trace('b')] });
  expect(
    findArrival({ runs: [run('a')], traces: [trace('b')], isSettled: true }, known, undefined),
  ).toBeUndefined();
  const plain = findArrival({ runs: [], traces: [trace('c')], isSettled: true }, known, undefined);
  expect(plain).toMatchObject({ kind: 'trace', trace: { traceId: 'c' } });
  // Nobody knows yet what it is.
  expect(findArrival({ runs: [], traces: [trace('c')], isSettled: false }, known, undefined)).toBeUndefined();
  const tool = run('d', { llmCalls: 0, models: [], costUsd: null });
  const found = findArrival({ runs: [tool, run('a')], traces: [trace('c')], isSettled: true }, known, plain);
  expect(found).toMatchObject({ kind: 'run', run: { traceId: 'd' } });
  const better = findArrival({ runs: [run('f'), run('e'), tool], traces: [], isSettled: true }, known, found);
  expect(better).toMatchObject({ kind: 'run', run: { traceId: 'e' } });
  const grown = findArrival(
    { runs: [run('f'), run('e', { inputTokens: 2400 })], traces: [], isSettled: true },
    known,
    better,
  );
  expect(grown).toMatchObject({ run: { traceId: 'e', inputTokens: 2400 } });
});

test('a run is told by service, agent, model, tokens and cost, as far as they are known', () => {
  expect(runFacts(run('a'))).toEqual([
    'shop',
    'agent helper',
    'gpt-5.4-mini',
    '1,200 tokens in, 80 out',
    '$0.0013',
  ]);
  const bare = run('a', { agent: null, models: [], inputTokens: null, outputTokens: null, costUsd: null });
  expect(runFacts(bare)).toEqual(['shop']);
});
