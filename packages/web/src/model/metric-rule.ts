/** The PromQL rule that the chart of a metric suggests. */
import {
  prometheusLabelName,
  type PrometheusNamed,
  prometheusMetricName,
} from '@sightline/schema/conventions';
import { type ProposedRule, roundedUp } from './proposed-rule.ts';

export interface DrawnMetric extends PrometheusNamed {
  readonly aggregation: string;
  readonly by: string;
  /** The largest value drawn. */
  readonly peak: number;
}

/** Undefined where PromQL has no such view of it. */
export function ruleOfMetric(metric: DrawnMetric): ProposedRule | undefined {
  const family = prometheusMetricName(metric);
  const by = metric.by === '' ? '' : ` by (${metric.by.split(',').map(prometheusLabelName).join(', ')})`;
  const value = promqlOf(metric, family, by);
  if (value === undefined) return undefined;
  return {
    kind: 'promql',
    name: `${metric.name} ${metric.aggregation}`,
    query: `${value} > ${roundedUp(metric.peak * 1.5)}`,
    value,
  };
}

function promqlOf({ type, aggregation }: DrawnMetric, family: string, by: string): string | undefined {
  const quantile = /^p(\d+(?:\.\d+)?)$/.exec(aggregation)?.[1];
  if (quantile !== undefined) {
    const share = Number(quantile) / 100;
    if (type === 'exponential_histogram')
      return `histogram_quantile(${share}, sum${by} (rate(${family}[5m])))`;
    if (type !== 'histogram') return undefined;
    const kept = by === '' ? ' by (le)' : by.replace(')', ', le)');
    return `histogram_quantile(${share}, sum${kept} (rate(${family}_bucket[5m])))`;
  }
  const isHistogram = type === 'histogram' || type === 'exponential_histogram';
  const series = isHistogram ? `${family}_count` : family;
  if (aggregation === 'rate' || aggregation === 'count') return `sum${by} (rate(${series}[5m]))`;
  if (isHistogram && aggregation === 'avg')
    return `sum${by} (rate(${family}_sum[5m])) / sum${by} (rate(${family}_count[5m]))`;
  if (isHistogram) return undefined;
  return ['avg', 'min', 'max', 'sum'].includes(aggregation) ? `${aggregation}${by} (${series})` : undefined;
}
