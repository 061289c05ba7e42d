/** Quantiles and fractions of numbers, of classic buckets and of native histograms. */
import type { Bucket, FloatHistogram } from './histogram.ts';

/** Of numbers, interpolated between the two nearest. */
export function quantileOf(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // NaN is the smallest.
  const sorted = values.toSorted((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? NaN) * (1 - weight) + (sorted[upper] ?? NaN) * weight;
}

export interface ClassicBucket {
  readonly upper: number;
  count: number;
}

const smallDelta = 1e-12;

export interface ClassicQuantile {
  readonly value: number;
  /** Counts fell from one bucket to the next, by more than rounding explains. */
  readonly fixed: { readonly from: number; readonly to: number; readonly maxDiff: number } | undefined;
}

/** Of cumulative buckets, in any order. */
export function classicQuantile(q: number, unsorted: readonly ClassicBucket[]): ClassicQuantile {
  const plain = (value: number): ClassicQuantile => ({ value, fixed: undefined });
  if (Number.isNaN(q)) return plain(NaN);
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  const buckets = joined(unsorted);
  if (buckets.at(-1)?.upper !== Infinity) return plain(NaN);
  const fixed = makeMonotonic(buckets);
  const answer = (value: number): ClassicQuantile => ({ value, fixed });
  if (buckets.length < 2) return answer(NaN);
  const observations = buckets.at(-1)?.count ?? 0;
  if (observations === 0) return answer(NaN);
  let rank = q * observations;
  let at = 0;
  while (at < buckets.length - 1 && !((buckets[at]?.count ?? 0) >= rank)) at += 1;
  if (at === buckets.length - 1) return answer(buckets.at(-2)?.upper ?? NaN);
  const bucket = buckets[at] as ClassicBucket;
  if (at === 0 && bucket.upper <= 0) return answer(bucket.upper);
  let start = 0;
  let { count } = bucket;
  if (at > 0) {
    const before = buckets[at - 1] as ClassicBucket;
    start = before.upper;
    count -= before.count;
    rank -= before.count;
  }
  return answer(start + (bucket.upper - start) * (rank / count));
}

/** The share of observations between two values. */
export function classicFraction(lower: number, upper: number, unsorted: readonly ClassicBucket[]): number {
  const buckets = joined(unsorted);
  if (buckets.at(-1)?.upper !== Infinity) return NaN;
  makeMonotonic(buckets);
  const count = buckets.at(-1)?.count ?? 0;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const below = (value: number): number => {
    if (value === Infinity) return count;
    let rank = 0;
    for (const [at, bucket] of buckets.entries()) {
      const start = at === 0 ? (bucket.upper <= 0 ? -Infinity : 0) : (buckets[at - 1]?.upper ?? 0);
      if (start >= value) return rank;
      if (bucket.upper > value) {
        if (bucket.upper === Infinity || start === -Infinity)
          return start === -Infinity && value !== -Infinity ? bucket.count : rank;
        return rank + (bucket.count - rank) * ((value - start) / (bucket.upper - start));
      }
      rank = bucket.count;
    }
    return rank;
  };
  return (below(upper) - below(lower)) / count;
}

function joined(unsorted: readonly ClassicBucket[]): ClassicBucket[] {
  const result: ClassicBucket[] = [];
  for (const bucket of unsorted.toSorted((a, b) => a.upper - b.upper)) {
    const last = result.at(-1);
    if (last !== undefined && last.upper === bucket.upper) last.count += bucket.count;
    else result.push({ ...bucket });
  }
  return result;
}

function makeMonotonic(buckets: ClassicBucket[]): ClassicQuantile['fixed'] {
  let fixed: { from: number; to: number; maxDiff: number } | undefined;
  let before = buckets[0]?.count ?? 0;
  for (const bucket of buckets.slice(1)) {
    const { count } = bucket;
    if (count === before) continue;
    if (isNear(before, count)) bucket.count = before;
    else if (count < before) {
      bucket.count = before;
      fixed = {
        from: fixed?.from ?? bucket.upper,
        to: bucket.upper,
        maxDiff: Math.max(fixed?.maxDiff ?? 0, before - count),
      };
    } else before = count;
  }
  return fixed;
}

function isNear(a: number, b: number): boolean {
  const sum = Math.abs(a) + Math.abs(b);
  return Math.abs(a - b) <= smallDelta * Math.min(sum, Number.MAX_VALUE);
}

/** As a bucket that holds zero is read: nothing is on the side that has no buckets. */
function zeroFitted(histogram: FloatHistogram, bucket: Bucket): Bucket {
  if (histogram.isCustom || bucket.lower > 0 || bucket.upper < 0) return bucket;
  const [negative, positive] = [histogram.negative.size, histogram.positive.size];
  if (negative === 0 && positive > 0) return { ...bucket, lower: 0 };
  return positive === 0 && negative > 0 ? { ...bucket, upper: 0 } : bucket;
}

export interface NativeQuantile {
  readonly value: number;
  /** What values that are no numbers do to it. */
  readonly nan: 'result is NaN' | 'result is skewed higher' | undefined;
}

export function nativeQuantile(q: number, histogram: FloatHistogram): NativeQuantile {
  const plain = (value: number): NativeQuantile => ({ value, nan: undefined });
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  if (histogram.count === 0 || Number.isNaN(q)) return plain(NaN);
  const hasNaN = Number.isNaN(histogram.sum);
  const forward = hasNaN || q < 0.5;
  const buckets = histogram.buckets();
  let rank = (forward ? q : 1 - q) * histogram.count;
  let count = 0;
  let found: Bucket | undefined;
  for (const bucket of forward ? buckets : buckets.toReversed()) {
    if (bucket.count === 0) continue;
    found = bucket;
    count += bucket.count;
    if (count >= rank) break;
  }
  if (found === undefined) return hasNaN ? { value: NaN, nan: 'result is NaN' } : plain(0);
  const bucket = { ...zeroFitted(histogram, found) };
  if (histogram.isCustom) {
    if (bucket.lower === -Infinity) {
      if (bucket.upper <= 0) return plain(bucket.upper);
      bucket.lower = 0;
    } else if (bucket.upper === Infinity) return plain(bucket.lower);
  }
  if (count > histogram.count) count = histogram.count;
  if (count < rank)
    return hasNaN ? { value: NaN, nan: 'result is NaN' } : plain(forward ? bucket.upper : bucket.lower);
  const nan = hasNaN ? ('result is skewed higher' as const) : undefined;
  rank = forward ? rank - (count - bucket.count) : count - rank;
  const fraction = rank / bucket.count;
  if (histogram.isCustom || (bucket.lower <= 0 && bucket.upper >= 0))
    return { value: bucket.lower + (bucket.upper - bucket.lower) * fraction, nan };
  const [low, high] = [Math.log2(Math.abs(bucket.lower)), Math.log2(Math.abs(bucket.upper))];
  if (bucket.lower > 0) return { value: 2 ** (low + (high - low) * fraction), nan };
  return { value: -(2 ** (high + (low - high) * (1 - fraction))), nan };
}

/** How much of a bucket's count lies below a value within it. */
function shareBelow(histogram: FloatHistogram, bucket: Bucket, value: number): number {
  if (histogram.isCustom || (bucket.lower <= 0 && bucket.upper >= 0)) {
    if (bucket.lower === -Infinity) return 1;
    return bucket.upper === Infinity ? 0 : (value - bucket.lower) / (bucket.upper - bucket.lower);
  }
  const [low, high, at] = [bucket.lower, bucket.upper, value].map((bound) => Math.log2(Math.abs(bound))) as [
    number,
    number,
    number,
  ];
  return value > 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high);
}

