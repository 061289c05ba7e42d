/** Every agent of a window with its health, in the order in which somebody should look at them. */
import type { OverviewFacts, OverviewResponse, Thresholds } from '@sightline/schema/api';
import { formatCostUsd, formatCount, formatDurationMs, formatShare, counted } from '@sightline/base';
import { describeChange } from './trace-answer.ts';
import { shorten } from './value-preview.ts';

/** As findings of the performance page: `warning` beyond a threshold of the project, `critical` from twice the threshold on. */
export type Health = 'critical' | 'warning' | 'well';

export interface FleetAgent {
  readonly name: string;
  readonly health: Health;
  /** What is beyond its threshold, the furthest first: `22 % failed`. */
  readonly reasons: readonly string[];
  /** How far beyond: 1 is at the threshold. */
  readonly excess: number;
  /** Against the time before; empty where nothing changed or nothing is known. */
  readonly changed: string;
  readonly facts: OverviewFacts;
  readonly steps: readonly FleetStep[];
}

export interface FleetStep {
  readonly runs: number;
  readonly failedRuns: number;
}

export const fleetOrders = [
  { value: 'need', label: 'Who needs a look' },
  { value: 'runs', label: 'Most runs' },
  { value: 'failed', label: 'Most failures' },
  { value: 'p95', label: 'Slowest (p95)' },
  { value: 'cost', label: 'Highest cost' },
  { value: 'name', label: 'Name' },
] as const;
export type FleetOrder = (typeof fleetOrders)[number]['value'];

export type HealthFilter = 'all' | 'look' | 'well';

export function fleetOf(overview: OverviewResponse, thresholds: Thresholds): readonly FleetAgent[] {
  const isCompared = overview.limitsMet === undefined;
  return overview.groups
    .filter(({ key }) => key !== '')
    .map(({ key, totals, previous, series }) => {
      const beyond = beyondThresholds(totals, thresholds);
      const excess = beyond[0]?.excess ?? 0;
      return {
        name: key,
        health: excess >= 2 ? 'critical' : excess > 1 ? 'warning' : 'well',
        reasons: beyond.map(({ words }) => words),
        excess,
        changed: isCompared ? changeWords(totals, previous) : '',
        facts: totals,
        steps: series.map(({ runs, failedRuns }) => ({ runs: runs ?? 0, failedRuns: failedRuns ?? 0 })),
      };
    });
}

function beyondThresholds({ runs, errorRate, p95Ms, costUsd }: OverviewFacts, thresholds: Thresholds) {
  const costOfRun = costUsd === null || runs === null || runs === 0 ? null : costUsd / runs;
  return [
    measure(errorRate, thresholds.errorRate, (value) => `${formatShare(value)} failed`),
    measure(p95Ms, thresholds.workflowDurationS * 1000, (value) => `p95 ${formatDurationMs(value)}`),
    measure(costOfRun, thresholds.workflowCostUsd, (value) => `${formatCostUsd(value)} a run`),
  ]
    .filter(({ excess }) => excess > 1)
    .toSorted((a, b) => b.excess - a.excess);
}

/** A threshold of zero is crossed by any failure, however rare. */
function measure(value: number | null, threshold: number, words: (value: number) => string) {
  const isNone = value === null || value === 0;
  return { excess: isNone ? 0 : value / threshold, words: isNone ? '' : words(value) };
}

function changeWords(now: OverviewFacts, before: OverviewFacts): string {
  if (before.runs === 0) return 'new';
  if (before.failedRuns === 0 && (now.failedRuns ?? 0) > 0) return 'began to fail';
  const changes = [
    { name: 'runs', now: now.runs, before: before.runs },
    { name: 'p95', now: now.p95Ms, before: before.p95Ms },
    { name: 'cost', now: now.costUsd, before: before.costUsd },
  ].map((one) => ({
    words: one.now === null ? '' : `${one.name} ${describeChange(one.now, one.before)}`,
    size: one.now === null || !one.before || one.now === 0 ? 0 : Math.abs(Math.log(one.now / one.before)),
  }));
  const most = changes.reduce((best, one) => (one.size > best.size ? one : best));
  return most.size === 0 || most.words.endsWith('unchanged') ? '' : most.words;
}

const compare: Readonly<Record<FleetOrder, (a: FleetAgent, b: FleetAgent) => number>> = {
  need: (a, b) =>
    // Among those that keep within their thresholds, the number of failures tells more than how near they are.
    (b.excess > 1 || a.excess > 1 ? b.excess - a.excess : 0) ||
    failures(b) - failures(a) ||
    runs(b) - runs(a),
  runs: (a, b) => runs(b) - runs(a),
  failed: (a, b) => failures(b) - failures(a),
  p95: (a, b) => (b.facts.p95Ms ?? -1) - (a.facts.p95Ms ?? -1),
  cost: (a, b) => (b.facts.costUsd ?? -1) - (a.facts.costUsd ?? -1),
  name: () => 0,
};

export function sortFleet(agents: readonly FleetAgent[], order: FleetOrder): readonly FleetAgent[] {
  return agents.toSorted(
    (a, b) => compare[order](a, b) || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

/** Those whose name holds all of the words. */
export function filterFleet(
  agents: readonly FleetAgent[],
  { text, health }: { readonly text: string; readonly health: HealthFilter },
): readonly FleetAgent[] {
  const words = text.toLowerCase().split(/\s+/);
  return agents.filter(
    (agent) =>
      (health === 'all' || (health === 'well') === (agent.health === 'well')) &&
      words.every((word) => agent.name.toLowerCase().includes(word)),
  );
}

/** `3 of 297 agents need a look in the last hour; router failed most: 9 of 40 runs`. */
/** A longer name would push the number behind it from the screen. */
const nameLengthMax = 32;

/** `isPart`: not all runs are counted yet, so that nothing can be said of agents that were not seen. */
export function fleetSentence(
  agents: readonly FleetAgent[],
  when: string,
  { isPart = false }: { readonly isPart?: boolean } = {},
): string {
  if (agents.length === 0) return isPart ? `Runs ${when} are being counted` : `No agent was at work ${when}`;
  const ill = agents.filter(({ health }) => health !== 'well');
  // The one that is named is one of those that are counted.
  const [worst] = sortFleet(ill.length === 0 ? agents : ill, 'failed');
  const failed = worst === undefined ? 0 : failures(worst);
  const most =
    worst === undefined || failed === 0
      ? ''
      : `; ${shorten(worst.name, nameLengthMax)} failed most: ${formatCount(failed)} of ${counted(runs(worst), 'run')}`;
  if (ill.length === 0)
    return `${agents.length === 1 ? 'The only agent is' : `All ${formatCount(agents.length)} agents are`} well ${when}${most}`;
  return `${formatCount(ill.length)} of ${counted(agents.length, 'agent')} ${ill.length === 1 ? 'needs' : 'need'} a look ${when}${most}`;
}

/** What a tile says to somebody who does not see its colour. */
export const healthWords: Readonly<Record<Health, string>> = {
  critical: 'Critical',
  warning: 'Warning',
  well: 'Well',
};

function runs({ facts }: FleetAgent): number {
  return facts.runs ?? 0;
}

function failures({ facts }: FleetAgent): number {
  return facts.failedRuns ?? 0;
}
