/** Whether one cell of a service became slower or fails more, from its minutes on both sides. Pure. */
import type { RegressionMeasure } from '@sightline/schema/api';
import { medianOf } from '@sightline/schema/series';
import { fisherExact } from './statistics/fisher-exact.ts';
import { type Shift, shiftBetween, shiftOfPairs } from './statistics/hodges-lehmann.ts';
import { mannWhitney } from './statistics/mann-whitney.ts';
import { normalTail } from './statistics/normal.ts';
import { signedRank } from './statistics/signed-rank.ts';

/** Calls of a minute, how many failed, and quantiles of their durations in milliseconds. */
export interface CellMinute {
  readonly minute: number;
  readonly calls: number;
  readonly errors: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export type CompareMethod = 'paired' | 'before_after' | 'beside' | 'exact';

export interface Compared {
  readonly measure: RegressionMeasure;
  readonly method: CompareMethod;
  readonly before: number;
  readonly after: number;
  /** Shares (0.22 is 22 % more); of error rates and scores differences. */
  readonly change: Shift;
  readonly p: number;
  /** Share of earlier pairs of windows that differ less; undefined where there are none, or none are needed. */
  readonly calmer: number | undefined;
  readonly minutes: number;
  /** Minutes that are missing until it can be told; undefined where nothing is missing. */
  readonly needs: number | undefined;
}

/** Changes below these are nobody's concern. */
export const effectMin = { share: 0.1, ms: 5, points: 0.005, used: 0.05, score: 0.02 } as const;
export const minutesMin = { paired: 10, before_after: 15 } as const;
const callsMin = 30;
const errorsMin = 10;
/** A look is at most so long. */
export const minutesMax = 240;
export const minutesStatedMax = 1_440;

export interface Sides {
  readonly before: readonly CellMinute[];
  readonly after: readonly CellMinute[];
  /** Both live in the same minutes. */
  readonly isPaired: boolean;
  /** Differences of the logarithms of medians between earlier windows that follow each other, without a deploy between. */
  readonly placebo: () => readonly number[];
}

export function compareDurations({ before, after, isPaired, placebo }: Sides): Compared | undefined {
  const pairs = isPaired ? pairsOf(before, after) : [];
  const logs = (minutes: readonly CellMinute[]): number[] =>
    minutes.filter(({ medianMs }) => medianMs > 0).map(({ medianMs }) => Math.log(medianMs));
  const [a, b] = isPaired
    ? [logs(pairs.map(([first]) => first)), logs(pairs.map(([, second]) => second))]
    : [logs(before), logs(after)];
  if (a.length === 0 || b.length === 0) return undefined;
  const minutes = Math.min(a.length, b.length);
  const differences = a.map((value, index) => (b[index] ?? 0) - value);
  const independence = isPaired
    ? independenceOf(differences)
    : Math.min(independenceOf(a), independenceOf(b));
  const shift = isPaired ? shiftOfPairs(differences, { independence }) : shiftBetween(a, b, { independence });
  const p = isPaired ? signedRank(differences, { independence }).p : mannWhitney(a, b, { independence }).p;
  const enough = minutesMin[isPaired ? 'paired' : 'before_after'];
  const calls = Math.min(sum(before, 'calls'), sum(after, 'calls'));
  const isThin = minutes < enough || calls < callsMin;
  // What the interval still allows on both sides of the least change that matters is not known yet.
  const isWide =
    shift.low < Math.log1p(effectMin.share) && shift.high > Math.log1p(effectMin.share) && shift.low <= 0;
  const half = (shift.high - shift.low) / 2;
  const wanted = Math.ceil(minutes * (half / Math.log1p(effectMin.share)) ** 2);
  const needs = isThin
    ? Math.max(enough - minutes, Math.ceil(minutes * (callsMin / Math.max(1, calls) - 1)), 1)
    : isWide && wanted > minutes && wanted <= minutesStatedMax
      ? wanted - minutes
      : undefined;
  const observed = Math.abs((medianOf(b) ?? 0) - (medianOf(a) ?? 0));
  return {
    measure: 'duration',
    method: isPaired ? 'paired' : 'before_after',
    before: Math.exp(medianOf(a) ?? 0),
    after: Math.exp(medianOf(b) ?? 0),
    change: { shift: Math.expm1(shift.shift), low: Math.expm1(shift.low), high: Math.expm1(shift.high) },
    p,
    calmer: isPaired ? undefined : calmerShare(placebo(), observed),
    minutes,
    needs,
  };
}

/** Error rates vary from minute to minute by more than chance; by how much, the minutes say. */
export function compareErrors(
  { before, after, isPaired }: Sides,
  placebo: () => readonly number[],
): Compared | undefined {
  const [n, m] = [sum(before, 'calls'), sum(after, 'calls')];
  if (n === 0 || m === 0) return undefined;
  const [x, y] = [sum(before, 'errors'), sum(after, 'errors')];
  const [first, second] = [x / n, y / m];
  const isExact = x + y < errorsMin;
  const spread = Math.max(1, dispersion(before, first), dispersion(after, second));
  const pooled = (x + y) / (n + m);
  const deviation = Math.sqrt(spread * pooled * (1 - pooled) * (1 / n + 1 / m));
  // Agresti and Caffo: one failure and one success more on each side, so that no failure at all is no certainty.
  const around = (count: number, of: number): number => {
    const share = (count + 1) / (of + 2);
    return (share * (1 - share)) / (of + 2);
  };
  const reach = 1.959964 * Math.sqrt(spread * (around(x, n) + around(y, m)));
  const difference = second - first;
  const minutes = Math.min(before.length, after.length);
  const isThin = Math.min(n, m) < callsMin;
  return {
    measure: 'error_rate',
    method: isExact ? 'exact' : isPaired ? 'paired' : 'before_after',
    before: first,
    after: second,
    change: { shift: difference, low: difference - reach, high: difference + reach },
    p: isExact
      ? fisherExact({ failed: x, of: n }, { failed: y, of: m })
      : deviation === 0
        ? 1
        : Math.min(1, 2 * normalTail(Math.abs(difference) / deviation)),
    calmer: isPaired || isExact ? undefined : calmerShare(placebo(), Math.abs(difference)),
    minutes,
    needs: isThin
      ? Math.max(1, Math.ceil(minutes * (callsMin / Math.max(1, Math.min(n, m)) - 1)))
      : undefined,
  };
}

/** Minutes in which both ran. */
function pairsOf(
  before: readonly CellMinute[],
  after: readonly CellMinute[],
): (readonly [CellMinute, CellMinute])[] {
  const other = new Map(before.map((each) => [each.minute, each]));
  return after.flatMap((each) => {
    const same = other.get(each.minute);
    return same === undefined || same.medianMs <= 0 || each.medianMs <= 0 ? [] : [[same, each] as const];
  });
}

/** The share of values that count as independent where each is like the one before it. */
export function independenceOf(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    below += (value - mean) ** 2;
    if (index > 0) above += (value - mean) * ((values[index - 1] ?? 0) - mean);
  }
  // A short series shows less likeness than it has: by about (1 + 3ρ) / n.
  const seen = below === 0 ? 0 : above / below;
  const likeness = Math.max(
    0,
    Math.min(0.95, seen + (1 + 3 * Math.max(0, seen)) / Math.max(4, values.length)),
  );
  return seen <= 1.64 / Math.sqrt(Math.max(1, values.length)) ? 1 : (1 - likeness) / (1 + likeness);
}

const placeboMin = 20;

export function calmerShare(placebo: readonly number[], observed: number): number | undefined {
  if (placebo.length < placeboMin) return undefined;
  return placebo.filter((each) => Math.abs(each) < observed).length / placebo.length;
}

/** How much more the minutes vary than calls that fail by chance would. */
function dispersion(minutes: readonly CellMinute[], rate: number): number {
  const some = minutes.filter(({ calls }) => calls > 0);
  if (some.length < 5 || rate <= 0 || rate >= 1) return 1;
  const chi = some.reduce(
    (total, { calls, errors }) => total + (errors - calls * rate) ** 2 / (calls * rate * (1 - rate)),
    0,
  );
  return chi / (some.length - 1);
}

const sum = (minutes: readonly CellMinute[], of: 'calls' | 'errors'): number =>
  minutes.reduce((total, each) => total + each[of], 0);
