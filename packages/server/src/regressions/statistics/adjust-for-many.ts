/** Benjamini and Hochberg: of what is called found at these values, the expected share of chance findings is what they say. Equals scipy.stats.false_discovery_control. */
export function adjustForMany(ps: readonly number[]): number[] {
  const order = ps.map((_p, index) => index).toSorted((a, b) => (ps[b] ?? 0) - (ps[a] ?? 0));
  const adjusted = [...ps];
  let least = 1;
  for (const [place, index] of order.entries()) {
    least = Math.min(least, ((ps[index] ?? 1) * ps.length) / (ps.length - place));
    adjusted[index] = least;
  }
  return adjusted;
}
