/** Functions of the samples within a window that is open on the left. */
import { ignoredIn, mixedSchemas, mixedTypes, reconciledBounds } from './annotations.ts';
import { changeWithin } from './counter-change.ts';
import { extendedChange } from './extended-change.ts';
import { type FloatHistogram, IncompatibleHistograms, kahanAdd } from './histogram.ts';
import { quantileOf } from './quantiles.ts';
import type { RawSeries, Sample } from './series.ts';
import {
  formatNumber,
  kahanSum,
  meanOf,
  meanOfHistograms,
  sumOfHistograms,
  varianceOf,
} from './statistics.ts';
import { isReset, isRestarted, type RangeCall, sampleOf, type Window } from './window.ts';

export type RangeFunction = (window: Window, call: RangeCall) => Sample | undefined;

const at = (values: RawSeries['values'], index: number): number => values[index] ?? NaN;

/** The numbers of a window, and whether histograms stand among them. */
function floatsOf({ series, from, to }: Window): { values: number[]; times: number[]; histograms: number } {
  const values: number[] = [];
  const times: number[] = [];
  for (let index = from; index < to; index += 1) {
    if (series.histograms?.[index] !== undefined) continue;
    values.push(at(series.values, index));
    times.push(at(series.times, index));
  }
  return { values, times, histograms: to - from - values.length };
}

/** Of functions that know numbers only. */
function ofFloats(
  answer: (values: number[], times: number[], window: Window, call: RangeCall) => number | undefined,
  floatsMin = 1,
): RangeFunction {
  return (window, call) => {
    const { values, times, histograms } = floatsOf(window);
    if (values.length < floatsMin) {
      // Histograms alone are nothing to it; a mixture of which too little is left is said.
      if (floatsMin > 1 && values.length > 0 && histograms > 0)
        call.annotations.info(ignoredIn(mixedRangeText(window)), call.place);
      return undefined;
    }
    if (histograms > 0) call.annotations.info(ignoredIn(mixedRangeText(window)), call.place);
    return answer(values, times, window, call);
  };
}

const mixedRangeText = ({ series }: Window): string =>
  `mixed range${series.labels.name === '' ? '' : ` for metric name ${JSON.stringify(series.labels.name)}`}`;

const extreme =
  (isBetter: (value: number, best: number) => boolean) =>
  (values: readonly number[]): number => {
    let best = values[0] ?? NaN;
    for (const value of values) if (isBetter(value, best) || Number.isNaN(best)) best = value;
    return best;
  };
const least = extreme((value, best) => value < best);
const most = extreme((value, best) => value > best);

function timeOfExtreme(isBetter: (value: number, best: number) => boolean) {
  return (values: readonly number[], times: readonly number[]): number => {
    let found = 0;
    for (const [index, value] of values.entries())
      if (isBetter(value, values[found] ?? NaN) || Number.isNaN(values[found])) found = index;
    return (times[found] ?? NaN) / 1000;
  };
}

/** Slope per second and the value at `atMs`, by least squares. */
function regression(
  values: readonly number[],
  times: readonly number[],
  atMs: number,
): { slope: number; value: number } {
  const first = values[0] ?? NaN;
  if (values.every((value) => value === first))
    return Number.isFinite(first) ? { slope: 0, value: first } : { slope: NaN, value: NaN };
  let [n, sx, sxc, sy, syc, sxy, sxyc, sxx, sxxc] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const [index, value] of values.entries()) {
    const x = ((times[index] ?? NaN) - atMs) / 1000;
    n += 1;
    [sx, sxc] = kahanAdd(sx, sxc, x);
    [sy, syc] = kahanAdd(sy, syc, value);
    [sxy, sxyc] = kahanAdd(sxy, sxyc, x * value);
    [sxx, sxxc] = kahanAdd(sxx, sxxc, x * x);
  }
  sx += sxc;
  sy += syc;
  sxy += sxyc;
  sxx += sxxc;
  const slope = (sxy - (sx * sy) / n) / (sxx - (sx * sx) / n);
  return { slope, value: sy / n - (slope * sx) / n };
}

/** Whether a sample differs from the one before it. */
const differs = (a: Sample, b: Sample): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
  return typeof a === 'number' || typeof b === 'number' || !a.equals(b);
};

/** How many pairs of neighbours are such; with the sample before the window, where it is an anchor. */
function pairs(
  { from, to, extension, reach }: Window,
  counts: (index: number) => boolean,
): number | undefined {
  if (from >= to) return undefined;
  const first = extension === 'anchored' && from > reach[0] ? from : from + 1;
  let found = 0;
  for (let index = first; index < to; index += 1) if (counts(index)) found += 1;
  return found;
}

/** The sum, and with a divisor the mean, of numbers or of histograms. */
function total(isMean: boolean): RangeFunction {
  return (window, { annotations, place }) => {
    const { values, histograms } = floatsOf(window);
    const { series, from, to } = window;
    if (histograms === 0) return isMean ? meanOf(values) : kahanSum(values);
    if (values.length > 0) {
      annotations.warn(mixedTypes(series.labels.name), place);
      return undefined;
    }
    const all = (series.histograms ?? []).slice(from, to) as FloatHistogram[];
    try {
      const { sum, met } = isMean ? meanOfHistograms(all) : sumOfHistograms(all);
      if (met.reconciled) annotations.info(reconciledBounds('aggregation'), place);
      if (met.collision) annotations.warn('conflicting counter resets during histogram aggregation', place);
      return sum;
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      annotations.warn(mixedSchemas(series.labels.name), place);
      return undefined;
    }
  };
}

