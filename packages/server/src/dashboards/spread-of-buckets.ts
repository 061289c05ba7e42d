/** Cumulative buckets of Prometheus as buckets of their own. */
interface BucketSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

interface Buckets {
  /** Where each bucket begins, and where the last ends. */
  readonly bounds: number[];
  /** By step and bucket. */
  readonly counts: number[][];
  /** The largest bound, where something lies above it. */
  readonly beyond: number | undefined;
}

/** Series that have the same `le` are added up. Undefined where none has one. */
export function spreadOfBuckets(series: readonly BucketSeries[], steps: number): Buckets | undefined {
  const byLe = new Map<number, number[]>();
  for (const { labels, values } of series) {
    const le = boundOf(labels['le']);
    if (le === undefined) continue;
    const sums = byLe.get(le) ?? Array.from({ length: steps }, () => 0);
    for (let step = 0; step < steps; step += 1) sums[step] = (sums[step] ?? 0) + (values[step] ?? 0);
    byLe.set(le, sums);
  }
  const ends = [...byLe.keys()].filter(Number.isFinite).toSorted((a, b) => a - b);
  const [first] = ends;
  const last = ends.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const endless = byLe.get(Infinity);
  const own = ends.map((end) => byLe.get(end) ?? []);
  const counts = Array.from({ length: steps }, (_, step) => {
    let below = 0;
    return [...own, ...(endless === undefined ? [] : [endless])].map((sums) => {
      const upTo = Math.max(below, sums[step] ?? 0);
      const inside = upTo - below;
      below = upTo;
      return inside;
    });
  });
  const start = Math.min(0, first);
  // A bucket from nothing to nothing has no place on an axis.
  const bounds = start < first ? [start, ...ends] : ends;
  const shown = start < first ? counts : counts.map(([, ...rest]) => rest);
  const isBeyond = endless !== undefined && counts.some((each) => (each.at(-1) ?? 0) > 0);
  if (isBeyond) return { bounds: [...bounds, last + Math.abs(last)], counts: shown, beyond: last };
  return {
    bounds,
    counts: endless === undefined ? shown : shown.map((each) => each.slice(0, -1)),
    beyond: undefined,
  };
}

function boundOf(le: string | undefined): number | undefined {
  if (le === undefined) return undefined;
  if (le === '+Inf') return Infinity;
  const bound = Number(le);
  return le.trim() === '' || Number.isNaN(bound) ? undefined : bound;
}