export function nativeFraction(lower: number, upper: number, histogram: FloatHistogram): number {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const buckets = histogram.buckets().map((bucket) => zeroFitted(histogram, bucket));
  const rankOf = (value: number): number => {
    let rank = 0;
    for (const [at, each] of buckets.entries()) {
      const bucket =
        histogram.isCustom && at === 0 && each.lower === -Infinity && each.upper > 0
          ? { ...each, lower: 0 }
          : each;
      if (bucket.lower >= value) return rank;
      if (bucket.upper > value) return rank + bucket.count * shareBelow(histogram, bucket, value);
      rank += bucket.count;
    }
    return Number.isNaN(histogram.sum) ? rank : histogram.count;
  };
  return (
    (Math.min(rankOf(upper), histogram.count) - Math.min(rankOf(lower), histogram.count)) / histogram.count
  );
}

/** Each bucket's observations at its middle: the geometric one of exponential buckets, the arithmetic one of others. */
function middleOf(histogram: FloatHistogram, bucket: Bucket): number {
  if (histogram.isCustom) {
    if (bucket.lower === -Infinity) return bucket.upper > 0 ? bucket.upper / 2 : bucket.upper;
    return bucket.upper === Infinity ? bucket.lower : (bucket.lower + bucket.upper) / 2;
  }
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  const middle = Math.sqrt(bucket.upper * bucket.lower);
  return bucket.upper < 0 ? -middle : middle;
}

