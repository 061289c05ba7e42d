/** Answers in Prometheus' JSON: times in seconds, values as text. */
import type { PromqlAnswer } from '../../promql/evaluate.ts';
import type { Bucket, FloatHistogram } from '../../promql/histogram.ts';
import type { Labels } from '../../promql/labels.ts';
import { type GridSeries, type RawSeries, type Sample, timeAt } from '../../promql/series.ts';
import { formatNumber } from '../../promql/statistics.ts';

export interface QueryData {
  readonly resultType: 'scalar' | 'string' | 'vector' | 'matrix';
  readonly result: unknown;
}

const seconds = (ms: number): number => ms / 1000;

export function renderInstant({ value, grid }: PromqlAnswer): QueryData {
  const at = seconds(grid.startMs);
  switch (value.kind) {
    case 'scalar':
      return { resultType: 'scalar', result: [at, formatNumber(value.values[0] ?? NaN)] };
    case 'string':
      return { resultType: 'string', result: [at, value.value] };
    case 'matrix':
      return { resultType: 'matrix', result: value.series.map(renderRaw) };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.series.flatMap((series) => {
          const sample = series.at(0);
          return sample === undefined
            ? []
            : [{ metric: series.labels.toObject(), ...renderSample(at, sample) }];
        }),
      };
  }
}

export function renderRange({ value, grid }: PromqlAnswer): QueryData {
  if (value.kind === 'scalar')
    return {
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [...value.values].map((each, step) => [seconds(timeAt(grid, step)), formatNumber(each)]),
        },
      ],
    };
  const series = value.kind === 'vector' ? value.series : [];
  const render = (
    each: GridSeries,
  ): { metric: Record<string, string>; values?: unknown[]; histograms?: unknown[] } => {
    const values: unknown[] = [];
    const histograms: unknown[] = [];
    for (let step = 0; step < grid.count; step += 1)
      add({ values, histograms }, timeAt(grid, step), each.at(step));
    return whole(each.labels, { values, histograms });
  };
  return { resultType: 'matrix', result: sorted(series).map(render) };
}

/** As Prometheus orders the series of a range. */
const sorted = (series: readonly GridSeries[]): readonly GridSeries[] =>
  series.toSorted((a, b) => (a.labels.key < b.labels.key ? -1 : 1));

function renderRaw({ labels, times, values, histograms }: RawSeries): unknown {
  const points = { values: [] as unknown[], histograms: [] as unknown[] };
  for (const [at, time] of [...times].entries()) add(points, time, histograms?.[at] ?? values[at]);
  return whole(labels, points);
}

function add(
  { values, histograms }: { readonly values: unknown[]; readonly histograms: unknown[] },
  timeMs: number,
  sample: Sample | undefined,
): void {
  if (typeof sample === 'number') values.push([seconds(timeMs), formatNumber(sample)]);
  else if (sample !== undefined) histograms.push([seconds(timeMs), renderHistogram(sample)]);
}

function whole(
  labels: Labels,
  { values, histograms }: { readonly values: unknown[]; readonly histograms: unknown[] },
): { metric: Record<string, string>; values?: unknown[]; histograms?: unknown[] } {
  return {
    metric: labels.toObject(),
    ...(values.length > 0 ? { values } : {}),
    ...(histograms.length > 0 ? { histograms } : {}),
  };
}

function renderSample(at: number, sample: Sample): Record<string, unknown> {
  return typeof sample === 'number'
    ? { value: [at, formatNumber(sample)] }
    : { histogram: [at, renderHistogram(sample)] };
}

function renderHistogram(histogram: FloatHistogram): unknown {
  const buckets = histogram
    .buckets()
    .filter(({ count }) => count !== 0)
    .map((bucket) => [
      edges(bucket),
      formatNumber(bucket.lower),
      formatNumber(bucket.upper),
      formatNumber(bucket.count),
    ]);
  return {
    count: formatNumber(histogram.count),
    sum: formatNumber(histogram.sum),
    ...(buckets.length > 0 ? { buckets } : {}),
  };
}

/** Which edges belong to a bucket: 0 the upper, 1 the lower, 3 both. */
function edges({ lower, upper }: Bucket): number {
  if (lower < 0 && upper > 0) return 3;
  return upper <= 0 ? 1 : 0;
}
