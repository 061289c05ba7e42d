/** Experiments over the items of one dataset, side by side: each with the baseline, item by item. */
import type { ComparisonResponse, ScoreComparison } from '@sightline/schema/api';
import type { StoredExperiment } from '../catalog/experiments.ts';
import type { Column, ExperimentColumns } from './experiment-columns.ts';
import { type PairedDifference, pairedDifference } from './paired-difference.ts';

type ItemVerdict = ComparisonResponse['items'][number]['verdict'];

export interface ComparedItem {
  readonly itemId: string;
  readonly verdict: ItemVerdict;
  readonly isChanged: boolean;
  readonly hasError: boolean;
  /** How much worse than the baseline the worst is. */
  readonly harm: number;
}

export interface Comparison {
  /** Regressions first, the worst before the others. */
  readonly items: readonly ComparedItem[];
  readonly comparisons: readonly { readonly id: string; readonly scores: ScoreComparison[] }[];
}

const latencyName = 'latency_ms';
const costName = 'cost_usd';
const order: Readonly<Record<ItemVerdict, number>> = { regression: 0, mixed: 1, improvement: 2, same: 3 };
const errorHarm = 1_000;

/** The baseline is the first of the experiments; columns come in the order of the experiments. */
export function compareExperiments(
  experiments: readonly StoredExperiment[],
  columns: readonly ExperimentColumns[],
): Comparison {
  const lower = new Set([latencyName, costName, ...experiments.flatMap(lowerIsBetterOf)]);
  const spent = new Set(experiments.flatMap(spentNamesOf));
  const [baseline, ...others] = columns;
  if (baseline === undefined) return { items: [], comparisons: [] };
  const candidates = others.map((each): Candidate => ({
    columns: each,
    scores: [...each.scoreNames]
      .filter((name) => !spent.has(name))
      .map((name) => ({
        sign: lower.has(name) ? -1 : 1,
        before: baseline.scores(name),
        after: each.scores(name),
      })),
  }));
  const itemIds = new Set(columns.flatMap((each) => [...each.itemIds]));
  const items = Array.from(itemIds, (itemId) => compareItem(itemId, baseline, candidates));
  return {
    items: items.toSorted(
      (a, b) => order[a.verdict] - order[b.verdict] || b.harm - a.harm || (a.itemId < b.itemId ? -1 : 1),
    ),
    comparisons: others.map((candidate, at) => ({
      id: experiments[at + 1]?.id ?? '',
      scores: compareScores({ baseline, candidate, lower }),
    })),
  };
}

/** Names of scores that are better when lower: said so, or what was spent. */
function lowerIsBetterOf(experiment: StoredExperiment): readonly string[] {
  const judges = experiment.evaluators.filter(
    ({ settings }) => settings.type === 'judge' && settings.lowerIsBetter,
  );
  return [...experiment.lowerIsBetter, ...spentNamesOf(experiment), ...judges.map(({ name }) => name)];
}

/** Two runs of one model are never just as fast: a difference of latency or cost is no regression of an item, only one of the whole. */
function spentNamesOf({ evaluators }: StoredExperiment): readonly string[] {
  return evaluators.flatMap(({ name, settings }) =>
    settings.type === 'latency' || settings.type === 'cost' ? [name] : [],
  );
}

interface Candidate {
  readonly columns: ExperimentColumns;
  readonly scores: readonly { readonly sign: 1 | -1; readonly before: Column; readonly after: Column }[];
}

function compareItem(
  itemId: string,
  baseline: ExperimentColumns,
  candidates: readonly Candidate[],
): ComparedItem {
  const then = baseline.rowOf(itemId);
  let gain = 0;
  let harm = 0;
  let isChanged = false;
  let hasError = then !== undefined && baseline.hasErrorAt(then);
  for (const { columns, scores } of candidates) {
    const now = columns.rowOf(itemId);
    if (now === undefined) continue;
    hasError ||= columns.hasErrorAt(now);
    if (then === undefined) {
      isChanged = true;
      continue;
    }
    isChanged ||= columns.outputAt(now) !== baseline.outputAt(then);
    const failed = columns.failedAt(now) - baseline.failedAt(then);
    if (failed > 0) harm += failed * errorHarm;
    else gain -= failed * errorHarm;
    for (const { sign, before, after } of scores) {
      const better = sign * ((after[now] ?? Number.NaN) - (before[then] ?? Number.NaN));
      // NaN where one of them has no score.
      if (better >= negligible) gain += better;
      else if (better <= -negligible) harm -= better;
    }
  }
  const verdict = harm > 0 ? (gain > 0 ? 'mixed' : 'regression') : gain > 0 ? 'improvement' : 'same';
  return { itemId, verdict, harm, isChanged, hasError };
}

const negligible = 1e-9;

interface Compared {
  readonly baseline: ExperimentColumns;
  readonly candidate: ExperimentColumns;
  readonly lower: ReadonlySet<string>;
}

function compareScores(compared: Compared): ScoreComparison[] {
  const { baseline, candidate } = compared;
  const names = [...new Set([...baseline.scoreNames, ...candidate.scoreNames])].toSorted();
  return [
    ...names.map((name) =>
      compareValues(name, compared, [baseline.scores(name), candidate.scores(name)] as const),
    ),
    compareValues(latencyName, compared, [baseline.answeredMs, candidate.answeredMs]),
    compareValues(costName, compared, [baseline.costsUsd, candidate.costsUsd]),
  ];
}

function compareValues(
  name: string,
  { baseline, candidate, lower }: Compared,
  [before, after]: readonly [Column, Column],
): ScoreComparison {
  const differences: number[] = [];
  for (const itemId of candidate.itemIds) {
    const now = candidate.rowOf(itemId);
    const then = baseline.rowOf(itemId);
    if (now === undefined || then === undefined) continue;
    const difference = (after[now] ?? Number.NaN) - (before[then] ?? Number.NaN);
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  const { mean, interval } = pairedDifference(differences);
  const lowerIsBetter = lower.has(name);
  const gains = differences.map((each) => (lowerIsBetter ? -each : each));
  return {
    name,
    baseline: averageOf(before),
    candidate: averageOf(after),
    pairs: differences.length,
    difference: differences.length === 0 ? null : mean,
    interval: interval ?? null,
    verdict: verdictOf({ mean, interval, pairs: differences.length }, lowerIsBetter),
    lowerIsBetter,
    wins: gains.filter((each) => each >= negligible).length,
    losses: gains.filter((each) => each <= -negligible).length,
  };
}

function averageOf(column: Column): number | null {
  const values = column.filter((value) => !Number.isNaN(value));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With fewer pairs even differences that all point one way are chance: 2 / 2^5 > 5 %. */
const pairsMin = 6;

function verdictOf(
  { mean, interval, pairs }: PairedDifference & { readonly pairs: number },
  lowerIsBetter: boolean,
): ScoreComparison['verdict'] {
  if (interval === undefined) return 'unclear';
  if (interval.low === 0 && interval.high === 0) return 'same';
  if (pairs < pairsMin || (interval.low <= 0 && interval.high >= 0)) return 'unclear';
  return mean > 0 === lowerIsBetter ? 'worse' : 'better';
}
