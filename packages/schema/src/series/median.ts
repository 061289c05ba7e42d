/** Of those that are there; undefined of nothing. */
export function medianOf(values: Iterable<number | undefined>): number | undefined {
  const sorted = Float64Array.from([...values].filter((value) => value !== undefined)).sort();
  const half = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[half] : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
