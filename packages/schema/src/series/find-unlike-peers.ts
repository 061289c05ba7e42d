/** Which of some series of one measure is unlike the others: hosts, models, agents that should be alike. */
import { medianOf } from './median.ts';

export interface UnlikePeer {
  /** Place among the series. */
  readonly index: number;
  /** Of the last stretch of time in which it was unlike: its first and last point. */
  readonly from: number;
  readonly to: number;
  readonly value: number;
  /** Of the others in that time. */
  readonly peers: number;
  /** Distances from the others, in their spread. */
  readonly distance: number;
}

const peersMin = 4;
/** Where half of the points of a stretch are further from the others than this many of their deviations, it is unlike. */
const deviations = 5;
const stretchPoints = 6;

/** The most unlike first. Fewer than four series have no peers. */
export function findUnlikePeers(series: readonly (readonly (number | undefined)[])[]): UnlikePeer[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  if (series.length < peersMin) return [];
  const middles: number[] = [];
  const spreads: number[] = [];
  for (let at = 0; at < length; at++) {
    const now = series.map((values) => values[at]);
    const middle = medianOf(now) ?? NaN;
    middles.push(middle);
    spreads.push(
      1.4826 *
        (medianOf(now.map((value) => (value === undefined ? undefined : Math.abs(value - middle)))) ?? NaN),
    );
  }
  const usual = medianOf(spreads.filter((spread) => !Number.isNaN(spread))) ?? 0;
  return series
    .flatMap((values, index): UnlikePeer[] => {
      const distances = middles.map((middle, at) => {
        const value = values[at];
        const spread = Math.max(spreads[at] ?? 0, usual, 0.05 * Math.abs(middle), 1e-12);
        return value === undefined || Number.isNaN(middle) ? undefined : (value - middle) / spread;
      });
      const stretch = lastStretch(distances);
      if (stretch === undefined) return [];
      const inside = <T>(all: readonly T[]): T[] => all.slice(stretch.from, stretch.to + 1);
      return [
        {
          index,
          ...stretch,
          value: medianOf(inside(values)) ?? NaN,
          peers: medianOf(inside(middles)) ?? NaN,
          distance: medianOf(inside(distances)) ?? 0,
        },
      ];
    })
    .toSorted((a, b) => Math.abs(b.distance) - Math.abs(a.distance));
}

/** The last run of points whose neighbours' median is far on one side. */
function lastStretch(
  distances: readonly (number | undefined)[],
): { readonly from: number; readonly to: number } | undefined {
  const sides = distances.map((_each, at) => {
    const near = distances
      .slice(Math.max(0, at - stretchPoints + 1), at + 1)
      .filter((each) => each !== undefined);
    if (near.length < Math.min(stretchPoints, distances.length)) return 0;
    const middle = medianOf(near) ?? 0;
    return Math.abs(middle) > deviations ? Math.sign(middle) : 0;
  });
  const to = sides.findLastIndex((side) => side !== 0);
  if (to < 0) return undefined;
  let from = to;
  while (from > 0 && sides[from - 1] === sides[to]) from--;
  return { from: Math.max(0, from - (stretchPoints >> 1)), to };
}
