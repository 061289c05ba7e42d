/** What spans of one key do on either side, a trace. */
import type { KeyedSums } from '@sightline/schema/analysis';
import type { ComparedSums } from '@sightline/schema/api';

/** Sides are the groups 0 and 1 of the sums. */
export function compareSums(sums: KeyedSums, key: number, sizes: Float64Array): ComparedSums {
  const a = sideOf(sums, key * 2, sizes[0] ?? 0);
  const b = sideOf(sums, key * 2 + 1, sizes[1] ?? 0);
  const moreMs = a.pathMs - b.pathMs;
  const spreadMs = z95 * Math.sqrt(a.variance + b.variance);
  const { variance: _a, ...ofA } = a;
  const { variance: _b, ...ofB } = b;
  return {
    a: ofA,
    b: ofB,
    moreMs,
    moreMsLow: moreMs - spreadMs,
    moreMsHigh: moreMs + spreadMs,
    isSignificant: areSingle(sizes)
      ? Math.abs(moreMs) > Math.max(singleMs, singleShare * Math.max(a.pathMs, b.pathMs))
      : Math.abs(moreMs) > Math.max(spreadMs, leastMs),
  };
}

/** A microsecond: what remains of sums that should be equal is less. */
const leastMs = 0.001;
/** Of two single traces nobody knows the spread: a tenth, and more than a millisecond, is worth a word. */
const singleShare = 0.1;
const singleMs = 1;
const areSingle = (sizes: Float64Array): boolean => sizes[0] === 1 && sizes[1] === 1;

/** Of the normal distribution, for 95 %. */
const z95 = 1.96;

function sideOf(sums: KeyedSums, place: number, size: number) {
  const each = (total: Float64Array): number => (size === 0 ? 0 : (total[place] ?? 0) / size);
  const pathMs = each(sums.pathUs) / 1000;
  const ofSquares = each(sums.pathUsSquares) / 1e6;
  return {
    traces: each(sums.traces),
    calls: each(sums.calls),
    errors: each(sums.errors),
    pathMs,
    selfMs: each(sums.selfUs) / 1000,
    /** Of the mean. */
    variance: size < 2 ? 0 : Math.max(0, ofSquares - pathMs ** 2) / (size - 1),
  };
}
