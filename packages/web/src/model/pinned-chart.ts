/** What a chart of a page is as a panel of a dashboard. */
import {
  type CompareResponse,
  type DashboardPanel,
  type PanelKind,
  type PanelOverlay,
  panelQueriesMax,
  type PanelUnit,
} from '@sightline/schema/api';
import { printText, promptFilter, readPromptVersion } from '@sightline/schema/filter';
import type { ReportChart } from '@sightline/schema/report';
import { type CompareSearch, withCondition } from './compare-words.ts';
import {
  drawnValues,
  type OverviewChart,
  type ProposedRule,
  ruleOfOverview,
  whereOf,
} from './proposed-rule.ts';

export interface PinnedChart {
  readonly name: string;
  readonly kind: PanelKind;
  readonly queries: DashboardPanel['queries'];
  readonly unit?: PanelUnit;
  /** Where they are not those of the dashboard. */
  readonly overlays?: readonly PanelOverlay[];
}

/** A chart that a rule can watch, with the value that it draws. */
export function pinOfValue({
  kind,
  name,
  value,
}: Pick<ProposedRule, 'kind' | 'name' | 'value'>): PinnedChart {
  const type = kind === 'promql' ? 'promql' : kind === 'sql' ? 'sql' : 'words';
  return {
    name,
    kind: /^(count|sum|rate)\b/.test(value) ? 'stacked' : 'lines',
    queries: [{ type, text: value, name: '' }],
  };
}

/** A value with what is expected of it. */
export function pinOfOutlook(kind: 'sightline' | 'promql', value: string): PinnedChart {
  return {
    ...pinOfValue({ kind, name: value, value }),
    kind: 'lines',
    overlays: ['deploys', 'alerts', 'band'],
  };
}

/** A chart of the overview, with all that it draws. */
export function pinOfOverview(chart: OverviewChart, groups: readonly string[]): PinnedChart {
  const rule = ruleOfOverview(chart);
  const values = drawnValues(chart, groups.filter((group) => group !== '').slice(0, panelQueriesMax));
  const isByGroup = values.length > 1 && chart.groupBy !== undefined;
  return {
    // One run may be of two groups.
    ...(isByGroup
      ? { kind: 'lines', name: `${chart.metric.title} by ${chart.groupBy}` }
      : pinOfValue({ ...rule, value: values[0]?.value ?? rule.value })),
    queries: values.map(({ name, value }) => ({ type: 'words', text: value, name })),
  };
}

/** Expressions of PromQL on one chart; lines of one expression alone may be stacked. */
export function pinOfExpressions(expressions: readonly string[]): PinnedChart {
  const [first = '', ...others] = expressions;
  const pin = pinOfValue({ kind: 'promql', name: expressions.join(' and ').slice(0, 200), value: first });
  if (others.length === 0) return pin;
  return {
    ...pin,
    kind: 'lines',
    queries: expressions.map((text) => ({ type: 'promql', text, name: '' })),
  };
}

export function pinOfSlo(name: string): PinnedChart {
  return {
    name: `${name}: budget left`,
    kind: 'lines',
    queries: [{ type: 'list', of: 'slos', text: name, name: '' }],
    unit: 'ratio',
  };
}

/** How often one error happened. */
export function pinOfError({ id, name }: { readonly id: string; readonly name: string }): PinnedChart {
  return { name, kind: 'bars', queries: [{ type: 'list', of: 'errors', text: id, name: 'Occurrences' }] };
}

/** How many traces meet a filter. */
export function pinOfTraces(filter: string): PinnedChart {
  return {
    name: filter === '' ? 'Traces' : `Traces: ${filter}`.slice(0, 200),
    kind: 'bars',
    queries: [{ type: 'count', signal: 'traces', text: filter, name: 'Traces' }],
  };
}

/** The runs of an agent, and those of them that failed. */
export function pinOfAgent(agent: string): PinnedChart {
  return { name: `Runs of ${agent}`, ...runsAndFailed(`agent:${printText(agent)}`) };
}

/** A chart of a report, for the runs that meet its filter. */
export function pinOfReport(chart: ReportChart['id'], q = ''): PinnedChart {
  const value = (text: string): PinnedChart['queries'][number] => ({
    type: 'words',
    text: `${text} of runs${whereOf(q)}`,
    name: '',
  });
  switch (chart) {
    case 'runs':
      return { name: 'Runs', ...runsAndFailed(q) };
    case 'cost':
      return { name: 'Cost', kind: 'bars', queries: [value('sum(cost)')] };
    case 'p95':
      return { name: 'Duration, p95', kind: 'bars', queries: [value('p95(duration)')] };
  }
}

function runsAndFailed(filter: string): Pick<PinnedChart, 'kind' | 'queries'> {
  const line = (name: string, where: string) => ({
    type: 'words' as const,
    text: `count of runs${whereOf(where)}`,
    name,
  });
  return {
    kind: 'bars',
    queries: [line('Runs', filter), line('Failed', withCondition(filter, 'status:error'))],
  };
}

type Compared = CompareResponse['metrics'][number]['name'];
const comparedValues: Readonly<Record<Compared, string>> = {
  duration: 'p95(duration)',
  cost: 'avg(cost)',
  input_tokens: 'avg(input_tokens)',
  output_tokens: 'avg(output_tokens)',
  spans: 'avg(steps)',
  errors: 'avg(errors)',
};

/**
 * Both sides over time, as lines A and B; where B is a time before, A alone, since a dashboard has one range. Undefined where single runs are compared, which
 * have no values over time.
 */
export function pinOfComparison(metric: Compared, search: CompareSearch): PinnedChart | undefined {
  if (['aTraces', 'bTraces', 'replay'].some((name) => search[name] !== undefined)) return undefined;
  const { q } = search;
  const a = withPrompt(search['a'], search['aPrompt']);
  const b = withPrompt(search['b'], search['bPrompt']);
  const value = comparedValues[metric];
  const line = (name: string, filter: string) => ({
    type: 'words' as const,
    text: `${value} of runs${whereOf(filter)}`,
    name,
  });
  const sideA = a === undefined ? (q ?? '') : withCondition(q, grouped(a));
  const sideB =
    b === undefined
      ? a === undefined
        ? undefined
        : withCondition(q, `-(${a})`)
      : withCondition(q, grouped(b));
  const isOfTimes = ['aFrom', 'aTo', 'bFrom', 'bTo'].some((name) => search[name] !== undefined);
  return {
    name: `${value}: ${isOfTimes || sideB === undefined ? 'A' : 'A and B'}`,
    kind: 'lines',
    queries: [line('A', sideA), ...(isOfTimes || sideB === undefined ? [] : [line('B', sideB)])],
  };
}

function withPrompt(filter: string | undefined, prompt: string | undefined): string | undefined {
  return prompt === undefined ? filter : withCondition(filter, promptFilter(readPromptVersion(prompt)));
}

const grouped = (filter: string): string => (/ OR /.test(filter) ? `(${filter})` : filter);
