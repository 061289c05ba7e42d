import type { MetricAggregation, MetricInfo, MetricQueryResponse } from '@sightline/schema/api';
import { formatMetricValue } from './format.ts';

export type MetricType = MetricInfo['type'];

/** The aggregations that mean something for a type, the usual one first. */
export const aggregationsOf: Readonly<Record<MetricType, readonly MetricAggregation[]>> = {
  gauge: ['avg', 'min', 'max', 'sum', 'last'],
  sum: ['rate', 'increase', 'sum'],
  histogram: ['p95', 'p50', 'p75', 'p90', 'p99', 'avg', 'min', 'max', 'rate', 'increase', 'count'],
  exponential_histogram: [
    'p95',
    'p50',
    'p75',
    'p90',
    'p99',
    'avg',
    'min',
    'max',
    'rate',
    'increase',
    'count',
  ],
  summary: ['avg', 'count', 'rate', 'p50', 'p90', 'p99'],
};

export interface SeriesRow {
  readonly label: string;
  readonly last: number | null;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

export interface ChartData {
  readonly xS: readonly number[];
  readonly series: readonly (readonly (number | null)[])[];
  readonly rows: readonly SeriesRow[];
}

/** Series on one time axis (seconds), as the chart wants them, with a summary of each. */
export function chartData(response: MetricQueryResponse): ChartData {
  const times = new Set<number>();
  for (const series of response.series) for (const [ms] of series.points) times.add(ms);
  const sorted = [...times].sort((a, b) => a - b);
  const series = response.series.map((one) => {
    const byTime = new Map(one.points);
    return sorted.map((ms) => byTime.get(ms) ?? null);
  });
  return {
    xS: sorted.map((ms) => ms / 1000),
    series,
    rows: response.series.map((one, index) => summarise(labelOf(one.labels), series[index] ?? [])),
  };
}

/** `service=api, route=/chat`; the bare value where there is one label only. */
export function labelOf(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels);
  const [only] = entries;
  if (only === undefined) return 'all';
  if (entries.length === 1) return only[1] === '' ? '(none)' : only[1];
  return entries.map(([name, value]) => `${name}=${value === '' ? '(none)' : value}`).join(', ');
}

/** Whether the values count something per second; units change with it. */
export function isPerSecond(aggregation: MetricAggregation): boolean {
  return aggregation === 'rate';
}

/** The unit of the aggregated values: counts of a histogram have none of its unit. */
export function unitOf(response: Pick<MetricQueryResponse, 'unit' | 'aggregation' | 'type'>): string {
  const counts = ['rate', 'increase', 'count'].includes(response.aggregation);
  return counts && response.type !== 'sum' && response.type !== 'gauge' ? '1' : response.unit;
}

/** `p95 of http.server.duration is 230 ms now, highest for chat: 1.20 s`. */
export function metricSentence(response: MetricQueryResponse, data: ChartData): string {
  const unit = unitOf(response);
  const perSecond = isPerSecond(response.aggregation);
  const subject = `${aggregationWords[response.aggregation]} ${response.name}`;
  const known = data.rows.filter((row) => row.last !== null);
  const [only] = known;
  if (only === undefined) return `${response.name} has no values in this range`;
  if (data.rows.length === 1) return `${subject} is ${formatMetricValue(only.last ?? 0, unit, perSecond)}`;
  const top = known.reduce((best, row) => ((row.last ?? 0) > (best.last ?? 0) ? row : best), only);
  return `${subject} is highest for ${top.label}: ${formatMetricValue(top.last ?? 0, unit, perSecond)}`;
}

const aggregationWords: Readonly<Record<MetricAggregation, string>> = {
  avg: 'Average',
  min: 'Lowest',
  max: 'Highest',
  sum: 'Sum of',
  last: 'Last',
  count: 'Count of',
  rate: 'Rate of',
  increase: 'Increase of',
  p50: 'p50 of',
  p75: 'p75 of',
  p90: 'p90 of',
  p95: 'p95 of',
  p99: 'p99 of',
};

/** What a line amounts to. */
export function summarise(label: string, values: readonly (number | null)[]): SeriesRow {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return { label, last: null, min: null, mean: null, max: null };
  return {
    label,
    last: known.at(-1) ?? null,
    min: known.reduce((a, b) => Math.min(a, b)),
    mean: known.reduce((a, b) => a + b) / known.length,
    max: known.reduce((a, b) => Math.max(a, b)),
  };
}
