import { normalQuantileBeyond } from './normal.ts';

/** How far one sample lies from another, with what it may be in 19 of 20 cases. */
export interface Shift {
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}

const shareBeyond = 0.025;

/** The median of all differences `after − before`; the interval holds the differences that a rank test would not reject. */
export function shiftBetween(
  before: readonly number[],
  after: readonly number[],
  { independence = 1 }: { readonly independence?: number } = {},
): Shift {
  const [n, m] = [before.length, after.length];
  const all = new Float64Array(n * m);
  for (const [row, a] of before.entries())
    for (const [column, b] of after.entries()) all[row * m + column] = b - a;
  const deviation = Math.sqrt((n * m * (n + m + 1)) / 12 / independence);
  return shiftOf(all, (n * m) / 2 - normalQuantileBeyond(shareBeyond) * deviation);
}

/** The median of the means of all pairs of differences, each with itself too. */
export function shiftOfPairs(
  differences: readonly number[],
  { independence = 1 }: { readonly independence?: number } = {},
): Shift {
  const n = differences.length;
  const all = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let first = 0; first < n; first++)
    for (let second = first; second < n; second++)
      all[at++] = ((differences[first] ?? 0) + (differences[second] ?? 0)) / 2;
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 / independence);
  return shiftOf(all, (n * (n + 1)) / 4 - normalQuantileBeyond(shareBeyond) * deviation);
}

function shiftOf(all: Float64Array, place: number): Shift {
  if (all.length === 0) return { shift: NaN, low: NaN, high: NaN };
  all.sort();
  const edge = Math.max(0, Math.floor(place) - 1);
  const half = all.length >> 1;
  const shift = all.length % 2 === 1 ? (all[half] ?? NaN) : ((all[half - 1] ?? NaN) + (all[half] ?? NaN)) / 2;
  return { shift, low: all[edge] ?? NaN, high: all[all.length - 1 - edge] ?? NaN };
}
