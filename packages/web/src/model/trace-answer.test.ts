import { describe, expect, it } from 'vitest';
import { describeChange, tracesDetail, tracesSentence, type TracesAnswerInput } from './trace-answer.ts';

const base: TracesAnswerInput = {
  totals: { startMs: 0, count: 240, errorCount: 12, p50Ms: 120, p95Ms: 2100 },
  before: { startMs: 0, count: 100, errorCount: 0, p50Ms: 100, p95Ms: 1567 },
  failingServices: {
    field: 'service',
    values: [{ value: 'search', count: 9 }],
    valueCount: 9,
    otherCount: 3,
    missingCount: 0,
  },
  range: { from: '-1h', to: 'now' },
  nowMs: 1e12,
  isFiltered: false,
};

describe('the sentence over the traces', () => {
  it('says what failed, and where most', () =>
    expect(tracesSentence(base)).toBe('12 of 240 traces failed in the last hour, 9 of them in search'));

  it('is calm when nothing failed, and clear when there is nothing', () => {
    expect(tracesSentence({ ...base, totals: { ...base.totals, errorCount: 0 } })).toBe(
      '240 traces in the last hour, none failed',
    );
    expect(tracesSentence({ ...base, totals: { ...base.totals, count: 0, errorCount: 0 } })).toBe(
      'No traces in the last hour',
    );
  });

  it('compares with the time before', () => {
    expect(tracesDetail(base)).toBe('p50 about 120 ms · p95 about 2.10 s, ▲ 34 % against the hour before');
    expect([
      describeChange(95, 100),
      describeChange(100, 100),
      describeChange(1, null),
      describeChange(6_255_463, 1),
    ]).toEqual(['▼ 5 %', 'unchanged', '', '▲ 6.26 M×']);
  });
});
