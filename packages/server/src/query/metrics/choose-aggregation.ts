import type { MetricAggregation, MetricType } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { MetricShape } from './find-metric.ts';

const ofValues = ['avg', 'min', 'max', 'sum', 'last', 'count', 'p50', 'p75', 'p90', 'p95', 'p99'] as const;
const ofDistributions = [
  'avg',
  'min',
  'max',
  'sum',
  'count',
  'rate',
  'increase',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
] as const;

const allowed: Readonly<Record<MetricType, readonly MetricAggregation[]>> = {
  gauge: ofValues,
  sum: [...ofValues, 'rate', 'increase'],
  histogram: ofDistributions,
  exponential_histogram: ofDistributions,
  summary: ofDistributions,
};

/** The one asked for, or what the metric is usually looked at by. Throws `bad_request` for one that makes no sense. */
export function chooseAggregation(
  metric: MetricShape,
  asked: MetricAggregation | undefined,
): MetricAggregation {
  if (asked === undefined) return defaultAggregation(metric);
  if (allowed[metric.type].includes(asked)) return asked;
  throw new SightlineError(
    'bad_request',
    `"${metric.name}" has no "${asked}": its type is ${metric.type.replace('_', ' ')}.`,
    {
      hint: `Use one of ${allowed[metric.type].join(', ')}.`,
    },
  );
}

function defaultAggregation({ type, isMonotonic }: MetricShape): MetricAggregation {
  // Of a summary there are only the quantiles that its client chose.
  if (type === 'gauge' || type === 'summary') return 'avg';
  if (type !== 'sum') return 'p95';
  // What goes up and down is a level, such as open connections: the series together.
  return isMonotonic ? 'rate' : 'sum';
}

const quantiles: Readonly<Partial<Record<MetricAggregation, number>>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
};

export function quantileOf(aggregation: MetricAggregation): number | undefined {
  return quantiles[aggregation];
}
