/**
 * What a series is expected to be, point by point, from the points before it alone. Three robust forecasters run side by side: the recent level, the
 * same time of the last days, the same time of the last weeks; the one that erred least lately speaks. The band around it reaches as far as its
 * errors of the last days did. Errors enter the band half a day late, so that an incident is never measured against itself.
 */
import { SortedWindow } from './sorted-window.ts';

/** How the values behave: what is added up, a time that varies by factors, a share of a number of trials, or anything. */
export type SeriesKind = 'plain' | 'count' | 'duration' | 'ratio';

export type Sensitivity = 'low' | 'normal' | 'high';

/** Whose expectation it is: the recent level, the same time of day, or the same time of the week. */
export type ExpectationBasis = 'level' | 'day' | 'week';

export interface UnusualOptions {
  /** Points of a day; the points are at equal distances. */
  readonly stepsPerDay: number;
  readonly kind?: SeriesKind;
  readonly sensitivity?: Sensitivity;
  /** Of shares: how many trials each is of. 5 % of 20 calls says little. */
  readonly trials?: readonly (number | undefined)[];
}

export interface ExpectedPoint {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
  /** The distance from what is expected in widths of the band at normal sensitivity; 0 where there is no value. */
  readonly score: number;
  /** Outside of the band. */
  readonly isUnusual: boolean;
  /** The first point of an incident: none was in the half day before. */
  readonly isOnset: boolean;
  readonly basis: ExpectationBasis;
}

/** Widths of the band, in furthest usual errors. The plateau of the NAB score is 1.05 to 1.2 (ADR 0029). */
export const bandWidths: Readonly<Record<Sensitivity, number>> = { low: 1.7, normal: 1.1, high: 0.8 };

/** Values that make the recent level. */
export const levelPoints = 48;
const days = 7;
const weeks = 3;
const errorDays = 5;
const errorPointsMin = 300;
const errorPointsMax = 1_440;
/** Of the errors of the last days, this share is usual. */
const usualShare = 0.998;
/** A band is at least so many standard deviations of the bulk of the errors. */
const deviationsMin = 3;
const madToDeviation = 1.4826;

interface Scale {
  readonly forward: (value: number) => number;
  readonly back: (value: number) => number;
  /** The least usual error around what is expected, on this scale. */
  readonly reachMin: (expected: number, trials: number | undefined) => number;
}

const identity = (value: number): number => value;
const scales: Readonly<Record<SeriesKind, Scale>> = {
  plain: { forward: identity, back: identity, reachMin: (expected) => 0.03 * Math.abs(expected) },
  // The root of a count of independent events has a deviation of one half, whatever the count.
  count: {
    forward: (value) => Math.sqrt(Math.max(0, value)),
    back: (value) => Math.max(0, value) ** 2,
    reachMin: () => deviationsMin / 2,
  },
  duration: {
    forward: (value) => Math.log(Math.max(value, 1e-9)),
    back: Math.exp,
    reachMin: () => Math.log(1.1),
  },
  ratio: {
    forward: identity,
    back: (value) => Math.min(1, Math.max(0, value)),
    // Two successes and two failures more than were seen, as in the interval of Agresti and Coull.
    reachMin: (expected, trials = 1_000) => {
      const share = (Math.min(1, Math.max(0, expected)) * trials + 2) / (trials + 4);
      return deviationsMin * Math.sqrt((share * (1 - share)) / Math.max(1, trials));
    },
  },
};

/**
 * The expectation of each point, from the first one on that has enough before it; undefined before. A value that is missing is no zero: it has an
 * expectation and teaches nothing.
 */
export function detectUnusual(
  values: readonly (number | undefined)[],
  options: UnusualOptions,
): (ExpectedPoint | undefined)[] {
  const { stepsPerDay, kind = 'plain', sensitivity = 'normal', trials } = options;
  const scale = scales[kind];
  const scaled = Float64Array.from(values, (value) =>
    value === undefined || !Number.isFinite(value) ? NaN : scale.forward(value),
  );
  const band = new ExpectedBand(scaled, stepsPerDay);
  const width = bandWidths[sensitivity];
  const quietPoints = Math.ceil(stepsPerDay / 2);
  let incidentAt = -Infinity;
  let isPositive = true;
  return values.map((written, index) => {
    const found = band.next();
    const value = scaled[index] ?? NaN;
    if (written !== undefined && written < 0) isPositive = false;
    if (found === undefined) return undefined;
    const { center, basis, reach: learned } = found;
    const reach = Math.max(learned, scale.reachMin(center, trials?.[index]), 1e-9);
    const score = Number.isNaN(value) ? 0 : Math.abs(value - center) / (reach * bandWidths.normal);
    const isUnusual = !Number.isNaN(value) && Math.abs(value - center) > reach * width;
    const isOnset = isUnusual && index - incidentAt >= quietPoints;
    if (isUnusual) incidentAt = index;
    const low = scale.back(center - reach * width);
    return {
      expected: scale.back(center),
      low: isPositive ? Math.max(0, low) : low,
      high: scale.back(center + reach * width),
      score,
      isUnusual,
      isOnset,
      basis,
    };
  });
}

