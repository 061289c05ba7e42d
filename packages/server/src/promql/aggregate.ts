/** Aggregations over series. */
import type { Annotations } from './annotations.ts';
import { ignoredIn, mixedSchemas, reconciledBounds } from './annotations.ts';
import { type Aggregation, PromqlExecutionError } from './ast.ts';
import { IncompatibleHistograms } from './histogram.ts';
import type { Labels } from './labels.ts';
import { quantileOf } from './quantiles.ts';
import {
  formatDigits,
  formatNumber,
  kahanSum,
  meanOf,
  meanOfHistograms,
  sumOfHistograms,
  varianceOf,
} from './statistics.ts';
import { GridSeries, type Sample } from './series.ts';
import { hashLabels, hashMax } from './label-hash.ts';
import { describeHistogram } from './describe-histogram.ts';

export interface AggregationInput {
  readonly series: readonly GridSeries[];
  readonly count: number;
  /** Of those that take a number, at each step. */
  readonly parameter: Float64Array | undefined;
  /** The label of `count_values`. */
  readonly label: string;
  readonly annotations: Annotations;
}

interface Group {
  readonly labels: Labels;
  readonly members: GridSeries[];
  readonly dropName: boolean;
}

export function aggregate(of: Aggregation, input: AggregationInput): GridSeries[] {
  if (choosers.has(of.operator)) return choose(of, input);
  if (of.operator === 'count_values') return countValues(of, input);
  return groupsOf(of, input.series).map(({ labels, members, dropName }) => {
    const result = new GridSeries(labels, input.count, dropName);
    for (let step = 0; step < input.count; step += 1) {
      const samples: Sample[] = [];
      for (const member of members) {
        const sample = member.at(step);
        if (sample !== undefined) samples.push(sample);
      }
      if (samples.length > 0)
        result.set(step, combine(of, samples, { step, input, name: members[0]?.labels.name ?? '' }));
    }
    return result;
  });
}

const choosers: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio']);

function groupsOf({ grouping, without }: Aggregation, series: readonly GridSeries[]): Group[] {
  const names = new Set(without ? [...grouping, '__name__'] : grouping);
  const groups = new Map<string, { labels: Labels; members: GridSeries[]; dropName: boolean }>();
  for (const each of series) {
    if (each.isEmpty) continue;
    const labels = without ? each.labels.drop(names) : each.labels.keep(names);
    const group = groups.get(labels.key);
    if (group === undefined) groups.set(labels.key, { labels, members: [each], dropName: each.dropName });
    else {
      group.members.push(each);
      group.dropName ||= each.dropName;
    }
  }
  return [...groups.values()];
}

