/**
 * Where a series is going. Four plain forecasters: the recent level, the same time of the last days, the same time of last week, and a Theil–Sen line
 * through the days with a day's shape upon it. Each is asked at earlier moments, and what came then is known: the one that erred least speaks, and its
 * band is what its errors were at that distance. Nothing is assumed about their distribution, and nothing can grow faster than a line.
 */
import { medianOf } from './median.ts';

export interface ForecastOptions {
  readonly stepsPerDay: number;
  /** Points ahead. */
  readonly steps: number;
}

export type ForecastBasis = 'level' | 'day' | 'week' | 'trend';

export interface ForecastPoint {
  readonly expected: number;
  /** Nine of ten values were between these, at this distance. */
  readonly low: number;
  readonly high: number;
}

export interface Backtest {
  /** How often it was asked about what is known by now. */
  readonly rounds: number;
  /** Mean absolute error, in the unit of the values. */
  readonly error: number;
  /** The same of the last day, or week, repeated: what has to be beaten. */
  readonly naiveError: number;
}

export interface Forecast {
  readonly basis: ForecastBasis;
  readonly points: readonly ForecastPoint[];
  /** Sums of the values from the first point on: what will have been spent. */
  readonly totals: readonly ForecastPoint[];
  readonly backtest: Backtest;
}

interface Band {
  readonly low: number;
  readonly high: number;
}

type Values = readonly (number | undefined)[];
type Forecaster = (history: Values, steps: number, stepsPerDay: number) => number[];

const roundsMax = 12;
const roundsMin = 2;
const bandShare = 0.9;

/** Undefined where there is too little to ask it about: less than two days, or four times the horizon where that is shorter. */
export function forecastSeries(
  values: Values,
  { stepsPerDay, steps }: ForecastOptions,
): Forecast | undefined {
  const first = values.findIndex((value) => value !== undefined);
  const known = first < 0 ? [] : values.slice(first);
  const least = Math.min(2 * stepsPerDay, 4 * steps);
  if (known.length < Math.max(12, least)) return undefined;
  const asked = Math.min(steps, Math.floor(known.length / 3));
  const origins = originsOf(known.length, asked, Math.max(8, Math.floor(known.length / 3)));
  const shapes = shapesFor(known.length, stepsPerDay);
  const tried = shapes
    .map((basis) => ({
      basis,
      errors: origins.map((origin) => errorsAt(known, { basis, origin, asked, stepsPerDay })),
    }))
    .map((each) => ({ ...each, error: meanAbsolute(each.errors) }))
    .filter(({ error }) => Number.isFinite(error));
  const naive = tried.find(({ basis }) => basis === (shapes.includes('week') ? 'week' : 'day')) ?? tried[0];
  const best = tried.toSorted((a, b) => a.error - b.error)[0];
  if (origins.length < roundsMin || best === undefined || naive === undefined) return undefined;
  const forecast = forecasters[best.basis](known, steps, stepsPerDay);
  const bands = bandsOf(best.errors, { asked, steps });
  const isPositive = known.every((value) => value === undefined || value >= 0);
  const bounded = (value: number): number => (isPositive ? Math.max(0, value) : value);
  const around = (expected: readonly number[], bands: readonly Band[]): ForecastPoint[] =>
    expected.map((value, index) => {
      const { low, high } = bands[index] ?? { low: 0, high: 0 };
      return { expected: bounded(value), low: bounded(value + low), high: bounded(value + high) };
    });
  return {
    basis: best.basis,
    points: around(forecast, bands),
    totals: around(
      sumsOf(forecast.map(bounded)),
      bandsOf(
        best.errors.map((errors) => sumsOf(errors.map((error) => error ?? 0))),
        { asked, steps },
      ),
    ),
    backtest: { rounds: origins.length, error: best.error, naiveError: naive.error },
  };
}

