import { normalTail } from './normal.ts';
import { rankAll } from './ranks.ts';

export interface SignedRank {
  /** The smaller of the sums of ranks of positive and of negative differences. */
  readonly statistic: number;
  /** Two-sided. */
  readonly p: number;
}

/** So many differences are counted out, and so many where some are tied or 0; beyond, the normal distribution is near enough. */
const countedMax = 50;
const countedTiesMax = 13;

/** Wilcoxon's test of paired differences around 0; zeros are left out. Equals scipy.stats.wilcoxon. */
export function signedRank(
  differences: readonly number[],
  { independence = 1 }: { readonly independence?: number } = {},
): SignedRank {
  const some = differences.filter((each) => each !== 0);
  const count = some.length;
  if (count === 0) return { statistic: 0, p: 1 };
  const { ranks, ties } = rankAll(some.map(Math.abs));
  const positive = ranks.reduce((sum, rank, index) => sum + ((some[index] ?? 0) > 0 ? rank : 0), 0);
  const total = (count * (count + 1)) / 2;
  const statistic = Math.min(positive, total - positive);
  const isPlain = count === differences.length && ties === 0;
  if (independence === 1 && differences.length <= (isPlain ? countedMax : countedTiesMax))
    return { statistic, p: Math.min(1, 2 * countedTail(ranks, statistic)) };
  const variance = (count * (count + 1) * (2 * count + 1)) / 24 - ties / 48;
  const z = ((total / 2 - statistic) / Math.sqrt(variance)) * Math.sqrt(independence);
  return { statistic, p: Math.min(1, 2 * normalTail(z)) };
}

/** The share of all signs whose sum of ranks is this or smaller. Ranks of ties are halves, so that everything is counted twice. */
function countedTail(ranks: Float64Array, to: number): number {
  const doubled = Array.from(ranks, (rank) => 2 * rank);
  const ways = new Float64Array(doubled.reduce((sum, rank) => sum + rank, 0) + 1);
  ways[0] = 1;
  for (const rank of doubled)
    for (let sum = ways.length - 1; sum >= rank; sum--)
      ways[sum] = (ways[sum] ?? 0) + (ways[sum - rank] ?? 0);
  return ways.subarray(0, 2 * to + 1).reduce((sum, each) => sum + each, 0) / 2 ** ranks.length;
}
