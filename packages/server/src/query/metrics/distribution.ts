/** What is known of measured values that were counted in buckets. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/**
 * The value below which the share `quantile` of the values lies; null when there are none. Values are taken to be spread
 * evenly over their bucket. Buckets may overlap, as those of histograms with different bounds do.
 */
export function quantileOfIntervals(intervals: readonly Interval[], quantile: number): number | null {
  const total = intervals.reduce((sum, { count }) => sum + count, 0);
  if (total <= 0) return null;
  const wanted = total * quantile;
  const edges = [...new Set(intervals.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b);
  const wide = new OpenIntervals(intervals.filter(isWide));
  const points = Map.groupBy(
    intervals.filter((interval) => !isWide(interval)),
    ({ high }) => high,
  );
  let pointCount = 0;
  let below = 0;
  let previous = edges[0] ?? 0;
  for (const edge of edges) {
    // Within a bucket the count grows evenly up to its edge; a bucket of zero width adds all of its values there.
    const wideCount = wide.countUpTo(edge);
    const before = wideCount + pointCount;
    if (before >= wanted && before > below)
      return previous + ((wanted - below) / (before - below)) * (edge - previous);
    for (const { count } of points.get(edge) ?? []) pointCount += count;
    below = wideCount + pointCount;
    if (below >= wanted) return edge;
    previous = edge;
  }
  return previous;
}

function isWide({ low, high }: Interval): boolean {
  return high > low;
}

/**
 * Counts values up to edges that grow, looking only at the buckets around each: of buckets that overlap little, all edges take as long as sorting. A histogram may have
 * ten thousand.
 */
class OpenIntervals {
  readonly #byLow: readonly Interval[];
  #next = 0;
  #open: readonly Interval[] = [];
  #closedCount = 0;

  constructor(intervals: readonly Interval[]) {
    this.#byLow = intervals.toSorted((a, b) => a.low - b.low);
  }

  countUpTo(edge: number): number {
    const begun: Interval[] = [];
    for (
      let next = this.#byLow[this.#next];
      next !== undefined && next.low < edge;
      next = this.#byLow[this.#next]
    ) {
      begun.push(next);
      this.#next += 1;
    }
    const open: Interval[] = [];
    let partly = 0;
    for (const interval of [...this.#open, ...begun]) {
      if (interval.high <= edge) this.#closedCount += interval.count;
      else {
        open.push(interval);
        partly += (interval.count * (edge - interval.low)) / (interval.high - interval.low);
      }
    }
    this.#open = open;
    return this.#closedCount + partly;
  }
}

export interface Extremes {
  readonly least: number | null;
  readonly greatest: number | null;
}

/**
 * Buckets of an explicit histogram: `counts[i]` values in `(bounds[i-1], bounds[i]]`. The open ends reach to the least and the
 * greatest value where they are known; else the first begins at 0 (or at its bound) and the last ends where it begins. One bucket
 * for all values says nothing by itself.
 */
export function explicitIntervals(
  bounds: readonly number[],
  counts: readonly number[],
  { least, greatest }: Extremes,
): Interval[] {
  if (bounds.length === 0 && (least === null || greatest === null)) return [];
  return counts.flatMap((count, index) => {
    if (count <= 0) return [];
    const firstBound = bounds[index];
    const low = bounds[index - 1] ?? least ?? Math.min(0, firstBound ?? 0);
    const high = firstBound ?? Math.max(greatest ?? low, low);
    return [{ low: Math.min(low, high), high, count }];
  });
}

export interface ExponentialBuckets {
  readonly scale: number;
  readonly positive: readonly (readonly [index: number, count: number])[];
  readonly negative: readonly (readonly [index: number, count: number])[];
  readonly zeros: number;
  readonly zeroWidth: number;
}

/** Bucket `i` of an exponential histogram holds `(base^i, base^(i+1)]` with base 2^(2^-scale). */
export function exponentialIntervals(buckets: ExponentialBuckets): Interval[] {
  const edge = (index: number): number => 2 ** (index * 2 ** -buckets.scale);
  const positive = buckets.positive.map(([index, count]) => ({
    low: edge(index),
    high: edge(index + 1),
    count,
  }));
  const negative = buckets.negative.map(([index, count]) => ({
    low: -edge(index + 1),
    high: -edge(index),
    count,
  }));
  const { zeros, zeroWidth } = buckets;
  return [...negative, { low: -zeroWidth, high: zeroWidth, count: zeros }, ...positive].filter(
    ({ count }) => count > 0,
  );
}
