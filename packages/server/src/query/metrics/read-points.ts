import type { MetricAggregation } from '@sightline/schema/api';
import type { Reader } from '../reader.ts';
import { quantileOf } from './choose-aggregation.ts';
import {
  explicitIntervals,
  exponentialIntervals,
  type Interval,
  quantileOfIntervals,
} from './distribution.ts';
import {
  type ExplicitRow,
  type ExponentialRow,
  type PointsQuery,
  selectExplicit,
  selectExponential,
  selectIncrease,
  selectRate,
  selectScale,
  selectSummaryQuantile,
  selectValues,
  type ValueRow,
} from './metric-points-sql.ts';

/** One value of one group in one step. */
export interface SeriesPoint {
  readonly labels: readonly string[];
  readonly startMs: number;
  readonly value: number | null;
}

/** Bounds what one answer is made of before series are cut. */
const rowsMax = 400_000;

export async function readPoints(
  reader: Reader,
  query: PointsQuery,
  aggregation: MetricAggregation,
): Promise<readonly SeriesPoint[]> {
  if (aggregation === 'rate') return readValues(reader, selectRate(query));
  switch (query.metric.type) {
    case 'gauge':
      return readValues(reader, selectValues(query, aggregation));
    case 'sum': {
      // Deltas are not levels: their sum is what was added.
      const isAdded =
        aggregation === 'increase' ||
        (aggregation === 'sum' && (query.metric.isMonotonic || !query.metric.isCumulative));
      return readValues(reader, isAdded ? selectIncrease(query) : selectValues(query, aggregation));
    }
    case 'histogram':
      return readExplicit(reader, query, aggregation);
    case 'exponential_histogram':
      return readExponential(reader, query, aggregation);
    case 'summary': {
      const quantile = summaryQuantile(aggregation);
      return quantile === undefined
        ? readExplicit(reader, query, aggregation)
        : readValues(reader, selectSummaryQuantile(query, quantile));
    }
  }
}

/** Clients publish the least and the greatest value of a summary as quantiles 0 and 1. */
function summaryQuantile(aggregation: MetricAggregation): number | undefined {
  if (aggregation === 'min') return 0;
  return aggregation === 'max' ? 1 : quantileOf(aggregation);
}

async function readValues(
  reader: Reader,
  select: ReturnType<typeof selectIncrease>,
): Promise<readonly SeriesPoint[]> {
  const rows = await reader.rows<ValueRow>(select, { resultRowsMax: rowsMax });
  return rows.map(({ labels, startMs, result }) => ({
    labels,
    startMs: Number(startMs),
    value: finite(result),
  }));
}

interface Distribution {
  readonly labels: readonly string[];
  readonly startMs: number;
  readonly intervals: readonly Interval[];
  readonly total: number;
  readonly sum: number | null;
  readonly least: number | null;
  readonly greatest: number | null;
}

async function readExplicit(
  reader: Reader,
  query: PointsQuery,
  aggregation: MetricAggregation,
): Promise<SeriesPoint[]> {
  const rows = await reader.rows<ExplicitRow>(selectExplicit(query), { resultRowsMax: rowsMax });
  const parts = rows.map((row): Distribution => ({
    labels: row.labels,
    startMs: Number(row.startMs),
    intervals: explicitIntervals(row.bounds, row.counts.map(Number), row),
    total: Number(row.total),
    sum: row.sumOfValues,
    least: row.least,
    greatest: row.greatest,
  }));
  // Rows of one step differ in their bounds.
  const steps = Map.groupBy(parts, ({ labels, startMs }) => `${startMs} ${JSON.stringify(labels)}`);
  return [...steps.values()].map((group) => reduceDistribution(mergeDistributions(group), aggregation));
}

async function readExponential(
  reader: Reader,
  query: PointsQuery,
  aggregation: MetricAggregation,
): Promise<SeriesPoint[]> {
  const [scaleRow] = await reader.rows<{ lowest: number; points: string }>(selectScale(query));
  const scale = scaleRow?.lowest ?? 0;
  const rows = await reader.rows<ExponentialRow>(selectExponential(query, scale), { resultRowsMax: rowsMax });
  return rows.map((row) => {
    const intervals = exponentialIntervals({
      scale,
      positive: pairs(row.positive),
      negative: pairs(row.negative),
      zeros: Number(row.zeros),
      zeroWidth: row.zeroWidth,
    });
    const { labels, sumOfValues, least, greatest } = row;
    const whole = {
      labels,
      startMs: Number(row.startMs),
      intervals,
      total: Number(row.total),
      sum: sumOfValues,
      least,
      greatest,
    };
    return reduceDistribution(whole, aggregation);
  });
}

function pairs([keys, counts]: ExponentialRow['positive']): (readonly [number, number])[] {
  return keys.map((key, index) => [key, Number(counts[index] ?? 0)] as const);
}

function mergeDistributions(parts: readonly Distribution[]): Distribution {
  const [first, ...rest] = parts;
  if (first === undefined)
    return { labels: [], startMs: 0, intervals: [], total: 0, sum: 0, least: null, greatest: null };
  return rest.reduce(
    (whole, part) => ({
      ...whole,
      intervals: [...whole.intervals, ...part.intervals],
      total: whole.total + part.total,
      sum: whole.sum === null || part.sum === null ? null : whole.sum + part.sum,
      least: extreme(Math.min, whole.least, part.least),
      greatest: extreme(Math.max, whole.greatest, part.greatest),
    }),
    first,
  );
}

function extreme(pick: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : pick(a, b);
}

function reduceDistribution(whole: Distribution, aggregation: MetricAggregation): SeriesPoint {
  const { labels, startMs } = whole;
  return { labels, startMs, value: finite(valueOf(whole, aggregation)) };
}

function valueOf(whole: Distribution, aggregation: MetricAggregation): number | null {
  const { intervals, total, sum } = whole;
  const quantile = quantileOf(aggregation);
  if (quantile !== undefined) return clamp(quantileOfIntervals(intervals, quantile), whole);
  switch (aggregation) {
    case 'avg':
      return total > 0 && sum !== null ? sum / total : null;
    case 'sum':
      return sum;
    case 'min':
      return whole.least ?? quantileOfIntervals(intervals, 0);
    case 'max':
      return whole.greatest ?? quantileOfIntervals(intervals, 1);
    default:
      return total;
  }
}

/** A bucket may reach further than any value in it. */
function clamp(value: number | null, { least, greatest }: Distribution): number | null {
  if (value === null) return null;
  return Math.min(Math.max(value, least ?? value), greatest ?? value);
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
