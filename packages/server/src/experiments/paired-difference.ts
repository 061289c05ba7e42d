/** How sure a difference between two experiments is: the mean difference by item, with an interval of drawing the items anew. */

export interface PairedDifference {
  readonly mean: number;
  /** Undefined with fewer than two pairs. */
  readonly interval: { readonly low: number; readonly high: number } | undefined;
}

/**
 * Beyond so many items, groups of them are drawn: groups that were put together by chance vary as their items do, so the interval is the same, and its
 * cost no longer grows with the items.
 */
const groupsMax = 2_000;
const resamples = 1_000;

/** The same differences always give the same interval. */
export function pairedDifference(differences: readonly number[]): PairedDifference {
  const { length } = differences;
  const mean = differences.reduce((sum, each) => sum + each, 0) / Math.max(1, length);
  if (length < 2) return { mean, interval: undefined };
  if (differences.every((each) => each === differences[0]))
    return { mean, interval: { low: mean, high: mean } };
  const draw = drawing(0x9e37_79b9);
  const groups = groupByChance(differences, draw);
  const means = new Float64Array(resamples);
  for (let nth = 0; nth < resamples; nth += 1) {
    let sum = 0;
    let items = 0;
    for (let at = 0; at < groups.sums.length; at += 1) {
      const drawn = draw(groups.sums.length);
      sum += groups.sums[drawn] ?? 0;
      items += groups.items[drawn] ?? 0;
    }
    means[nth] = sum / items;
  }
  means.sort();
  const at = (share: number): number => means[Math.round(share * (resamples - 1))] ?? mean;
  return { mean, interval: { low: at(0.025), high: at(0.975) } };
}

interface Groups {
  readonly sums: Float64Array;
  readonly items: Float64Array;
}

/** Of the same size, but for one item. */
function groupByChance(differences: readonly number[], draw: (below: number) => number): Groups {
  const values = Float64Array.from(differences);
  const count = Math.min(groupsMax, values.length);
  if (count < values.length)
    for (let at = values.length - 1; at > 0; at -= 1) {
      const other = draw(at + 1);
      const value = values[at] ?? 0;
      values[at] = values[other] ?? 0;
      values[other] = value;
    }
  const groups = { sums: new Float64Array(count), items: new Float64Array(count) };
  for (const [at, value] of values.entries()) {
    const group = at % count;
    groups.sums[group] = (groups.sums[group] ?? 0) + value;
    groups.items[group] = (groups.items[group] ?? 0) + 1;
  }
  return groups;
}

/** Marsaglia's xorshift: whole numbers below a bound. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}
