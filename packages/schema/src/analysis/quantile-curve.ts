/** A quantity over the items of a selection. */
export interface Curve {
  readonly count: number;
  readonly mean: number | null;
  /** At 0, 5, 10 … 100 %; empty where there are no items. */
  readonly quantiles: number[];
  readonly p50: Estimate | null;
  readonly p95: Estimate | null;
}

/** Where the quantile of what the items are a sample of lies, in 95 of 100 such samples. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const steps = 20;
/** Of the normal distribution, for 95 %. */
const z95 = 1.96;

export function quantileCurve(values: ArrayLike<number>): Curve {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return { count: 0, mean: null, quantiles: [], p50: null, p95: null };
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    quantiles: Array.from({ length: steps + 1 }, (_, i) => quantile(sorted, i / steps)),
    p50: estimate(sorted, 0.5),
    p95: estimate(sorted, 0.95),
  };
}

/** Between the two items around the place. */
export function quantile(sorted: Float64Array, level: number): number {
  const place = level * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  return below + ((sorted[Math.ceil(place)] ?? below) - below) * (place - Math.floor(place));
}

/** By the ranks between which a quantile lies, whatever the shape of the distribution. */
function estimate(sorted: Float64Array, level: number): Estimate {
  const count = sorted.length;
  const spread = z95 * Math.sqrt(count * level * (1 - level));
  const rank = (place: number): number => sorted[Math.min(count - 1, Math.max(0, place))] ?? 0;
  return {
    value: quantile(sorted, level),
    low: rank(Math.floor(count * level - spread) - 1),
    high: rank(Math.ceil(count * level + spread)),
  };
}
