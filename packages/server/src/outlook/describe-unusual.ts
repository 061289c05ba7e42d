/** What is said of values that are not as expected, and of those that are to come. */
import { describeValue, printDuration, type ValueUnit } from '@sightline/schema/rules';
import { type ExpectedPoint, type ForecastBasis, levelPoints } from '@sightline/schema/series';

interface Said {
  readonly unit: ValueUnit;
  readonly stepMs: number;
}

/** `expected 0.6 s to 0.9 s, as at this time of the last 7 days; 2.4 times the usual distance`. */
export function describeUnusual(
  { low, high, score, basis }: Pick<ExpectedPoint, 'low' | 'high' | 'score' | 'basis'>,
  { unit, stepMs }: Said,
): string {
  const distance =
    score >= 1_000 ? 'far beyond' : `${score >= 10 ? Math.round(score) : score.toFixed(1)} times`;
  return `expected ${describeValue(low, unit)} to ${describeValue(high, unit)}, ${basisText(basis, stepMs)}; ${distance} the usual distance`;
}

export function basisText(basis: ExpectedPoint['basis'], stepMs: number): string {
  switch (basis) {
    case 'level':
      return `as in the last ${printDuration((levelPoints * stepMs) / 1000)}`;
    case 'day':
      return 'as at this time of the last 7 days';
    case 'week':
      return 'as at this time of the last 3 weeks';
  }
}

const forecastTexts: Readonly<Record<ForecastBasis, string>> = {
  level: 'the recent level',
  day: 'the same time of the last days',
  week: 'the same time of last week',
  trend: 'a line through the days, with their shape',
};

export const forecastText = (basis: ForecastBasis): string => forecastTexts[basis];

/** `in 9 days (6 to 14)`; the later end is open where the band does not get there in time. */
export function describeReach(
  {
    expected,
    earliest,
    latest,
  }: {
    readonly expected: number | undefined;
    readonly earliest: number | undefined;
    readonly latest: number | undefined;
  },
  stepMs: number,
): string {
  const length = (points: number): string => lengthText(points * stepMs);
  if (expected === undefined)
    return earliest === undefined
      ? 'not in this time'
      : `not expected in this time, ${length(earliest)} at the earliest`;
  if (expected === 0) return 'now';
  const range = `${length(earliest ?? expected)} to ${latest === undefined ? 'later' : length(latest)}`;
  return `in ${length(expected)} (${range})`;
}

function lengthText(ms: number): string {
  const hours = ms / 3_600_000;
  const [amount, unit] = hours >= 48 ? [hours / 24, 'days'] : hours >= 2 ? [hours, 'h'] : [hours * 60, 'min'];
  return `${amount >= 10 || Number.isInteger(amount) ? Math.round(amount) : amount.toFixed(1)} ${unit}`;
}
