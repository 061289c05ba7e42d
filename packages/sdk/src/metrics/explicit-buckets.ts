/** Exponential histograms as explicit ones, for the Prometheus text format, which knows no other. Nothing is lost but compactness. */
import {
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

export function withExplicitBuckets(metrics: ResourceMetrics): ResourceMetrics {
  return {
    ...metrics,
    scopeMetrics: metrics.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(toExplicit) })),
  };
}

function toExplicit(metric: MetricData): MetricData {
  if (metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return metric;
  return {
    ...metric,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: metric.dataPoints.map((point): DataPoint<Histogram> => ({
      ...point,
      value: histogramOf(point.value),
    })),
  };
}

/** Bucket `i` at scale `s` holds what is above `2^(i / 2^s)`, up to and with the next bound; mirrored below zero. */
function histogramOf(value: ExponentialHistogram): Histogram {
  const bound = (index: number) => 2 ** (index / 2 ** value.scale);
  const { positive, negative } = value;
  const boundaries: number[] = [];
  const counts: number[] = [];
  const add = (upTo: number, count: number) => {
    boundaries.push(upTo);
    counts.push(count);
  };
  const below = negative.bucketCounts.toReversed();
  for (const [index, count] of below.entries())
    add(-bound(negative.offset + below.length - 1 - index), count);
  add(0, value.zeroCount);
  for (const [index, count] of positive.bucketCounts.entries())
    add(bound(positive.offset + index + 1), count);
  counts.push(0);
  return {
    buckets: { boundaries, counts },
    count: value.count,
    ...(value.sum === undefined ? {} : { sum: value.sum }),
    ...(value.min === undefined ? {} : { min: value.min }),
    ...(value.max === undefined ? {} : { max: value.max }),
  };
}
