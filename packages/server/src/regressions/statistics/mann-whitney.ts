import { normalTail } from './normal.ts';
import { rankAll } from './ranks.ts';

export interface MannWhitney {
  /** Of the first sample: pairs in which its value is larger, ties counted half. */
  readonly u: number;
  /** Two-sided. */
  readonly p: number;
}

/** Where a sample is at most so large and nothing is tied, the distribution is counted. */
const exactMax = 8;

/**
 * Whether two samples of independent values lie differently. `independence` is the share of the values that count as independent (1 for all): the deviation grows by its
 * root where neighbours are alike. Equals scipy.stats.mannwhitneyu.
 */
export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
  { independence = 1 }: { readonly independence?: number } = {},
): MannWhitney {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) return { u: NaN, p: NaN };
  const { ranks, ties } = rankAll([...first, ...second]);
  const rankSum = ranks.subarray(0, n).reduce((sum, rank) => sum + rank, 0);
  const u = rankSum - (n * (n + 1)) / 2;
  const larger = Math.max(u, n * m - u);
  if (Math.min(n, m) <= exactMax && ties === 0 && independence === 1)
    return { u, p: Math.min(1, 2 * countedTail(n, m, larger)) };
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
  if (variance === 0) return { u, p: 1 };
  const z = ((larger - (n * m) / 2 - 0.5) / Math.sqrt(variance)) * Math.sqrt(independence);
  return { u, p: Math.min(1, 2 * normalTail(z)) };
}

/** The share of all orders of n and m values whose count is this or larger. */
function countedTail(n: number, m: number, from: number): number {
  const [few, many] = n < m ? [n, m] : [m, n];
  // ways[k][u] over the values seen so far: k of the few among them with count u.
  let ways: Float64Array[] = Array.from({ length: few + 1 }, () => new Float64Array(few * many + 1));
  const [none] = ways;
  if (none !== undefined) none[0] = 1;
  // A value of the few at place p has p − k values of the many below it.
  for (let place = 0; place < few + many; place++) {
    const next = ways.map((each) => Float64Array.from(each));
    for (let k = 0; k < few; k++) {
      const below = place - k;
      if (below < 0 || below > many) continue;
      const [source, target] = [ways[k], next[k + 1]];
      if (source === undefined || target === undefined) continue;
      for (let u = 0; u + below <= few * many; u++)
        target[u + below] = (target[u + below] ?? 0) + (source[u] ?? 0);
    }
    ways = next;
  }
  const counts = ways[few] ?? new Float64Array();
  const total = counts.reduce((sum, each) => sum + each, 0);
  return counts.subarray(Math.ceil(from)).reduce((sum, each) => sum + each, 0) / total;
}
