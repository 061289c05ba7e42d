/** The charts of the overview: which numbers, in which unit, as which lines. */
import type { OverviewFacts, OverviewPart, OverviewPoint, OverviewResponse } from '@sightline/schema/api';
import { formatCostUsd, formatCount, formatDurationMs, formatShare } from '@sightline/base';
import { msFromTimestamp } from './timestamp.ts';
import { describeChange } from './trace-answer.ts';
import { costWords, totalTokens } from './usage-words.ts';

export interface ChartMetric {
  readonly id: 'runs' | 'errors' | 'duration' | 'firstToken' | 'tokens' | 'cost' | 'cache' | 'hallucination';
  readonly title: string;
  /** Parts of the overview that the chart is made of. */
  readonly parts: readonly OverviewPart[];
  /** The number over the chart. */
  readonly total: (facts: OverviewFacts) => string;
  /** The number that is compared with the time before. */
  readonly compared: (facts: OverviewFacts) => number | null;
  /** Whether more of it is worse, better, or neither. */
  readonly more: 'worse' | 'better' | 'neutral';
  readonly lines: readonly {
    readonly label: string;
    readonly value: (facts: OverviewFacts) => number | null;
  }[];
  readonly format: (value: number) => string;
  /** Runs that a click opens. */
  readonly status?: 'error';
}

const dash = '–';
const duration = (ms: number | null): string => (ms === null ? dash : formatDurationMs(ms));
const share = (value: number | null): string => (value === null ? dash : formatShare(value));

export const chartMetrics: readonly ChartMetric[] = [
  {
    id: 'runs',
    title: 'Runs',
    parts: ['runs'],
    total: (facts) => (facts.runs === null ? dash : formatCount(facts.runs)),
    compared: (facts) => facts.runs,
    more: 'neutral',
    lines: [{ label: 'runs', value: (facts) => facts.runs }],
    format: formatCount,
  },
  {
    id: 'errors',
    title: 'Error rate',
    parts: ['runs'],
    total: (facts) => share(facts.errorRate),
    compared: (facts) => facts.errorRate,
    more: 'worse',
    lines: [{ label: 'failed', value: (facts) => facts.errorRate }],
    format: formatShare,
    status: 'error',
  },
  {
    id: 'duration',
    title: 'Duration p95',
    parts: ['runs'],
    total: (facts) => duration(facts.p95Ms),
    compared: (facts) => facts.p95Ms,
    more: 'worse',
    lines: [
      { label: 'p95', value: (facts) => facts.p95Ms },
      { label: 'p50', value: (facts) => facts.p50Ms },
    ],
    format: formatDurationMs,
  },
  {
    id: 'firstToken',
    title: 'First token p95',
    parts: ['calls'],
    total: (facts) => duration(facts.ttftP95Ms),
    compared: (facts) => facts.ttftP95Ms,
    more: 'worse',
    lines: [
      { label: 'p95', value: (facts) => facts.ttftP95Ms },
      { label: 'p50', value: (facts) => facts.ttftP50Ms },
    ],
    format: formatDurationMs,
  },
  {
    id: 'tokens',
    title: 'Tokens',
    parts: ['calls'],
    total: (facts) => {
      const tokens = totalTokens(facts);
      return tokens === null ? dash : formatCount(tokens);
    },
    compared: totalTokens,
    more: 'neutral',
    lines: [
      { label: 'input', value: (facts) => facts.inputTokens },
      { label: 'output', value: (facts) => facts.outputTokens },
    ],
    format: formatCount,
  },
  {
    id: 'cost',
    title: 'Cost',
    parts: ['calls'],
    total: costWords,
    compared: (facts) => facts.costUsd,
    more: 'worse',
    lines: [{ label: 'cost', value: (facts) => facts.costUsd }],
    format: formatCostUsd,
  },
  {
    id: 'cache',
    title: 'Cache hit rate',
    parts: ['calls', 'cache'],
    // Tokens and reads are no parts of one whole: each says of what it is.
    total: (facts) =>
      facts.applicationCacheHitRate === null
        ? share(facts.cacheHitRate)
        : `${share(facts.cacheHitRate)} / ${formatShare(facts.applicationCacheHitRate)}`,
    compared: (facts) => facts.cacheHitRate,
    more: 'better',
    lines: [
      { label: 'prompt tokens', value: (facts) => facts.cacheHitRate },
      { label: 'application’s reads', value: (facts) => facts.applicationCacheHitRate },
    ],
    format: formatShare,
  },
  {
    id: 'hallucination',
    title: 'Hallucination rate',
    parts: ['scores'],
    total: (facts) =>
      facts.hallucinationRate === null ? 'not scored' : formatShare(facts.hallucinationRate),
    compared: (facts) => facts.hallucinationRate,
    more: 'worse',
    lines: [{ label: 'hallucinated', value: (facts) => facts.hallucinationRate }],
    format: formatShare,
  },
];

