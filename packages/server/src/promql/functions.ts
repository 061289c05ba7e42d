/** Functions of instant vectors and numbers. */
import { ownValue } from '@sightline/base';
import { absentLabels } from './absent-labels.ts';
import type { Annotations } from './annotations.ts';
import { forMetric } from './annotations.ts';
import { type Call, type Expression, type Place, PromqlExecutionError, unwrap } from './ast.ts';
import type { EvaluationSettings } from './fetches.ts';
import type { FloatHistogram } from './histogram.ts';
import { type InfoSeries, joinInfo } from './info-function.ts';
import type { Patterns } from './patterns.ts';
import { compareText, isLabelName, Labels } from './labels.ts';
import { mergeEqual } from './merge-equal.ts';
import {
  type ClassicBucket,
  classicFraction,
  classicQuantile,
  nativeFraction,
  nativeQuantile,
  nativeVariance,
} from './quantiles.ts';
import { parseNumber } from './lexer.ts';
import { formatNumber } from './statistics.ts';
import { type Grid, GridSeries, type Sample, timeAt, type Value } from './series.ts';

export interface CallInput {
  readonly args: readonly Value[];
  readonly grid: Grid;
  readonly settings: EvaluationSettings;
  readonly annotations: Annotations;
  readonly infoSeries: () => readonly InfoSeries[];
  readonly patterns: Patterns;
}

type Implementation = (of: Call, input: CallInput) => Value;

export function callFunction(of: Call, input: CallInput): Value {
  const implementation = ownValue(implementations, of.name);
  if (implementation === undefined)
    throw new PromqlExecutionError(`the function ${JSON.stringify(of.name)} is not available`);
  return implementation(of, input);
}

const vector = (series: readonly GridSeries[]): Value => ({ kind: 'vector', series });
const seriesOf = ({ args }: CallInput, at: number): readonly GridSeries[] => {
  const value = args[at];
  return value?.kind === 'vector' ? value.series : [];
};
const numbersOf = ({ args, grid }: CallInput, at: number, otherwise = NaN): Float64Array => {
  const value = args[at];
  return value?.kind === 'scalar' ? value.values : new Float64Array(grid.count).fill(otherwise);
};
const textOf = ({ args }: CallInput, at: number): string => {
  const value = args[at];
  return value?.kind === 'string' ? value.value : '';
};

/** Of each number of the first argument; histograms are left out. */
function ofFloats(
  compute: (value: number, step: number, input: CallInput) => number | undefined,
): Implementation {
  return (_of, input) =>
    vector(
      eachSample(seriesOf(input, 0), (sample, step) =>
        typeof sample === 'number' ? compute(sample, step, input) : undefined,
      ),
    );
}

function ofHistograms(compute: (histogram: FloatHistogram) => number): Implementation {
  return (_of, input) =>
    vector(
      eachSample(seriesOf(input, 0), (sample) => (typeof sample === 'number' ? undefined : compute(sample))),
    );
}

function eachSample(
  series: readonly GridSeries[],
  compute: (sample: Sample, step: number) => Sample | undefined,
): GridSeries[] {
  return series.map((each) => {
    const result = new GridSeries(each.labels, each.length, true);
    for (let step = 0; step < each.length; step += 1) {
      const sample = each.at(step);
      if (sample !== undefined) result.set(step, compute(sample, step));
    }
    return result;
  });
}

const perStep =
  (compute: (step: number, input: CallInput) => number): Implementation =>
  (_of, input) => ({
    kind: 'scalar',
    values: Float64Array.from({ length: input.grid.count }, (_, step) => compute(step, input)),
  });

