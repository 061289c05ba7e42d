import { unixNano } from '@sightline/base';
import type { TimeRange } from './time-range.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Steps that people read well, and that nest. */
const stepsMs: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 7, 14, 28].map((count) => count * day),
];

/** Of a chart of the overview, where nobody asks for more or fewer. */
export const overviewStepsDefault = 60;

/** The range of a chart and of the figures beside it: whole steps from the beginning, so that both are of the same time. */
export function wholeSteps(range: TimeRange, count: number): TimeRange & { readonly stepMs: number } {
  const stepMs = chooseStepMs(range, count);
  const stepNanos = BigInt(stepMs) * 1_000_000n;
  return { ...range, from: unixNano((range.from / stepNanos) * stepNanos), stepMs };
}

/** The smallest readable step that cuts the range into at most `count` pieces. */
export function chooseStepMs({ from, to }: TimeRange, count: number): number {
  const rangeMs = Number((to - from) / 1_000_000n);
  return stepsMs.find((step) => rangeMs / step <= count) ?? Math.ceil(rangeMs / count / day) * day;
}
