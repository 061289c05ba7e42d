import { defaultThresholds, type OverviewResponse } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { noFacts } from './compared-overview.ts';
import { filterFleet, fleetOf, fleetSentence, sortFleet } from './fleet.ts';

type Facts = Partial<typeof noFacts>;

const facts = ({ runs = 10, failedRuns = 0, ...rest }: Facts) => ({
  ...noFacts,
  runs,
  failedRuns,
  errorRate: runs === 0 || runs === null ? null : (failedRuns ?? 0) / runs,
  ...rest,
});

function fleet(agents: Readonly<Record<string, readonly [Facts, Facts?]>>, limitsMet?: object) {
  const groups = Object.entries(agents).map(([key, [totals, previous = totals]]) => ({
    key,
    totals: facts(totals),
    previous: facts(previous),
    series: [{ ...facts(totals), startMs: 0 }],
  }));
  return fleetOf(
    { groups, ...(limitsMet && { limitsMet }) } as unknown as OverviewResponse,
    defaultThresholds,
  );
}

it('tells health by the thresholds of the project, the furthest beyond first', () => {
  const found = fleet({
    calm: [{ p95Ms: 600_000, costUsd: 10 }],
    flaky: [{ failedRuns: 1, runs: 12 }],
    slow: [{ p95Ms: 700_000, failedRuns: 2, costUsd: 11 }],
    idle: [{ runs: 0 }],
  });
  expect(found.map(({ name, health, reasons }) => [name, health, reasons])).toEqual([
    ['calm', 'well', []],
    ['flaky', 'warning', ['8.3 % failed']],
    ['slow', 'critical', ['20 % failed', 'p95 11 min 40 s', '$1.10 a run']],
    ['idle', 'well', []],
  ]);
});

it('leaves out runs that name no agent, and keeps one whose failures could not be read', () => {
  const found = fleet({ '': [{}], known: [{ runs: null, failedRuns: null, errorRate: null }] });
  expect(found.map(({ name, health }) => [name, health])).toEqual([['known', 'well']]);
});

it('says what changed most, and nothing where the time before is not known', () => {
  const change = (now: Facts, before: Facts, limitsMet?: object) =>
    fleet({ one: [now, before] }, limitsMet)[0]?.changed;
  expect(change({ p95Ms: 200 }, { p95Ms: 100 })).toBe('p95 ▲ 100 %');
  expect(change({ runs: 5, p95Ms: 110 }, { runs: 20, p95Ms: 100 })).toBe('runs ▼ 75 %');
  expect(change({ failedRuns: 1 }, {})).toBe('began to fail');
  expect(change({}, { runs: 0 })).toBe('new');
  expect(change({}, { runs: 0 }, [{}])).toBe('');
  expect(change({ p95Ms: 1001 }, { p95Ms: 1000 })).toBe('');
});

it('puts first who needs a look, then who failed, and equals by name with numbers in order', () => {
  const found = fleet({
    'agent-10': [{}],
    'agent-9': [{}],
    busy: [{ runs: 1000 }],
    rare: [{ runs: 1000, failedRuns: 3 }],
    broken: [{ failedRuns: 9 }],
    dear: [{ costUsd: 15 }],
  });
  expect(sortFleet(found, 'need').map(({ name }) => name)).toEqual([
    'broken',
    'dear',
    'rare',
    'busy',
    'agent-9',
    'agent-10',
  ]);
  expect(sortFleet(found, 'cost')[0]?.name).toBe('dear');
  const look = filterFleet(found, { text: '', health: 'look' });
  expect(look.map(({ name }) => name)).toEqual(['broken', 'dear']);
  expect(filterFleet(found, { text: ' AGENT 9 ', health: 'well' }).map(({ name }) => name)).toEqual([
    'agent-9',
  ]);
});

it('begins with the sentence that its visitor came for', () => {
  const when = 'in the last hour';
  expect(fleetSentence([], when)).toBe('No agent was at work in the last hour');
  expect(fleetSentence(fleet({ a: [{}], b: [{}] }), when)).toBe('All 2 agents are well in the last hour');
  expect(fleetSentence(fleet({ a: [{}], b: [{ failedRuns: 4 }] }), when)).toBe(
    '1 of 2 agents needs a look in the last hour; b failed most: 4 of 10 runs',
  );
  const long = 'translator-for-customers-with-a-long-name';
  expect(fleetSentence(fleet({ [long]: [{ failedRuns: 4 }] }), when)).toBe(
    '1 of 1 agent needs a look in the last hour; translator-for-customers-with-a-… failed most: 4 of 10 runs',
  );
});

it('says nothing of agents that may come, while runs are not all counted', () => {
  expect(fleetSentence([], 'in the last hour', { isPart: true })).toBe(
    'Runs in the last hour are being counted',
  );
});
