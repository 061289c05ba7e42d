/** What Prometheus' API asks, over stored metrics. */
import { msFromNanos, unixNano } from '@sightline/base';
import { prometheusUnit } from '@sightline/schema/conventions';
import type { Expression, Matcher } from '../../promql/ast.ts';
import { evaluatePromql, type PromqlAnswer } from '../../promql/evaluate.ts';
import { selectorsOf } from '../../promql/fetches.ts';
import { compareText, type Labels } from '../../promql/labels.ts';
import { compileMatchers } from '../../promql/matchers.ts';
import { Patterns } from '../../promql/patterns.ts';
import { parseSelector } from '../../promql/parse.ts';
import { formatNumber } from '../../promql/statistics.ts';
import { type QueryContext, Reader } from '../reader.ts';
import {
  countLabelValues,
  type CountsOf,
  countSeries,
  countSeriesByName,
  countSeriesByPair,
  selectExemplars,
  selectSeries,
} from '../sql/prometheus-sql.ts';
import type { Sql } from '../sql/sql.ts';
import { alertMetadata } from './alert-series.ts';
import { namedParts, partsOf, prometheusType, readFamilies } from './metric-families.ts';
import { labelSeries, type SeriesRow } from './series-labels.ts';
import { spanMetricMetadata, spanMetricNames } from './span-metrics.ts';
import { seriesMax, StoredSamples } from './stored-samples.ts';

export interface TimeLimits {
  /** How long a sample counts for what comes after it. */
  readonly lookbackMs: number;
}

interface Asked extends TimeLimits {
  readonly text: string;
  readonly expression: Expression;
}

/** Steps of subqueries that do not say theirs: Prometheus' default interval of rules. */
const subqueryStepMs = 60_000;

/** Throws PromqlSyntaxError, PromqlExecutionError and SightlineError. */
export async function askInstant(
  context: QueryContext,
  { text, expression, timeMs, lookbackMs }: Asked & { readonly timeMs: number },
): Promise<PromqlAnswer> {
  const settings = { startMs: timeMs, endMs: timeMs, stepMs: 0, lookbackMs, subqueryStepMs };
  return evaluatePromql({ text, expression, settings }, new StoredSamples(new Reader(context)));
}