/** What an overview is asked for, where these charts are all that is shown of it. */
export function partsOfCharts(ids: readonly ChartMetric['id'][]): string {
  const shown = chartMetrics.filter(({ id }) => ids.includes(id));
  return [...new Set(shown.flatMap(({ parts }) => parts))].join(',');
}

/** Groups are known by their runs and calls. */
export const groupParts: readonly OverviewPart[] = ['runs', 'calls'];
/** The same as the API takes them. */
export const groupPartsParameter = groupParts.join(',');

export interface ChartLine {
  readonly label: string;
  /** The group that the line is of, where the charts are split. */
  readonly group: string | undefined;
  readonly values: readonly (number | null)[];
}

/** The lines of a chart: its own, or the first of them once for each group. */
export function chartLines(
  metric: ChartMetric,
  overview: OverviewResponse,
  isSplit: boolean,
): readonly ChartLine[] {
  const [first] = metric.lines;
  const whole = wholeSteps(overview);
  const line = (label: string, group: string | undefined, values: ChartLine['values']): ChartLine => ({
    label,
    group,
    values: values.map((value, index) => (index < whole ? value : null)),
  });
  if (isSplit && first !== undefined) {
    return overview.groups.map((group) =>
      line(groupName(group.key), group.key, valuesOf(group.series, overview.series, first.value)),
    );
  }
  return metric.lines.map((one) =>
    line(
      one.label,
      undefined,
      overview.series.map((point) => one.value(point)),
    ),
  );
}

/** A step that still goes on would look like a fall to nothing. */
function wholeSteps({ series, stepMs, endTime }: OverviewResponse): number {
  const last = series.at(-1);
  const isGoingOn = last !== undefined && last.startMs + stepMs > msFromTimestamp(endTime);
  return series.length > 1 && isGoingOn ? series.length - 1 : series.length;
}

/** A group has points where it has runs; the others are gaps at the same times. */
function valuesOf(
  series: readonly OverviewPoint[],
  all: readonly OverviewPoint[],
  value: (facts: OverviewFacts) => number | null,
): readonly (number | null)[] {
  const byTime = new Map(series.map((point) => [point.startMs, point]));
  return all.map((point) => {
    const own = byTime.get(point.startMs);
    return own === undefined ? null : value(own);
  });
}

export function groupName(key: string): string {
  return key === '' ? '(none)' : key;
}

export interface Change {
  readonly words: string;
  readonly tone: 'good' | 'bad' | 'neutral';
}

/** Below this a change is noise and gets no colour. */
const notable = 0.05;

export function changeOf(
  metric: ChartMetric,
  totals: OverviewFacts,
  previous: OverviewFacts,
): Change | undefined {
  const [now, before] = [metric.compared(totals), metric.compared(previous)];
  if (now === null || before === null || before === 0) return undefined;
  const isNotable = Math.abs(now / before - 1) >= notable;
  const isMore = now > before;
  const tone =
    !isNotable || metric.more === 'neutral'
      ? 'neutral'
      : (metric.more === 'better') === isMore
        ? 'good'
        : 'bad';
  return { words: describeChange(now, before), tone };
}