export function nativeVariance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count;
  let [variance, lost] = [0, 0];
  for (const bucket of histogram.buckets()) {
    if (bucket.count === 0) continue;
    const value = bucket.count * (middleOf(histogram, bucket) - mean) ** 2;
    const next = variance + value;
    if (!Number.isFinite(next)) return next;
    lost += Math.abs(variance) >= Math.abs(value) ? variance - next + value : value - next + variance;
    variance = next;
  }
  return (variance + lost) / histogram.count;
}

/** What lies below (`</`) or above (`>/`) a value. */
export function trimmed(histogram: FloatHistogram, value: number, keep: 'below' | 'above'): FloatHistogram {
  if (value === (keep === 'below' ? Infinity : -Infinity)) return histogram.copy();
  const result = histogram.copy();
  let removed = false;
  let [count, sum] = [0, 0];
  const keepPart = (each: Bucket): number => {
    const bucket = zeroFitted(histogram, each);
    const { kept, sum: part } = partOf(histogram, bucket, value, keep);
    if (kept !== each.count) removed = true;
    count += kept;
    sum += kept === 0 ? 0 : part;
    return kept;
  };
  if (result.zeroCount !== 0)
    result.zeroCount = keepPart({
      lower: -histogram.zeroThreshold,
      upper: histogram.zeroThreshold,
      count: result.zeroCount,
      index: 0,
    });
  for (const [index, each] of result.negative)
    result.negative.set(
      index,
      keepPart({
        lower: -histogram.upperBound(index),
        upper: -histogram.lowerBound(index),
        count: each,
        index,
      }),
    );
  for (const [index, each] of result.positive)
    result.positive.set(
      index,
      keepPart({
        lower: histogram.lowerBound(index),
        upper: histogram.upperBound(index),
        count: each,
        index,
      }),
    );
  if (removed) {
    result.count = count;
    result.sum = sum;
  }
  return result.compact();
}

function partOf(
  histogram: FloatHistogram,
  bucket: Bucket,
  value: number,
  keep: 'below' | 'above',
): { kept: number; sum: number } {
  const { lower, upper, count } = bucket;
  const none = { kept: 0, sum: 0 };
  const whole = { kept: count, sum: count * middleOf(histogram, bucket) };
  if (histogram.isCustom) {
    if (upper === Infinity) {
      // Nothing is known of where within the last bucket something is.
      if (keep === 'below' || lower === -Infinity || value === Infinity) return none;
      return { kept: count, sum: count * Math.max(lower, value) };
    }
    if (lower === -Infinity) {
      if (upper <= 0) {
        if (keep === 'above') return value >= upper ? none : value === -Infinity ? whole : none;
        return value === -Infinity ? none : { kept: count, sum: count * Math.min(upper, value) };
      }
      // How far down it reaches is not known.
      if (keep === 'above' && value < 0) return none;
      return withinBounds({ ...bucket, lower: 0 });
    }
  }
  return withinBounds(bucket);

  function withinBounds(within: Bucket): { kept: number; sum: number } {
    if (keep === 'below' ? within.upper <= value : within.lower >= value)
      return { kept: count, sum: count * middleOfPart(within.lower, within.upper) };
    if (keep === 'below' ? within.lower >= value : within.upper <= value) return none;
    const share = shareBelow(histogram, within, value);
    return keep === 'below'
      ? { kept: count * share, sum: count * share * middleOfPart(within.lower, value) }
      : { kept: count * (1 - share), sum: count * (1 - share) * middleOfPart(value, within.upper) };
  }

  function middleOfPart(from: number, to: number): number {
    if (histogram.isCustom || (lower <= 0 && upper >= 0)) return (from + to) / 2;
    const middle = Math.sqrt(from * to);
    return to < 0 || from < 0 ? -middle : middle;
  }
}
