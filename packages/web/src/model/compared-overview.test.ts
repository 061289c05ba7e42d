import type { OverviewFacts, OverviewResponse } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { runsDetail } from './runs-answer.ts';
import { comparedOverview, noFacts } from './compared-overview.ts';

const facts = (runs: number): OverviewFacts => ({
  ...noFacts,
  runs,
  errorRate: 0,
  p50Ms: 1000,
  p95Ms: runs * 1000,
  llmCalls: runs,
  costUsd: runs,
});
const overview: OverviewResponse = {
  startTime: '2026-11-21T00:00:00.000000000Z',
  endTime: '2026-11-21T12:00:00.000000000Z',
  stepMs: 600_000,
  totals: facts(9),
  previous: facts(3),
  series: [],
  groups: [{ key: 'm', totals: facts(9), previous: facts(3), series: [] }],
  otherGroups: 0,
  topTools: [{ tool: 't', calls: 2, errors: 1, errorRate: 0.5, p95Ms: 1, previous: { calls: 4, errors: 4 } }],
  toolCount: 1,
  promptCount: 0,
  topPrompts: [],
};

test('an answer that leaves out the oldest is compared with nothing', () => {
  const cut = comparedOverview({ ...overview, limitsMet: [{ limit: 'rows', message: 'Not all.' }] });
  expect(runsDetail(overview)).toContain('▲');
  expect(runsDetail(cut)).not.toMatch(/[▲▼]/);
  expect(cut.totals).toEqual(overview.totals);
  expect(cut.groups[0]?.previous.costUsd).toBeNull();
  expect(cut.topTools?.[0]?.previous.calls).toBe(0);
});

test('a whole answer stays as it is', () => {
  expect(comparedOverview(overview)).toBe(overview);
});
