/** Experiments over the items of one dataset, side by side: each with the baseline, item by item. */
import type { ComparisonResponse, ScoreComparison } from '@sightline/schema/api';
import type { ResultFacts, StoredExperiment } from '../catalog/experiments.ts';
import { type PairedDifference, pairedDifference } from './paired-difference.ts';

type ItemVerdict = ComparisonResponse['items'][number]['verdict'];

/** Of one item in one experiment: repeats are averaged. */
interface ItemSums {
  readonly repeats: number;
  readonly errors: number;
  readonly durationMs: number;
  readonly costUsd: number | null;
  readonly scores: ReadonlyMap<string, number>;
  readonly outputHash: string;
}

export interface ComparedItem {
  readonly itemId: string;
  readonly verdict: ItemVerdict;
  readonly isChanged: boolean;
  readonly hasError: boolean;
  /** In the order of the experiments. */
  readonly sums: readonly (ItemSums | undefined)[];
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

/** The baseline is the first of the experiments. */
export function compareExperiments(
  experiments: readonly StoredExperiment[],
  facts: readonly ResultFacts[],
): Comparison {
  const lower = new Set([latencyName, costName, ...experiments.flatMap(lowerIsBetterOf)]);
  const spent = new Set(experiments.flatMap(spentNamesOf));
  const byExperiment = new Map(
    [...Map.groupBy(facts, ({ experimentId }) => experimentId)].map(([id, results]) => [
      id,
      sumByItem(results),
    ]),
  );
  const sums = experiments.map(({ id }) => byExperiment.get(id) ?? new Map<string, ItemSums>());
  const [baseline = new Map<string, ItemSums>(), ...others] = sums;
  const itemIds = [...new Set(sums.flatMap((each) => [...each.keys()]))];
  const items = itemIds.map((itemId) =>
    compareItem(
      itemId,
      sums.map((each) => each.get(itemId)),
      { lower, spent },
    ),
  );
  return {
    items: items.toSorted(
      (a, b) => order[a.verdict] - order[b.verdict] || b.harm - a.harm || (a.itemId < b.itemId ? -1 : 1),
    ),
    comparisons: others.map((candidate, at) => ({
      id: experiments[at + 1]?.id ?? '',
      scores: compareScores(baseline, candidate, lower),
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

function sumByItem(results: readonly ResultFacts[]): Map<string, ItemSums> {
  return new Map(
    [...Map.groupBy(results, ({ itemId }) => itemId)].map(([itemId, repeats]) => [
      itemId,
      sumRepeats(repeats),
    ]),
  );
}

function sumRepeats(repeats: readonly ResultFacts[]): ItemSums {
  const answered = repeats.filter(({ isError }) => !isError);
  const priced = repeats.flatMap(({ costUsd }) => costUsd ?? []);
  const values = new Map<string, number[]>();
  for (const { values: own } of repeats)
    for (const [name, value] of Object.entries(own)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  return {
    repeats: repeats.length,
    errors: repeats.length - answered.length,
    durationMs: average(
      answered.length === 0
        ? repeats.map(({ durationMs }) => durationMs)
        : answered.map(({ durationMs }) => durationMs),
    ),
    costUsd: priced.length === 0 ? null : average(priced),
    scores: new Map([...values].map(([name, each]) => [name, average(each)])),
    outputHash: repeats.map(({ outputHash }) => outputHash).join(' '),
  };
}

const average = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

function compareItem(
  itemId: string,
  sums: readonly (ItemSums | undefined)[],
  { lower, spent }: { readonly lower: ReadonlySet<string>; readonly spent: ReadonlySet<string> },
): ComparedItem {
  const [baseline, ...others] = sums;
  let gain = 0;
  let harm = 0;
  for (const candidate of others) {
    if (baseline === undefined || candidate === undefined) continue;
    const failed = candidate.errors / candidate.repeats - baseline.errors / baseline.repeats;
    if (failed > 0) harm += failed * errorHarm;
    if (failed < 0) gain -= failed * errorHarm;
    for (const [name, value] of candidate.scores) {
      const before = baseline.scores.get(name);
      if (before === undefined || spent.has(name) || Math.abs(value - before) < 1e-9) continue;
      const better = lower.has(name) ? before - value : value - before;
      if (better > 0) gain += better;
      else harm -= better;
    }
  }
  const verdict = harm > 0 ? (gain > 0 ? 'mixed' : 'regression') : gain > 0 ? 'improvement' : 'same';
  return {
    itemId,
    verdict,
    harm,
    isChanged: others.some((each) => each !== undefined && each.outputHash !== baseline?.outputHash),
    hasError: sums.some((each) => each !== undefined && each.errors > 0),
    sums,
  };
}

function compareScores(
  baseline: ReadonlyMap<string, ItemSums>,
  candidate: ReadonlyMap<string, ItemSums>,
  lower: ReadonlySet<string>,
): ScoreComparison[] {
  const names = new Set(
    [...baseline.values(), ...candidate.values()].flatMap(({ scores }) => [...scores.keys()]),
  );
  return [
    ...[...names]
      .toSorted()
      .map((name) => compareValues(name, { baseline, candidate, lower }, ({ scores }) => scores.get(name))),
    compareValues(latencyName, { baseline, candidate, lower }, ({ durationMs, errors, repeats }) =>
      errors === repeats ? undefined : durationMs,
    ),
    compareValues(costName, { baseline, candidate, lower }, ({ costUsd }) => costUsd ?? undefined),
  ];
}

function compareValues(
  name: string,
  {
    baseline,
    candidate,
    lower,
  }: {
    readonly baseline: ReadonlyMap<string, ItemSums>;
    readonly candidate: ReadonlyMap<string, ItemSums>;
    readonly lower: ReadonlySet<string>;
  },
  read: (sums: ItemSums) => number | undefined,
): ScoreComparison {
  const all = (sums: ReadonlyMap<string, ItemSums>): number[] =>
    [...sums.values()].flatMap((each) => read(each) ?? []);
  const [before, after] = [all(baseline), all(candidate)];
  const differences: number[] = [];
  for (const [itemId, sums] of candidate) {
    const now = read(sums);
    const pair = baseline.get(itemId);
    const then = pair === undefined ? undefined : read(pair);
    if (now !== undefined && then !== undefined) differences.push(now - then);
  }
  const { mean, interval } = pairedDifference(differences);
  const lowerIsBetter = lower.has(name);
  const better = (difference: number): boolean => (lowerIsBetter ? difference < 0 : difference > 0);
  return {
    name,
    baseline: before.length === 0 ? null : average(before),
    candidate: after.length === 0 ? null : average(after),
    pairs: differences.length,
    difference: differences.length === 0 ? null : mean,
    interval: interval ?? null,
    verdict: verdictOf({ mean, interval, pairs: differences.length }, lowerIsBetter),
    lowerIsBetter,
    wins: differences.filter((each) => Math.abs(each) >= 1e-9 && better(each)).length,
    losses: differences.filter((each) => Math.abs(each) >= 1e-9 && !better(each)).length,
  };
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
