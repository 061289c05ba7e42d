import type { OverviewResponse } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { noFacts } from './compared-overview.ts';
import { runsSentence } from './runs-answer.ts';

const asked = { range: { from: '-1h', to: 'now' }, nowMs: Date.UTC(2026, 10, 21) } as const;
const sentence = (runs: number, failedRuns: number, limitsMet?: OverviewResponse['limitsMet']): string =>
  runsSentence({ totals: { ...noFacts, runs, failedRuns }, ...(limitsMet && { limitsMet }) }, asked);

test('how many runs there were, and how many failed', () => {
  expect(sentence(0, 0)).toBe('No runs in the last hour');
  expect(sentence(1, 0)).toBe('1 run in the last hour, and it did not fail');
  expect(sentence(240, 0)).toBe('240 runs in the last hour, none failed');
  expect(sentence(240, 12)).toBe('12 of 240 runs failed in the last hour');
});

test('what is being settled is not said to be missing', () => {
  const settling: OverviewResponse['limitsMet'] = [{ limit: 'settling', message: 'Not all.' }];
  expect(sentence(0, 0, settling)).toBe('Runs in the last hour are being settled');
  expect(sentence(240, 12, settling)).toBe('12 of 240 runs failed in the last hour; more are being settled');
  expect(sentence(0, 0, [{ limit: 'rows', message: 'Not all.' }])).toBe('No runs in the last hour');
});