interface Forecaster {
  readonly basis: ExpectationBasis;
  readonly errors: SortedWindow;
  /** Errors point by point, until they are old enough for the band. */
  readonly waiting: Float64Array;
  /** Absolute errors, of which those of the last days count most. */
  erred: number;
  forecast: number;
}

class ExpectedBand {
  readonly #values: Float64Array;
  readonly #stepsPerDay: number;
  readonly #level = new SortedWindow(levelPoints);
  readonly #forecasters: readonly Forecaster[];
  readonly #gathered = new Float64Array(days * 3);
  readonly #pointsMin: number;
  readonly #lag: number;
  readonly #keep: number;
  #index = 0;

  constructor(values: Float64Array, stepsPerDay: number) {
    this.#values = values;
    this.#stepsPerDay = stepsPerDay;
    const errorPoints = Math.min(errorPointsMax, Math.max(errorPointsMin, errorDays * stepsPerDay));
    this.#lag = Math.ceil(stepsPerDay / 2);
    this.#pointsMin = Math.max(24, Math.min(100, Math.ceil(stepsPerDay / 2)));
    this.#keep = 1 - 1 / (3 * stepsPerDay);
    this.#forecasters = (['level', 'day', 'week'] as const).map((basis) => ({
      basis,
      errors: new SortedWindow(errorPoints),
      waiting: new Float64Array(this.#lag).fill(NaN),
      erred: 0,
      forecast: NaN,
    }));
  }

  /** What was known before the next point; then its value is learned. */
  next(): { readonly center: number; readonly reach: number; readonly basis: ExpectationBasis } | undefined {
    const index = this.#index++;
    const value = this.#values[index] ?? NaN;
    const [level, day, week] = this.#forecasters;
    if (level === undefined || day === undefined || week === undefined) return undefined;
    level.forecast = this.#level.length === 0 ? value : this.#level.median();
    const ofDays = this.#sameTime(index, { period: this.#stepsPerDay, periods: days, around: 1, least: 6 });
    day.forecast = ofDays ?? level.forecast;
    const ofWeeks = this.#sameTime(index, {
      period: 7 * this.#stepsPerDay,
      periods: weeks,
      around: 2,
      least: 5,
    });
    week.forecast = ofWeeks ?? day.forecast;
    let best = level;
    if (ofDays !== undefined && day.erred < best.erred) best = day;
    if (ofWeeks !== undefined && week.erred < best.erred) best = week;
    const { errors } = best;
    const found =
      errors.length < this.#pointsMin
        ? undefined
        : { center: best.forecast + errors.median(), reach: reachOf(errors), basis: best.basis };
    this.#learn(index, value);
    return found;
  }

  #learn(index: number, value: number): void {
    const slot = index % this.#lag;
    for (const forecaster of this.#forecasters) {
      const due = forecaster.waiting[slot] ?? NaN;
      if (!Number.isNaN(due)) forecaster.errors.push(due);
      const error = value - forecaster.forecast;
      forecaster.waiting[slot] = error;
      if (!Number.isNaN(error)) forecaster.erred = forecaster.erred * this.#keep + Math.abs(error);
    }
    if (!Number.isNaN(value)) this.#level.push(value);
  }

  /** The median of the points at the same time of earlier periods; undefined where there are too few. */
  #sameTime(
    index: number,
    {
      period,
      periods,
      around,
      least,
    }: { readonly period: number; readonly periods: number; readonly around: number; readonly least: number },
  ): number | undefined {
    const gathered = this.#gathered;
    let count = 0;
    for (let back = 1; back <= periods; back++)
      for (let at = index - back * period - around; at <= index - back * period + around; at++) {
        const value = at < 0 || at >= index ? NaN : (this.#values[at] ?? NaN);
        if (!Number.isNaN(value)) gathered[count++] = value;
      }
    return count < least ? undefined : medianOfFew(gathered, count);
  }
}

function reachOf(errors: SortedWindow): number {
  const middle = errors.median();
  return Math.max(
    errors.spread(middle, usualShare),
    deviationsMin * madToDeviation * errors.spread(middle, 0.5),
  );
}

/** Sorts the first values in place: for two dozen of them nothing is quicker. */
function medianOfFew(values: Float64Array, count: number): number {
  for (let from = 1; from < count; from++) {
    const value = values[from] ?? 0;
    let place = from - 1;
    while (place >= 0 && (values[place] ?? 0) > value) {
      values[place + 1] = values[place] ?? 0;
      place--;
    }
    values[place + 1] = value;
  }
  const half = count >> 1;
  return count % 2 === 1 ? (values[half] ?? NaN) : ((values[half - 1] ?? NaN) + (values[half] ?? NaN)) / 2;
}
