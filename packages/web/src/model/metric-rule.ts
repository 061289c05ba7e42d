/** The PromQL rule that the chart of a metric suggests. */
import {
  prometheusLabelName,
  type PrometheusNamed,
  prometheusMetricName,
} from '@sightline/schema/conventions';
import { type FilterNode, parseFilter } from '@sightline/schema/filter';
import { roundedUp } from './format.ts';
import type { ProposedRule } from './proposed-rule.ts';

export interface DrawnMetric extends PrometheusNamed {
  readonly aggregation: string;
  /** Fields with commas. */
  readonly by: string;
  /** Which series are drawn, in the query language. */
  readonly filter: string;
  /** The largest value drawn. */
  readonly peak: number;
}

/** Undefined where PromQL has no such view of it. */
export function ruleOfMetric(metric: DrawnMetric): ProposedRule | undefined {
  const labels = metric.by === '' ? [] : metric.by.split(',').map(labelOf);
  const read = parseFilter(metric.filter);
  const matchers = read.ok ? matchersOf(read.value) : undefined;
  if (labels.includes(undefined) || matchers === undefined) return undefined;
  const value = promqlOf(metric, {
    family: prometheusMetricName(metric),
    selector: matchers.length === 0 ? '' : `{${matchers.join(', ')}}`,
    by: labels.length === 0 ? '' : ` by (${labels.join(', ')})`,
  });
  if (value === undefined) return undefined;
  return {
    kind: 'promql',
    name: `${metric.name} ${metric.aggregation}`,
    query: `${value} > ${roundedUp(metric.peak * 1.5)}`,
    value,
  };
}

interface PromqlParts {
  readonly family: string;
  readonly selector: string;
  readonly by: string;
}

function promqlOf(
  { type, aggregation }: DrawnMetric,
  { family, selector, by }: PromqlParts,
): string | undefined {
  const rate = (suffix: string): string => `rate(${family}${suffix}${selector}[5m])`;
  const quantile = /^p(\d+(?:\.\d+)?)$/.exec(aggregation)?.[1];
  if (quantile !== undefined) {
    const share = Number(quantile) / 100;
    if (type === 'exponential_histogram') return `histogram_quantile(${share}, sum${by} (${rate('')}))`;
    if (type !== 'histogram') return undefined;
    const kept = by === '' ? ' by (le)' : by.replace(')', ', le)');
    return `histogram_quantile(${share}, sum${kept} (${rate('_bucket')}))`;
  }
  const isHistogram = type === 'histogram' || type === 'exponential_histogram';
  if (aggregation === 'rate' || aggregation === 'count')
    return `sum${by} (${rate(isHistogram ? '_count' : '')})`;
  if (isHistogram && aggregation === 'avg')
    return `sum${by} (${rate('_sum')}) / sum${by} (${rate('_count')})`;
  if (isHistogram) return undefined;
  return ['avg', 'min', 'max', 'sum'].includes(aggregation)
    ? `${aggregation}${by} (${family}${selector})`
    : undefined;
}

/** Undefined for fields that no series has as a label. */
function labelOf(field: string): string | undefined {
  const name = field.replace(/^attr\./, '');
  if (['service', 'service.name', 'resource.service.name'].includes(name)) return 'service_name';
  return /^(?:resource\.|scope(?:\.|$)|name$|type$|unit$|received$)/.test(name)
    ? undefined
    : prometheusLabelName(name);
}

/** A filter as matchers of a selector, all of which are met. Undefined where it says what a selector cannot. */
function matchersOf(node: FilterNode): readonly string[] | undefined {
  switch (node.type) {
    case 'everything':
      return [];
    case 'and': {
      const items = node.items.map(matchersOf);
      return items.includes(undefined) ? undefined : items.flatMap((item) => item ?? []);
    }
    case 'term':
      return matcherOf(node, { equal: '=', like: '=~' });
    case 'not':
      return node.item.type === 'term' ? matcherOf(node.item, { equal: '!=', like: '!~' }) : undefined;
    case 'or':
    case 'span':
    case 'text':
      return undefined;
  }
}

function matcherOf(
  { field: { source, name }, operator, value }: Extract<FilterNode, { type: 'term' }>,
  { equal, like }: { readonly equal: '=' | '!='; readonly like: '=~' | '!~' },
): readonly string[] | undefined {
  const label = labelOf(source === 'any' ? name : `${source}.${name}`);
  if (label === undefined || operator !== ':') return undefined;
  switch (value.type) {
    case 'string':
      return [`${label}${equal}${JSON.stringify(value.text)}`];
    case 'wildcard':
      return [`${label}${like}${JSON.stringify(value.parts.map(escaped).join('.*'))}`];
    case 'exists':
      return [`${label}${equal === '=' ? '!=' : '='}""`];
    case 'regex':
      return undefined;
  }
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