export async function askRange(
  context: QueryContext,
  {
    text,
    expression,
    lookbackMs,
    ...times
  }: Asked & { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
): Promise<PromqlAnswer> {
  const settings = { ...times, lookbackMs, subqueryStepMs };
  return evaluatePromql({ text, expression, settings }, new StoredSamples(new Reader(context)));
}

export interface NamesAsked {
  /** Selectors; none for everything. */
  readonly matchers: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Throws PromqlSyntaxError where a selector cannot be read. */
export async function readSeriesLabels(
  context: QueryContext,
  { matchers, startMs, endMs }: NamesAsked,
): Promise<Labels[]> {
  const samples = new StoredSamples(new Reader(context));
  const selectors = matchers.map((text) => parseSelector(text).matchers);
  const everything: readonly Matcher[] = [{ name: '__name__', kind: '=~', value: '.+' }];
  const found = new Map<string, Labels>();
  for (const selector of selectors.length === 0 ? [everything] : selectors)
    for (const labels of await samples.series({ matchers: selector, fromMs: startMs, toMs: endMs }))
      found.set(labels.key, labels);
  return [...found.values()];
}

export async function labelNames(context: QueryContext, asked: NamesAsked): Promise<string[]> {
  const names = new Set<string>();
  for (const labels of await readSeriesLabels(context, asked)) for (const [name] of labels) names.add(name);
  return [...names].toSorted(compareText);
}

export async function labelValues(
  context: QueryContext,
  asked: NamesAsked & { readonly name: string },
): Promise<string[]> {
  const values = new Set<string>();
  if (asked.name === '__name__' && asked.matchers.length === 0) {
    // Names are known without a look at any series.
    const reader = new Reader(context);
    const families = await new StoredSamples(reader).families();
    for (const family of families)
      if (family.lastSeenMs >= asked.startMs && family.firstSeenMs <= asked.endMs)
        for (const { name } of partsOf(family)) values.add(name);
    const range = {
      from: unixNano(BigInt(Math.floor(asked.startMs)) * 1_000_000n),
      to: unixNano(BigInt(Math.floor(asked.endMs) + 1) * 1_000_000n),
    };
    for (const name of await spanMetricNames(reader, range)) values.add(name);
    for (const { name } of await metadataOfAlerts(reader, asked)) values.add(name);
  } else
    for (const labels of await readSeriesLabels(context, asked)) {
      const value = labels.get(asked.name);
      if (value !== '') values.add(value);
    }
  return [...values].toSorted(compareText);
}

export interface MetadataRow {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export async function readMetadata(
  context: QueryContext,
  { metric }: { readonly metric: string | undefined },
): Promise<MetadataRow[]> {
  const reader = new Reader(context);
  const families = await new StoredSamples(reader).families();
  const sent = families.map((family) => ({
    name: family.prometheusName,
    type: prometheusType(family),
    help: family.description,
    unit: prometheusUnit(family.unit),
  }));
  const names = new Set(sent.map(({ name }) => name));
  const toMs = msFromNanos(reader.clock.now());
  const made = [
    ...(await spanMetricMetadata(reader)),
    ...(await metadataOfAlerts(reader, { startMs: toMs - alertsSeenMs, endMs: toMs })),
  ];
  return [...sent, ...made.filter(({ name }) => !names.has(name))].filter(
    ({ name }) => metric === undefined || name === metric,
  );
}

const alertsSeenMs = 86_400_000;

/** None where no alert was there in the time. */
async function metadataOfAlerts(
  { alertSpells }: Reader,
  { startMs, endMs }: Pick<NamesAsked, 'startMs' | 'endMs'>,
): Promise<typeof alertMetadata> {
  const spells = await alertSpells?.({ fromMs: startMs, toMs: endMs });
  return alertSpells !== undefined && (spells === undefined || spells.length > 0) ? alertMetadata : [];
}

export interface SeriesCounts {
  /** Times in milliseconds; 0 where nothing was seen. */
  readonly headStats: {
    readonly numSeries: number;
    readonly numLabelPairs: number;
    readonly minTime: number;
    readonly maxTime: number;
  };
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

interface NamedCount {
  readonly name: string;
  readonly value: number;
}

/** Counts stored series: a histogram is one, whatever its buckets. Labels are those of the points, called as in OpenTelemetry. */
export async function countStoredSeries(
  context: QueryContext,
  { startMs, endMs, limit }: { readonly startMs: number; readonly endMs: number; readonly limit: number },
): Promise<SeriesCounts> {
  const reader = new Reader(context);
  const of: CountsOf = {
    project: reader.project,
    range: {
      from: unixNano(BigInt(startMs) * 1_000_000n),
      to: unixNano(BigInt(endMs + 1) * 1_000_000n),
    },
    limit,
  };
  const named = async (text: Sql): Promise<NamedCount[]> =>
    (await reader.rows<{ name: string; count: number }>(text)).map(({ name, count }) => ({
      name,
      value: count,
    }));
  const [all] = await reader.rows<{ series: number; labelPairs: number; minMs: number; maxMs: number }>(
    countSeries(of),
  );
  const families = new Map(
    (await readFamilies(reader)).map((family) => [`${family.type} ${family.name}`, family.prometheusName]),
  );
  const byName = await reader.rows<{ name: string; type: string; count: number }>(countSeriesByName(of));
  const { series = 0, labelPairs = 0, minMs = 0, maxMs = 0 } = all ?? {};
  return {
    headStats: { numSeries: series, numLabelPairs: labelPairs, minTime: minMs, maxTime: maxMs },
    seriesCountByMetricName: byName.map(({ name, type, count }) => ({
      name: families.get(`${type} ${name}`) ?? name,
      value: count,
    })),
    labelValueCountByLabelName: await named(countLabelValues(of)),
    seriesCountByLabelValuePair: await named(countSeriesByPair(of)),
  };
}

/** Exemplars of one query, the newest; as many as a chart can show. */
const exemplarsMax = 1000;

export interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    readonly timestamp: number;
  }[];
}

/** Of every series that the selectors of the expression ask for. */
export async function readExemplars(
  context: QueryContext,
  {
    expression,
    startMs,
    endMs,
  }: { readonly expression: Expression; readonly startMs: number; readonly endMs: number },
): Promise<ExemplarSeries[]> {
  const reader = new Reader(context);
  const families = await new StoredSamples(reader).families();
  const range = {
    from: unixNano(BigInt(startMs) * 1_000_000n),
    to: unixNano(BigInt(endMs + 1) * 1_000_000n),
  };
  const answers = new Map<
    string,
    { seriesLabels: Record<string, string>; exemplars: ExemplarSeries['exemplars'][number][] }
  >();
  const patterns = new Patterns();
  for (const { matchers } of selectorsOf(expression)) {
    const fits = compileMatchers(
      matchers.filter(({ name }) => name !== '__name__' && name !== 'le'),
      patterns,
    );
    for (const part of namedParts(families, matchers, patterns)) {
      const { family, isOriginal } = part;
      const of = { project: reader.project, name: family.name, type: family.type, range };
      const rows = await reader.rows<{
        id: string;
        seconds: number;
        value: number;
        traceId: string;
        spanId: string;
      }>(selectExemplars({ ...of, exemplarsMax }));
      if (rows.length === 0) continue;
      const series = labelSeries(await reader.rows<SeriesRow>(selectSeries(of, seriesMax)), isOriginal);
      const labels = new Map(
        series.filter((each) => fits(each.labels)).map((each) => [each.id, each.labels]),
      );
      for (const row of rows) {
        const own = labels.get(row.id)?.with('__name__', part.name);
        if (own === undefined) continue;
        let answer = answers.get(own.key);
        if (answer === undefined)
          answers.set(own.key, (answer = { seriesLabels: own.toObject(), exemplars: [] }));
        answer.exemplars.push({
          labels: { trace_id: row.traceId, span_id: row.spanId },
          value: formatNumber(row.value),
          timestamp: row.seconds,
        });
      }
    }
  }
  return [...answers.values()];
}
