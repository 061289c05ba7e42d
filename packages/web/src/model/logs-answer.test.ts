import { expect, it } from 'vitest';
import { logsSentence } from './logs-answer.ts';

const ask = (count: number, errorCount: number): string =>
  logsSentence({
    totals: { startMs: 0, count, errorCount, p50Ms: null, p95Ms: null },
    failingServices: {
      field: 'service',
      values: [{ value: 'gateway', count: 30 }],
      valueCount: 9,
      otherCount: 15,
      missingCount: 0,
    },
    range: { from: '-1h', to: 'now' },
    nowMs: 0,
    isFiltered: false,
  });

it('says how many lines, how many errors, and from where', () => {
  expect(ask(1234, 45)).toBe('1,234 log lines in the last hour, 45 of them errors, most from gateway');
  expect(ask(1234, 0)).toBe('1,234 log lines in the last hour, no errors');
  expect(ask(0, 0)).toBe('No log lines in the last hour');
  expect(ask(1, 1)).toBe('1 log line in the last hour, all of them errors');
});
