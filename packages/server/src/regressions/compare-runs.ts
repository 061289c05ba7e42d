/** Whether runs cost more, use more tokens or are scored otherwise. A run is one value; money is a mean, so the means are compared. Pure. */
import type { RunMeasure } from '../query/regressions/read-cell-minutes.ts';
import { calmerShare, type Compared, independenceOf, minutesStatedMax } from './compare-cell.ts';
import { resample } from './statistics/bootstrap.ts';
import { mannWhitney } from './statistics/mann-whitney.ts';

export interface RunValue {
  readonly minute: number;
  readonly value: number;
}

export interface RunSides {
  readonly measure: RunMeasure;
  /** The oldest first. */
  readonly before: readonly RunValue[];
  readonly after: readonly RunValue[];
  /** Both versions ran in the same minutes. */
  readonly isBeside: boolean;
  /** Differences of the means of earlier windows: of their logarithms, where the measure is told in shares. */
  readonly placebo: () => readonly number[];
}

const runsMin = 20;
/** More have the same answer. */
const comparedMax = 4_000;

/** Scores differ by points, what is used by shares. */
export const isShare = (measure: RunMeasure): boolean => measure !== 'score';

export function compareRuns({ measure, before, after, isBeside, placebo }: RunSides): Compared | undefined {
  if (before.length === 0 || after.length === 0) return undefined;
  const [a, b] = [thinned(before), thinned(after)];
  const [first, second] = [meanOf(a), meanOf(b)];
  if (isShare(measure) && first <= 0 && second <= 0) return undefined;
  const runs = Math.min(before.length, after.length);
  const minutes = Math.max(1, Math.min(spanOf(before), spanOf(after)));
  const differ = (one: number, other: number): number | undefined => {
    if (!isShare(measure)) return other - one;
    return one > 0 && other > 0 ? Math.log(other / one) : undefined;
  };
  const independence = Math.min(independenceOf(a), independenceOf(b));
  const meanAt = (values: Float64Array, places: Uint32Array | undefined): number => {
    let sum = 0;
    for (const place of places ?? []) sum += values[place] ?? 0;
    return sum / Math.max(1, places?.length ?? 0);
  };
  const [left, right] = [Float64Array.from(a), Float64Array.from(b)];
  const found =
    runs < runsMin
      ? undefined
      : resample([a.length, b.length], ([one, other]) => differ(meanAt(left, one), meanAt(right, other)), {
          independence,
        });
  const asShown = (change: number): number => (isShare(measure) ? Math.expm1(change) : change);
  const shift = differ(first, second);
  const needs = Math.max(1, Math.ceil(minutes * (runsMin / runs - 1)));
  // From nothing to something has no share.
  if (runs >= runsMin && (found === undefined || shift === undefined)) return undefined;
  if (runs < runsMin && needs > minutesStatedMax) return undefined;
  return {
    measure,
    method: isBeside ? 'beside' : 'before_after',
    before: first,
    after: second,
    change: {
      shift: asShown(shift ?? 0),
      low: found === undefined ? -Infinity : asShown(found.low),
      high: found === undefined ? Infinity : asShown(found.high),
    },
    // The mean may be that of a few: that the others lie elsewhere as well is asked of the ranks.
    p: found === undefined ? 1 : mannWhitney(a, b, { independence }).p,
    calmer: isBeside || found === undefined ? undefined : calmerShare(placebo(), Math.abs(shift ?? 0)),
    minutes,
    needs: runs < runsMin ? needs : undefined,
  };
}

/** Of many every so many-th, in their order. */
function thinned(values: readonly RunValue[]): number[] {
  const step = Math.max(1, values.length / comparedMax);
  return Array.from(
    { length: Math.min(values.length, comparedMax) },
    (_each, place) => values[Math.floor(place * step)]?.value ?? 0,
  );
}

const spanOf = (values: readonly RunValue[]): number =>
  (values.at(-1)?.minute ?? 0) - (values[0]?.minute ?? 0) + 1;

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