function combine(
  of: Aggregation,
  samples: readonly Sample[],
  { step, input, name }: { readonly step: number; readonly input: AggregationInput; readonly name: string },
): Sample | undefined {
  const { operator } = of;
  const { annotations } = input;
  if (operator === 'count') return samples.length;
  if (operator === 'group') return 1;
  const floats = samples.filter((sample) => typeof sample === 'number');
  const histograms = samples.filter((sample) => typeof sample !== 'number');
  if (operator === 'sum' || operator === 'avg') {
    if (histograms.length === 0) return operator === 'avg' ? meanOf(floats) : kahanSum(floats);
    if (floats.length > 0) {
      annotations.warn('encountered a mix of histograms and floats for aggregation', of.of);
      return undefined;
    }
    try {
      const { sum, met } = operator === 'sum' ? sumOfHistograms(histograms) : meanOfHistograms(histograms);
      if (met.reconciled) annotations.info(reconciledBounds('aggregation'), of.of);
      if (met.collision) annotations.warn('conflicting counter resets during histogram aggregation', of.of);
      return sum.compact();
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      annotations.warn(mixedSchemas(name), of.of);
      return undefined;
    }
  }
  if (histograms.length > 0) annotations.info(ignoredIn(`${operator} aggregation`), of.of);
  if (floats.length === 0) return undefined;
  switch (operator) {
    case 'min':
      return floats.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best));
    case 'max':
      return floats.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best));
    case 'stddev':
      return Math.sqrt(varianceOf(floats));
    case 'stdvar':
      return varianceOf(floats);
    default: {
      const q = input.parameter?.[step] ?? NaN;
      if (!(q >= 0 && q <= 1) && of.parameter !== undefined)
        annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(q)}`, of.parameter);
      return quantileOf(q, floats);
    }
  }
}

/** Those that keep some of the series as they are. */
function choose(of: Aggregation, input: AggregationInput): GridSeries[] {
  const { operator } = of;
  const results = new Map<GridSeries, GridSeries>();
  const order: GridSeries[] = [];
  const keep = (series: GridSeries, step: number): void => {
    let result = results.get(series);
    if (result === undefined) {
      result = new GridSeries(series.labels, input.count, series.dropName);
      results.set(series, result);
      order.push(result);
    }
    result.set(step, series.at(step));
  };
  const groups = groupsOf(of, input.series);
  for (let step = 0; step < input.count; step += 1) {
    const parameter = input.parameter?.[step] ?? NaN;
    if (Number.isNaN(parameter))
      throw new PromqlExecutionError(
        operator === 'limit_ratio' ? 'Ratio value is NaN' : 'Parameter value is NaN',
      );
    if (operator !== 'limit_ratio' && Math.abs(parameter) >= 2 ** 63)
      throw new PromqlExecutionError(`Scalar value ${formatNumber(parameter)} overflows int64`);
    for (const { members } of groups) {
      const there = members.filter((series) => series.has(step));
      for (const series of chosen(of, there, { parameter, step, annotations: input.annotations }))
        keep(series, step);
    }
  }
  // Of one moment the best comes first, of a range the series as they were.
  return input.count === 1 ? order : input.series.flatMap((series) => results.get(series) ?? []);
}

function chosen(
  of: Aggregation,
  series: readonly GridSeries[],
  {
    parameter,
    step,
    annotations,
  }: { readonly parameter: number; readonly step: number; readonly annotations: Annotations },
): readonly GridSeries[] {
  const { operator } = of;
  if (operator === 'limit_ratio') {
    const ratio = Math.max(-1, Math.min(1, parameter));
    if (ratio !== parameter)
      annotations.warn(
        `ratio value should be between -1 and 1, got ${formatNumber(parameter)}, capping to ${ratio}`,
        of.parameter ?? of,
      );
    if (ratio === 0) return [];
    return series.filter(({ labels }) => {
      const offset = Number(hashLabels(labels)) / hashMax;
      return ratio > 0 ? offset < ratio : offset >= 1 + ratio;
    });
  }
  const wanted = Math.trunc(parameter);
  if (wanted < 1) return [];
  if (operator === 'limitk') return series.slice(0, wanted);
  const floats = series.filter((each) => each.isFloat(step));
  if (floats.length < series.length) annotations.info(ignoredIn(`${operator} aggregation`), of.of);
  const sign = operator === 'topk' ? -1 : 1;
  return floats
    .toSorted((a, b) => {
      const [x, y] = [a.float(step), b.float(step)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return sign * (x - y);
    })
    .slice(0, wanted);
}

function countValues(of: Aggregation, { series, count, label }: AggregationInput): GridSeries[] {
  const names = new Set(of.without ? [...of.grouping, '__name__'] : of.grouping);
  const results = new Map<string, GridSeries>();
  for (const each of series)
    for (let step = 0; step < count; step += 1) {
      const sample = each.at(step);
      if (sample === undefined) continue;
      const text = typeof sample === 'number' ? formatDigits(sample) : describeHistogram(sample);
      const labels = (of.without ? each.labels.drop(names) : each.labels.keep(names)).with(label, text);
      let result = results.get(labels.key);
      if (result === undefined) results.set(labels.key, (result = new GridSeries(labels, count)));
      result.set(step, (result.has(step) ? result.float(step) : 0) + 1);
    }
  return [...results.values()];
}
