/** The rule that a chart suggests: what it draws, above what was seen in it. A person then says at which value. */
import type { HistogramResponse, OverviewFacts, OverviewGroup, RuleKind } from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import type { ChartMetric } from './overview-charts.ts';
import { roundedUp } from './format.ts';

export interface ProposedRule {
  readonly kind: RuleKind;
  readonly name: string;
  readonly query: string;
  /** What the rule watches, without the threshold: a panel of a dashboard asks it. */
  readonly value: string;
}

type Threshold = (seen: number) => string;

const seconds: Threshold = (ms) => (ms < 1000 ? `${roundedUp(ms)}ms` : `${roundedUp(ms / 1000)}s`);
const percent: Threshold = (share) => `${Math.min(100, roundedUp(share * 100))}%`;
const dollars: Threshold = (usd) => `$${roundedUp(usd)}`;
const count: Threshold = (number) => String(roundedUp(number));

/** The splits of the overview that a rule can have as well. */
const splits: Readonly<Record<'runs' | 'calls' | 'scores', readonly OverviewGroup[]>> = {
  runs: ['agent', 'service', 'version'],
  calls: ['model', 'agent', 'service', 'version'],
  scores: ['service'],
};

interface OverviewRule {
  readonly value: string;
  readonly source: keyof typeof splits;
  readonly window: string;
  readonly threshold: Threshold;
}

const overviewRules: Readonly<Record<ChartMetric['id'], OverviewRule>> = {
  runs: { value: 'count of runs', source: 'runs', window: '10m', threshold: count },
  errors: { value: 'error_rate of runs', source: 'runs', window: '15m', threshold: percent },
  duration: { value: 'p95(duration) of runs', source: 'runs', window: '15m', threshold: seconds },
  firstToken: { value: 'p95(ttft) of calls', source: 'calls', window: '15m', threshold: seconds },
  tokens: { value: 'sum(tokens) of calls', source: 'calls', window: '1h', threshold: count },
  cost: { value: 'sum(cost) of calls', source: 'calls', window: '1h', threshold: dollars },
  cache: { value: 'cache_hit_rate', source: 'calls', window: '1h', threshold: percent },
  hallucination: { value: 'hallucination_rate', source: 'scores', window: '1h', threshold: percent },
};
/** Of an hour or less: sums of the whole range say nothing about a window. */
const isOfWindow: ReadonlySet<ChartMetric['id']> = new Set([
  'errors',
  'duration',
  'firstToken',
  'hallucination',
]);

export interface OverviewChart {
  readonly metric: ChartMetric;
  readonly totals: OverviewFacts;
  readonly rangeMs: number;
  readonly groupBy: OverviewGroup | undefined;
  /** The filter of the page as `q`, and its chips. */
  readonly narrowed: Readonly<Record<string, string | undefined>>;
}

export function ruleOfOverview({ metric, totals, rangeMs, groupBy, narrowed }: OverviewChart): ProposedRule {
  const { value, source, window, threshold } = overviewRules[metric.id];
  const windowMs = window === '1h' ? 3_600_000 : 600_000;
  const total = metric.compared(totals) ?? 0;
  const seen =
    isOfWindow.has(metric.id) || metric.id === 'cache'
      ? total
      : (total * windowMs) / Math.max(rangeMs, windowMs);
  const condition = metric.more === 'better' ? `< ${threshold(seen * 0.5)}` : `> ${threshold(seen * 1.5)}`;
  const isSplit = groupBy !== undefined && splits[source].includes(groupBy);
  const by = isSplit ? ` by ${groupBy}` : '';
  return {
    kind: 'sightline',
    name: `${metric.title}${by}`,
    query: `${value}${whereOf(filterOf(narrowed))}${by} over ${window} ${condition}`,
    value: `${value}${whereOf(filterOf(narrowed))}${by}`,
  };
}

/** Charts that draw more than the one value that a rule watches. */
const drawnLines: Partial<Record<ChartMetric['id'], readonly DrawnValue[]>> = {
  duration: [
    { name: 'p95', value: 'p95(duration) of runs' },
    { name: 'p50', value: 'p50(duration) of runs' },
  ],
  firstToken: [
    { name: 'p95', value: 'p95(ttft) of calls' },
    { name: 'p50', value: 'p50(ttft) of calls' },
  ],
  tokens: [
    { name: 'input', value: 'sum(input_tokens) of calls' },
    { name: 'output', value: 'sum(output_tokens) of calls' },
  ],
};

export interface DrawnValue {
  readonly name: string;
  readonly value: string;
}

/** The values that a chart draws: all its lines, or the first of them by group, each by itself where none splits it. */
export function drawnValues(
  { metric, groupBy, narrowed }: OverviewChart,
  groups: readonly string[],
): readonly DrawnValue[] {
  const { source, value } = overviewRules[metric.id];
  const lines = drawnLines[metric.id] ?? [{ name: '', value }];
  const where = whereOf(filterOf(narrowed));
  const [first = { name: '', value }] = lines;
  if (groupBy === undefined)
    return lines.map((line) => ({ name: line.name, value: `${line.value}${where}` }));
  if (splits[source].includes(groupBy)) return [{ name: '', value: `${first.value}${where} by ${groupBy}` }];
  if (source !== 'runs' || groups.length === 0) return [{ name: '', value: `${first.value}${where}` }];
  return groups.map((group) => ({
    name: group,
    value: `${first.value}${whereOf(filterOf({ ...narrowed, [groupBy]: group }))}`,
  }));
}

/** The value that a chart draws, without a condition: what is expected of it is asked so. */
export function valueOfOverview(
  metric: ChartMetric,
  { windowS, narrowed }: { readonly windowS: number; readonly narrowed: OverviewChart['narrowed'] },
): string {
  return `${overviewRules[metric.id].value}${whereOf(filterOf(narrowed))} over ${windowS}s`;
}

/** The fullest bucket of a strip, as a count in five minutes. */
function peakOf(strip: HistogramResponse | undefined): number {
  if (strip === undefined) return 0;
  const most = strip.buckets.reduce((max, bucket) => Math.max(max, bucket.count), 0);
  return (most * 300_000) / Math.max(strip.stepMs, 1);
}

export interface CountedList {
  readonly source: 'spans' | 'runs' | 'logs';
  readonly filter: string;
  readonly strip: HistogramResponse | undefined;
}

export function ruleOfList({ source, filter, strip }: CountedList): ProposedRule {
  return {
    kind: 'sightline',
    name: filter === '' ? `Many ${source}` : `Many ${source}: ${filter}`,
    query: `count of ${source}${whereOf(filter)} over 5m > ${count(peakOf(strip) * 1.5)}`,
    value: `count of ${source}${whereOf(filter)}`,
  };
}

/** The filter of a page and its chips, as one filter. */
export function filterOf({ q, ...exact }: OverviewChart['narrowed']): string {
  const terms = Object.entries(exact).flatMap(([field, value]) =>
    value === undefined || value === '' ? [] : [`${field}:${printText(value)}`],
  );
  return [...(q === undefined || q === '' ? [] : [terms.length === 0 ? q : `(${q})`]), ...terms].join(' ');
}

export function whereOf(filter: string): string {
  return filter.trim() === '' ? '' : ` where ${filter.trim()}`;
}