const instantChange =
  (isRate: boolean): RangeFunction =>
  ({ series, from, to }, { annotations, place }) => {
    if (to - from < 2) return undefined;
    const [a, b] = [to - 2, to - 1];
    const [before, now] = [sampleOf(series, a), sampleOf(series, b)];
    const seconds = (at(series.times, b) - at(series.times, a)) / 1000;
    if (seconds === 0) return undefined;
    if (typeof before === 'number' && typeof now === 'number') {
      const change = isRate && (isRestarted(series, b) || now < before) ? now : now - before;
      return isRate ? change / seconds : change;
    }
    if (typeof before === 'number' || typeof now === 'number') {
      annotations.warn(mixedTypes(series.labels.name), place);
      return undefined;
    }
    const name = JSON.stringify(series.labels.name);
    const isGauge = before.hint === 'gauge' && now.hint === 'gauge';
    if (isRate && (before.hint === 'gauge' || now.hint === 'gauge'))
      annotations.warn(`this native histogram metric is not a counter: ${name}`, place);
    if (!isRate && !isGauge) annotations.warn(`this native histogram metric is not a gauge: ${name}`, place);
    try {
      const met = { collision: false, reconciled: false };
      const change =
        isRate && (isRestarted(series, b) || now.isResetSince(before))
          ? now.copy()
          : now.plus(before, -1, met);
      if (met.reconciled) annotations.info(reconciledBounds('subtraction'), place);
      change.hint = 'gauge';
      return (isRate ? change.scale(1 / seconds) : change).compact();
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      annotations.warn(mixedSchemas(series.labels.name), place);
      return undefined;
    }
  };

const change =
  (how: { readonly isCounter: boolean; readonly isRate: boolean }): RangeFunction =>
  (window, call) =>
    window.extension === undefined ? changeWithin(window, call, how) : extendedChange(window, call, how);

export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: change({ isCounter: true, isRate: true }),
  increase: change({ isCounter: true, isRate: false }),
  delta: change({ isCounter: false, isRate: false }),
  irate: instantChange(true),
  idelta: instantChange(false),
  changes: (window) =>
    pairs(window, (index) => differs(sampleOf(window.series, index), sampleOf(window.series, index - 1))),
  resets: (window) => pairs(window, (index) => isReset(window.series, index)),
  sum_over_time: total(false),
  avg_over_time: total(true),
  count_over_time: ({ from, to }) => (to > from ? to - from : undefined),
  present_over_time: ({ from, to }) => (to > from ? 1 : undefined),
  last_over_time: ({ series, from, to }) => (to > from ? sampleOf(series, to - 1) : undefined),
  first_over_time: ({ series, from, to }) => (to > from ? sampleOf(series, from) : undefined),
  ts_of_last_over_time: ({ series, from, to }) => (to > from ? at(series.times, to - 1) / 1000 : undefined),
  ts_of_first_over_time: ({ series, from, to }) => (to > from ? at(series.times, from) / 1000 : undefined),
  min_over_time: ofFloats(least),
  max_over_time: ofFloats(most),
  ts_of_min_over_time: ofFloats(timeOfExtreme((value, best) => value <= best)),
  ts_of_max_over_time: ofFloats(timeOfExtreme((value, best) => value >= best)),
  stddev_over_time: ofFloats((values) => Math.sqrt(varianceOf(values))),
  stdvar_over_time: ofFloats(varianceOf),
  mad_over_time: ofFloats((values) => {
    if (values.some(Number.isNaN)) return NaN;
    const median = quantileOf(0.5, values);
    return quantileOf(
      0.5,
      values.map((value) => Math.abs(value - median)),
    );
  }),
  quantile_over_time: ofFloats((values, _times, _window, { numbers, annotations, places }) => {
    const q = numbers[0] ?? NaN;
    if (!(q >= 0 && q <= 1))
      annotations.warn(
        `quantile value should be between 0 and 1, got ${formatNumber(q)}`,
        places[0] ?? { from: 0, to: 0 },
      );
    return quantileOf(q, values);
  }),
  deriv: ofFloats(
    (values, times) => (values.length < 2 ? undefined : regression(values, times, times[0] ?? 0).slope),
    2,
  ),
  predict_linear: ofFloats((values, times, { nowMs }, { numbers }) => {
    const { slope, value } = regression(values, times, nowMs);
    return slope * (numbers[0] ?? NaN) + value;
  }, 2),
  double_exponential_smoothing: ofFloats(smooth, 2),
  holt_winters: ofFloats(smooth, 2),
};

function smooth(values: number[], _times: number[], _window: Window, { numbers }: RangeCall): number {
  const [level = NaN, trend = NaN] = numbers;
  let s0 = 0;
  let s1 = values[0] ?? NaN;
  let b = (values[1] ?? NaN) - s1;
  for (const [index, value] of values.entries()) {
    if (index === 0) continue;
    const b1 = index === 1 ? b : trend * (s1 - s0) + (1 - trend) * b;
    b = b1;
    const y = (1 - level) * (s1 + b);
    s0 = s1;
    s1 = level * value + y;
  }
  return s1;
}