function sumsOf(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** When a forecast gets to a value: the first point that is expected there, the earliest and the latest within the band. Numbers of points ahead, from 1 on. */
export function reachOfForecast(
  { points }: Pick<Forecast, 'points'>,
  { target, direction }: { readonly target: number; readonly direction: 'rises' | 'falls' },
): {
  readonly expected: number | undefined;
  readonly earliest: number | undefined;
  readonly latest: number | undefined;
} {
  const first = (of: (point: ForecastPoint) => number): number | undefined => {
    const at = points.findIndex((point) =>
      direction === 'rises' ? of(point) >= target : of(point) <= target,
    );
    return at < 0 ? undefined : at + 1;
  };
  const [soon, late] =
    direction === 'rises'
      ? [(point: ForecastPoint) => point.high, (point: ForecastPoint) => point.low]
      : [(point: ForecastPoint) => point.low, (point: ForecastPoint) => point.high];
  return { expected: first(({ expected }) => expected), earliest: first(soon), latest: first(late) };
}

function shapesFor(length: number, stepsPerDay: number): ForecastBasis[] {
  return [
    'level',
    ...(length >= 2 * stepsPerDay && stepsPerDay >= 4 ? (['day'] as const) : []),
    ...(length >= 14 * stepsPerDay ? (['week'] as const) : []),
    'trend',
  ];
}

/** Moments of the later part, evenly apart, at each of which so many points that came then are known. */
function originsOf(length: number, asked: number, trainMin: number): number[] {
  const last = length - asked;
  const first = Math.min(last, Math.max(trainMin, Math.floor(length / 3)));
  const count = Math.min(roundsMax, last - first + 1);
  if (count < 1) return [];
  return Array.from({ length: count }, (_each, index) =>
    Math.round(last - (index * (last - first)) / Math.max(1, count - 1)),
  );
}

function errorsAt(
  known: Values,
  {
    basis,
    origin,
    asked,
    stepsPerDay,
  }: {
    readonly basis: ForecastBasis;
    readonly origin: number;
    readonly asked: number;
    readonly stepsPerDay: number;
  },
): (number | undefined)[] {
  return forecasters[basis](known.slice(0, origin), asked, stepsPerDay).map((expected, index) => {
    const value = known[origin + index];
    return value === undefined ? undefined : value - expected;
  });
}

function meanAbsolute(rounds: readonly (readonly (number | undefined)[])[]): number {
  const all = rounds.flatMap((errors) => errors.filter((error) => error !== undefined));
  return all.reduce((sum, error) => sum + Math.abs(error), 0) / all.length;
}

/**
 * Errors at distances alike, which double from one group to the next. A band never narrows with the distance; beyond what could be asked it widens with
 * its square root.
 */
function bandsOf(
  rounds: readonly (readonly (number | undefined)[])[],
  { asked, steps }: { readonly asked: number; readonly steps: number },
): Band[] {
  const bands: Band[] = [];
  let low = 0;
  let high = 0;
  for (let from = 0, size = 1; from < asked; from += size, size = Math.max(1, from)) {
    const to = Math.min(asked, from + size);
    const errors = rounds
      .flatMap((each) => each.slice(Math.max(0, from - size), to).filter((error) => error !== undefined))
      .toSorted((a, b) => a - b);
    low = Math.min(low, quantileOf(errors, (1 - bandShare) / 2));
    high = Math.max(high, quantileOf(errors, (1 + bandShare) / 2));
    for (let index = from; index < to; index++) bands.push({ low, high });
  }
  for (let index = asked; index < steps; index++) {
    const wider = Math.sqrt((index + 1) / asked);
    bands.push({ low: low * wider, high: high * wider });
  }
  return bands;
}

function quantileOf(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  // Outwards: with few errors the furthest one is the best that is known.
  const place =
    share < 0.5 ? Math.floor(share * (sorted.length - 1)) : Math.ceil(share * (sorted.length - 1));
  return sorted[place] ?? 0;
}

const forecasters: Readonly<Record<ForecastBasis, Forecaster>> = {
  level: (history, steps, stepsPerDay) => {
    const level = medianOf(history.slice(-Math.max(6, Math.min(48, stepsPerDay)))) ?? medianOf(history) ?? 0;
    return Array.from({ length: steps }, () => level);
  },
  day: (history, steps, stepsPerDay) => repeat(history, { steps, period: stepsPerDay, periods: 5 }),
  week: (history, steps, stepsPerDay) => repeat(history, { steps, period: 7 * stepsPerDay, periods: 1 }),
  trend: trendForecast,
};

/** The median of the same place of the last periods. */
function repeat(
  history: Values,
  { steps, period, periods }: { readonly steps: number; readonly period: number; readonly periods: number },
): number[] {
  const level = medianOf(history.slice(-period)) ?? medianOf(history) ?? 0;
  const shape = Array.from({ length: Math.min(period, steps) }, (_each, offset) => {
    const places = Array.from(
      { length: periods },
      (_p, back) => history.length - (back + 1) * period + offset,
    );
    return medianOf(places.map((place) => (place < 0 ? undefined : history[place]))) ?? level;
  });
  return Array.from({ length: steps }, (_each, index) => shape[index % shape.length] ?? level);
}

/** A line through the medians of blocks (days, or an eighth of what there is), and the median of each time of day around it. */
function trendForecast(history: Values, steps: number, stepsPerDay: number): number[] {
  const block = Math.max(1, Math.min(stepsPerDay, Math.floor(history.length / 8)));
  const blocks: { at: number; value: number }[] = [];
  for (let end = history.length; end >= block && blocks.length < 60; end -= block) {
    const value = medianOf(history.slice(end - block, end));
    if (value !== undefined) blocks.push({ at: end - (block + 1) / 2, value });
  }
  const slope = theilSenSlope(blocks);
  const recent = blocks.slice(0, 3);
  const now = history.length;
  const level = medianOf(recent.map(({ at, value }) => value + slope * (now - at))) ?? 0;
  const isDaily = history.length >= 3 * stepsPerDay && stepsPerDay >= 4 && block === stepsPerDay;
  const around = (place: number): number | undefined => {
    const value = history[place];
    return value === undefined ? undefined : value - (level + slope * (place - now));
  };
  const shape = isDaily
    ? Array.from(
        { length: stepsPerDay },
        (_each, offset) =>
          medianOf(
            Array.from({ length: 5 }, (_d, back) => around(now - (back + 1) * stepsPerDay + offset)),
          ) ?? 0,
      )
    : [0];
  return Array.from(
    { length: steps },
    (_each, index) => level + slope * index + (shape[index % shape.length] ?? 0),
  );
}

/** The median of the slopes between all pairs. */
export function theilSenSlope(points: readonly { readonly at: number; readonly value: number }[]): number {
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).flatMap((b) => (a.at === b.at ? [] : [(b.value - a.value) / (b.at - a.at)])),
  );
  return medianOf(slopes) ?? 0;
}
