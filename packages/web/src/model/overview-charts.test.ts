import type { OverviewFacts, OverviewResponse } from '@sightline/schema/api';
import { ensure } from '@sightline/base';
import { expect, test } from 'vitest';
import { noFacts } from './compared-overview.ts';
import { changeOf, chartLines, chartMetrics } from './overview-charts.ts';

const facts = (more: Partial<OverviewFacts>): OverviewFacts => ({ ...noFacts, ...more });
const metric = (id: string) =>
  ensure(
    chartMetrics.find((one) => one.id === id),
    id,
  );

test('a change has a tone: more failures are bad, a better cache is good, more runs are neither', () => {
  expect(changeOf(metric('errors'), facts({ errorRate: 0.2 }), facts({ errorRate: 0.1 }))).toEqual({
    words: '▲ 100 %',
    tone: 'bad',
  });
  expect(changeOf(metric('cache'), facts({ cacheHitRate: 0.8 }), facts({ cacheHitRate: 0.4 }))?.tone).toBe(
    'good',
  );
  expect(changeOf(metric('runs'), facts({ runs: 9 }), facts({ runs: 3 }))?.tone).toBe('neutral');
  expect(changeOf(metric('cost'), facts({ costUsd: 1.02 }), facts({ costUsd: 1 }))?.tone).toBe('neutral');
  expect(changeOf(metric('cost'), facts({ costUsd: 1 }), facts({ costUsd: null }))).toBeUndefined();
});

test('unknown stays unknown over the chart', () => {
  expect(metric('cost').total(facts({ unpricedCalls: 3 }))).toBe('unknown');
  expect(metric('hallucination').total(facts({}))).toBe('not scored');
});

test('split, each group is a line, with gaps where it did nothing', () => {
  const point = (startMs: number, runs: number) => ({ ...facts({ runs }), startMs });
  const overview = {
    stepMs: 60,
    endTime: new Date(120).toISOString(),
    series: [point(0, 3), point(60, 1)],
    groups: [{ key: '', series: [point(60, 1)] }],
  } as unknown as OverviewResponse;
  expect(chartLines(metric('runs'), overview, true)).toEqual([
    { label: '(none)', group: '', values: [null, 1] },
  ]);
  expect(chartLines(metric('runs'), overview, false)).toEqual([
    { label: 'runs', group: undefined, values: [3, 1] },
  ]);
  const goingOn = { ...overview, endTime: new Date(90).toISOString() };
  expect(chartLines(metric('runs'), goingOn, false)[0]?.values, 'a step that goes on is no fall').toEqual([
    3,
    null,
  ]);
});