/** A part of a time, of the argument or of now; undefined times have no parts. */
function ofTime(part: (date: Date) => number): Implementation {
  const compute = (seconds: number): number => {
    const date = new Date(Math.trunc(seconds) * 1000);
    return Number.isNaN(date.getTime()) ? NaN : part(date);
  };
  return (of, input) => {
    if (of.args.length > 0) return ofFloats(compute)(of, input);
    const result = new GridSeries(Labels.none, input.grid.count);
    for (let step = 0; step < input.grid.count; step += 1)
      result.set(step, compute(timeAt(input.grid, step) / 1000));
    return vector([result]);
  };
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
const daysInMonth = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

/** As Go has them: an infinity wins over NaN. */
const larger = (a: number, b: number): number =>
  a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
const smaller = (a: number, b: number): number =>
  a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);

const clampBetween = (value: number, low: number, high: number): number => larger(low, smaller(high, value));

/** To the nearest multiple, halves upwards. */
function roundTo(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

const sortBy =
  (sign: 1 | -1): Implementation =>
  (_of, input) => {
    const series = seriesOf(input, 0);
    if (input.grid.count !== 1) return vector(series);
    const floats = series.filter((each) => each.isFloat(0));
    return vector(
      floats.toSorted((a, b) => {
        const [x, y] = [a.float(0), b.float(0)];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        return sign * (x - y);
      }),
    );
  };

const sortByLabel =
  (sign: 1 | -1): Implementation =>
  (of, input) => {
    const series = seriesOf(input, 0);
    if (input.grid.count !== 1) return vector(series);
    const names = of.args.slice(1).map((_, at) => textOf(input, at + 1));
    const compare = (a: GridSeries, b: GridSeries): number => {
      for (const name of names) {
        const order = naturalOrder(a.labels.get(name), b.labels.get(name));
        if (order !== 0) return sign * order;
      }
      return sign * compareLabels(a.labels, b.labels);
    };
    return vector(series.toSorted(compare));
  };

function compareLabels(a: Labels, b: Labels): number {
  for (let at = 0; at < Math.min(a.flat.length, b.flat.length); at += 1) {
    const order = compareText(a.flat[at] ?? '', b.flat[at] ?? '');
    if (order !== 0) return order;
  }
  return a.flat.length - b.flat.length;
}

/** Numbers within a text count as numbers. */
function naturalOrder(a: string, b: string): number {
  const split = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [split(a), split(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const order = BigInt(x) < BigInt(y) ? -1 : BigInt(x) > BigInt(y) ? 1 : x.length - y.length;
      if (order !== 0) return order;
    }
    return compareText(x, y);
  }
  return left.length - right.length;
}

const labelReplace: Implementation = (_of, input) => {
  const [target, replacement, source, pattern] = [1, 2, 3, 4].map((at) => textOf(input, at)) as [
    string,
    string,
    string,
    string,
  ];
  const regex = input.patterns.compile(pattern, ' in label_replace()');
  if (!isLabelName(target))
    throw new PromqlExecutionError(`invalid destination label name in label_replace(): ${target}`);
  return vector(
    mergeEqual(
      seriesOf(input, 0).map((series) => {
        const matcher = regex.matcher(series.labels.get(source));
        if (!input.patterns.timed(() => matcher.find())) return series;
        const value = replacement.replaceAll(
          /\$(?:\$|\{(\w+)\}|(\w+))/g,
          (all, braced?: string, bare?: string) => {
            const group = braced ?? bare;
            if (group === undefined) return all === '$$' ? '$' : all;
            try {
              return (
                (/^\d+$/.test(group)
                  ? Number(group) <= matcher.groupCount()
                    ? matcher.group(Number(group))
                    : ''
                  : matcher.group(group)) ?? ''
              );
            } catch {
              return '';
            }
          },
        );
        return series.relabelled(series.labels.with(target, value), series.dropName && target !== '__name__');
      }),
      input.grid.count,
    ),
  );
};

const labelJoin: Implementation = (of, input) => {
  const [target, separator] = [textOf(input, 1), textOf(input, 2)];
  const sources = of.args.slice(3).map((_, at) => textOf(input, at + 3));
  for (const source of sources)
    if (!isLabelName(source))
      throw new PromqlExecutionError(`invalid source label name in label_join(): ${source}`);
  if (!isLabelName(target))
    throw new PromqlExecutionError(`invalid destination label name in label_join(): ${target}`);
  return vector(
    mergeEqual(
      seriesOf(input, 0).map((series) => {
        const value = sources.map((source) => series.labels.get(source)).join(separator);
        return series.relabelled(series.labels.with(target, value), series.dropName && target !== '__name__');
      }),
      input.grid.count,
    ),
  );
};

interface Distribution {
  readonly labels: Labels;
  readonly name: string;
  readonly classic: GridSeries[];
  readonly bounds: number[];
  readonly native: GridSeries[];
}

/** Native histograms as they are, classic ones put together from their buckets; one for each set of labels without `le`. */
function distributionsOf(
  series: readonly GridSeries[],
  annotations: Annotations,
  place: Place,
): Distribution[] {
  const found = new Map<string, Distribution>();
  const get = (labels: Labels): Distribution => {
    let distribution = found.get(labels.key);
    if (distribution === undefined)
      found.set(
        labels.key,
        (distribution = { labels, name: labels.name, classic: [], bounds: [], native: [] }),
      );
    return distribution;
  };
  for (const each of series) {
    const steps = Array.from({ length: each.length }, (_, step) => step);
    if (steps.some((step) => each.histogram(step) !== undefined)) get(each.labels).native.push(each);
    if (!steps.some((step) => each.isFloat(step))) continue;
    const text = each.labels.get('le');
    const bound = parseNumber(text);
    if (bound === undefined) {
      annotations.warn(
        `bucket label "le" is missing or has a malformed value of ${JSON.stringify(text)}${forMetric(each.labels.name)}`,
        place,
      );
      continue;
    }
    const distribution = get(each.labels.drop(new Set(['le'])));
    distribution.classic.push(each);
    distribution.bounds.push(bound);
  }
  return [...found.values()];
}

interface DistributionAnswers {
  readonly classic: (buckets: readonly ClassicBucket[], step: number, name: string) => number;
  readonly native: (histogram: FloatHistogram, step: number, name: string) => number;
}

function overDistributions(
  {
    series,
    input,
    place,
  }: { readonly series: readonly GridSeries[]; readonly input: CallInput; readonly place: Place },
  answers: DistributionAnswers,
): GridSeries[] {
  return distributionsOf(series, input.annotations, place).map(
    ({ labels, name, classic, bounds, native }) => {
      const result = new GridSeries(labels, input.grid.count, true);
      for (let step = 0; step < input.grid.count; step += 1) {
        const histogram = native.map((each) => each.histogram(step)).find((each) => each !== undefined);
        const buckets = classic.flatMap((each, at) =>
          each.isFloat(step) ? [{ upper: bounds[at] ?? NaN, count: each.float(step) }] : [],
        );
        if (histogram !== undefined && buckets.length > 0)
          input.annotations.warn(
            `vector contains a mix of classic and native histograms${forMetric(name)}`,
            place,
          );
        else if (histogram !== undefined) result.set(step, answers.native(histogram, step, name));
        else if (buckets.length > 0) result.set(step, answers.classic(buckets, step, name));
      }
      return result;
    },
  );
}

function quantileAnswers(
  q: Float64Array,
  {
    annotations,
    place,
    qPlace,
  }: { readonly annotations: Annotations; readonly place: Place; readonly qPlace: Place },
): DistributionAnswers {
  for (const value of q)
    if (!(value >= 0 && value <= 1))
      annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(value)}`, qPlace);
  return {
    classic: (buckets, step, name) => {
      const { value, fixed } = classicQuantile(q[step] ?? NaN, buckets);
      if (fixed !== undefined)
        annotations.info(
          `input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${forMetric(name)}, from buckets ${formatNumber(fixed.from)} to ${formatNumber(fixed.to)}, with a max diff of ${fixed.maxDiff.toPrecision(3)}`,
          place,
        );
      return value;
    },
    native: (histogram, step, name) => {
      const { value, nan } = nativeQuantile(q[step] ?? NaN, histogram);
      if (nan !== undefined)
        annotations.info(`input to histogram_quantile has NaN observations, ${nan}${forMetric(name)}`, place);
      return value;
    },
  };
}

const histogramQuantile: Implementation = (of, input) => {
  const [qPlace, place] = of.args as [Expression, Expression];
  const answers = quantileAnswers(numbersOf(input, 0), { annotations: input.annotations, place, qPlace });
  return vector(overDistributions({ series: seriesOf(input, 1), input, place }, answers));
};

const histogramQuantiles: Implementation = (of, input) => {
  const [place] = of.args as [Expression];
  const label = textOf(input, 1);
  if (!isLabelName(label)) throw new PromqlExecutionError(`invalid label name ${JSON.stringify(label)}`);
  const results = of.args.slice(2).flatMap((qPlace, at) => {
    const q = numbersOf(input, at + 2);
    const answers = quantileAnswers(q, { annotations: input.annotations, place, qPlace });
    return overDistributions({ series: seriesOf(input, 0), input, place }, answers).map((series) => ({
      series,
      q,
    }));
  });
  const byLabels = new Map<string, GridSeries>();
  for (const { series, q } of results)
    for (let step = 0; step < series.length; step += 1) {
      if (!series.has(step)) continue;
      const labels = series.labels.with(label, formatQuantile(q[step] ?? NaN));
      let result = byLabels.get(labels.key);
      if (result === undefined)
        byLabels.set(labels.key, (result = new GridSeries(labels, series.length, true)));
      if (result.has(step))
        throw new PromqlExecutionError('vector cannot contain metrics with the same labelset');
      result.set(step, series.at(step));
    }
  return vector([...byLabels.values()]);
};

/** As OpenMetrics writes numbers in labels. */
function formatQuantile(value: number): string {
  if (value === 1) return '1.0';
  if (value === 0) return '0.0';
  const text = formatNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const histogramFraction: Implementation = (of, input) => {
  const place = of.args[2] as Expression;
  const [lower, upper] = [numbersOf(input, 0), numbersOf(input, 1)];
  return vector(
    overDistributions(
      { series: seriesOf(input, 2), input, place },
      {
        classic: (buckets, step) => classicFraction(lower[step] ?? NaN, upper[step] ?? NaN, buckets),
        native: (histogram, step, name) => {
          if (Number.isNaN(histogram.sum) && histogram.count > 0)
            input.annotations.info(
              `input to histogram_fraction has NaN observations, which are excluded from all fractions${forMetric(name)}`,
              place,
            );
          return nativeFraction(lower[step] ?? NaN, upper[step] ?? NaN, histogram);
        },
      },
    ),
  );
};

const implementations: Readonly<Record<string, Implementation>> = {
  abs: ofFloats(Math.abs),
  acos: ofFloats(Math.acos),
  acosh: ofFloats(Math.acosh),
  asin: ofFloats(Math.asin),
  asinh: ofFloats(Math.asinh),
  atan: ofFloats(Math.atan),
  atanh: ofFloats(Math.atanh),
  ceil: ofFloats(Math.ceil),
  cos: ofFloats(Math.cos),
  cosh: ofFloats(Math.cosh),
  deg: ofFloats((value) => (value * 180) / Math.PI),
  exp: ofFloats(Math.exp),
  floor: ofFloats(Math.floor),
  ln: ofFloats(Math.log),
  log10: ofFloats(Math.log10),
  log2: ofFloats(Math.log2),
  rad: ofFloats((value) => (value * Math.PI) / 180),
  sgn: ofFloats(Math.sign),
  sin: ofFloats(Math.sin),
  sinh: ofFloats(Math.sinh),
  sqrt: ofFloats(Math.sqrt),
  tan: ofFloats(Math.tan),
  tanh: ofFloats(Math.tanh),
  pi: perStep(() => Math.PI),
  time: perStep((step, { grid }) => timeAt(grid, step) / 1000),
  start: perStep((_step, { settings }) => settings.startMs / 1000),
  end: perStep((_step, { settings }) => settings.endMs / 1000),
  range: perStep((_step, { settings }) => (settings.endMs - settings.startMs) / 1000),
  step: perStep((_step, { settings }) => settings.stepMs / 1000),
  min_of: perStep((step, input) =>
    Math.min(numbersOf(input, 0)[step] ?? NaN, numbersOf(input, 1)[step] ?? NaN),
  ),
  max_of: perStep((step, input) =>
    Math.max(numbersOf(input, 0)[step] ?? NaN, numbersOf(input, 1)[step] ?? NaN),
  ),
  minute: ofTime((date) => date.getUTCMinutes()),
  hour: ofTime((date) => date.getUTCHours()),
  day_of_week: ofTime((date) => date.getUTCDay()),
  day_of_month: ofTime((date) => date.getUTCDate()),
  day_of_year: ofTime(dayOfYear),
  days_in_month: ofTime(daysInMonth),
  month: ofTime((date) => date.getUTCMonth() + 1),
  year: ofTime((date) => date.getUTCFullYear()),
  timestamp: (_of, input) =>
    vector(eachSample(seriesOf(input, 0), (_sample, step) => timeAt(input.grid, step) / 1000)),
  clamp: (_of, input) => {
    const [low, high] = [numbersOf(input, 1), numbersOf(input, 2)];
    return vector(
      eachSample(seriesOf(input, 0), (sample, step) => {
        if (typeof sample !== 'number' || (high[step] ?? NaN) < (low[step] ?? NaN)) return undefined;
        return clampBetween(sample, low[step] ?? NaN, high[step] ?? NaN);
      }),
    );
  },
  clamp_min: ofFloats((value, step, input) =>
    clampBetween(value, numbersOf(input, 1)[step] ?? NaN, Infinity),
  ),
  clamp_max: ofFloats((value, step, input) =>
    clampBetween(value, -Infinity, numbersOf(input, 1)[step] ?? NaN),
  ),
  round: ofFloats((value, step, input) => roundTo(value, numbersOf(input, 1, 1)[step] ?? 1)),
  scalar: perStep((step, input) => {
    const there = seriesOf(input, 0).filter((series) => series.isFloat(step));
    return there.length === 1 ? (there[0]?.float(step) ?? NaN) : NaN;
  }),
  vector: (_of, input) => {
    const result = new GridSeries(Labels.none, input.grid.count);
    for (const [step, value] of numbersOf(input, 0).entries()) result.set(step, value);
    return vector([result]);
  },
  absent: (of, input) => {
    const result = new GridSeries(absentLabels(of.args[0] as Expression), input.grid.count);
    for (let step = 0; step < input.grid.count; step += 1)
      if (!seriesOf(input, 0).some((series) => series.has(step))) result.set(step, 1);
    return vector([result]);
  },
  sort: sortBy(1),
  sort_desc: sortBy(-1),
  sort_by_label: sortByLabel(1),
  sort_by_label_desc: sortByLabel(-1),
  label_replace: labelReplace,
  label_join: labelJoin,
  histogram_count: ofHistograms(({ count }) => count),
  histogram_sum: ofHistograms(({ sum }) => sum),
  histogram_avg: ofHistograms(({ sum, count }) => sum / count),
  histogram_stddev: ofHistograms((histogram) => Math.sqrt(nativeVariance(histogram))),
  histogram_stdvar: ofHistograms(nativeVariance),
  histogram_quantile: histogramQuantile,
  histogram_quantiles: histogramQuantiles,
  histogram_fraction: histogramFraction,
  info: (of, input) => {
    const labels = of.args[1] === undefined ? undefined : unwrap(of.args[1]);
    const matchers = labels?.kind === 'selector' ? labels.matchers : [];
    return vector(
      joinInfo(seriesOf(input, 0), input.infoSeries(), {
        matchers,
        count: input.grid.count,
        patterns: input.patterns,
      }),
    );
  },
};
