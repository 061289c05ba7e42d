import { z } from 'zod';
import {
  attributes,
  filterParameter,
  limitsMet,
  rangeParameters,
  spanId,
  timestamp,
  traceId,
} from './common.ts';

export const metricType = z.enum(['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']);

export const metricInfo = z.object({
  name: z.string(),
  type: metricType,
  unit: z.string(),
  description: z.string(),
  temporality: z.enum(['unspecified', 'delta', 'cumulative']),
  monotonic: z.boolean(),
  services: z.array(z.string()),
  seriesCount: z.number().int(),
  lastSeen: timestamp,
});

export const metricsParameters = rangeParameters.extend({
  search: z.string().max(200).optional(),
  service: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(5000).default(500),
});

export const metricsResponse = z.object({ metrics: z.array(metricInfo), limitsMet });

/**
 * How the points of a step become one: gauges `avg|min|max|sum|last`; sums `rate` (per second, a point counting for the time
 * since the one before) and `increase`, right for delta and cumulative, across resets; histograms `rate|increase|avg|p50|p90|p95|p99|min|max` and `count`.
 */
export const metricAggregation = z.enum([
  'avg',
  'min',
  'max',
  'sum',
  'last',
  'count',
  'rate',
  'increase',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
]);

export const metricQueryParameters = rangeParameters.extend({
  name: z.string().min(1),
  aggregation: metricAggregation
    .optional()
    .describe('Default by type: gauge and summary avg, sum rate, histogram p95.'),
  groupBy: z.string().optional().describe('Attribute names, separated by commas.'),
  q: filterParameter.optional(),
  stepS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe('Default: about 120 points over the range, but not shorter than the time between points.'),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Series at most, the largest first.'),
});

export const metricPoint = z.tuple([z.number().describe('Unix milliseconds.'), z.number().nullable()]);

export const exemplar = z.object({
  time: timestamp,
  value: z.number(),
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
  attributes,
});

export const metricQueryResponse = z.object({
  name: z.string(),
  type: metricType,
  unit: z.string(),
  aggregation: metricAggregation,
  stepS: z.number(),
  series: z.array(z.object({ labels: z.record(z.string(), z.string()), points: z.array(metricPoint) })),
  exemplars: z.array(exemplar),
  limitsMet,
});

export type MetricsParameters = z.infer<typeof metricsParameters>;
export type MetricQueryParameters = z.infer<typeof metricQueryParameters>;
export type MetricType = z.infer<typeof metricType>;
export type MetricInfo = z.infer<typeof metricInfo>;
export type MetricsResponse = z.infer<typeof metricsResponse>;
export type MetricAggregation = z.infer<typeof metricAggregation>;
export type MetricQueryResponse = z.infer<typeof metricQueryResponse>;
export type Exemplar = z.infer<typeof exemplar>;
