import { seededRandom } from '@sightline/base';
import { normalTail } from './normal.ts';
import type { Shift } from './hodges-lehmann.ts';

const resamples = 999;
const seed = 24;

export interface Resampled extends Shift {
  /** Two-sided, from the spread of the resamples: small ones are needed where many are tested. */
  readonly p: number;
}

/**
 * How far a figure may lie in 19 of 20 cases, from drawing its parts again and again. `reckon` is given the parts of a draw by their places, and tells the figure,
 * or undefined where a draw has none. The same parts have the same answer. Where neighbours are alike, `independence` below 1 widens it by its root.
 */
export function resample(
  sizes: readonly number[],
  reckon: (draws: readonly Uint32Array[]) => number | undefined,
  { independence = 1 }: { readonly independence?: number } = {},
): Resampled | undefined {
  const shift = reckon(sizes.map((size) => Uint32Array.from({ length: size }, (_each, place) => place)));
  if (shift === undefined) return undefined;
  const random = seededRandom(seed);
  const draws = sizes.map((size) => new Uint32Array(size));
  const found: number[] = [];
  for (let round = 0; round < resamples; round++) {
    for (const [side, draw] of draws.entries()) {
      const size = sizes[side] ?? 0;
      for (let place = 0; place < size; place++) draw[place] = Math.floor(random() * size);
    }
    const figure = reckon(draws);
    if (figure !== undefined) found.push(figure);
  }
  if (found.length < resamples / 2) return undefined;
  const sorted = Float64Array.from(found).sort();
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
  const deviation = Math.sqrt(
    found.reduce((sum, each) => sum + (each - mean) ** 2, 0) / found.length / independence,
  );
  const widen = 1 / Math.sqrt(independence);
  const edge = (share: number): number =>
    shift + ((sorted[Math.floor(share * (sorted.length - 1))] ?? shift) - shift) * widen;
  return {
    shift,
    low: edge(0.025),
    high: edge(0.975),
    p: deviation === 0 ? (shift === 0 ? 1 : 0) : Math.min(1, 2 * normalTail(Math.abs(shift) / deviation)),
  };
}
