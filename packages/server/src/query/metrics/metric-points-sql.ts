/**
 * From points to one row per group of labels and step. Cumulative points are first turned into what was added since the
 * point before them in their series. A point that starts a new count (its value is lower, or its start lies after the point
 * before) adds all of its value. The first point of a series in sight adds its value only if its count began in sight,
 * since what it counted earlier belongs to earlier steps. Services may send one metric in either temporality, so each point is told by its own.
 */
import type { MetricAggregation } from '@sightline/schema/api';
import { every, float, int64, moment, type Parameter, type Sql, sql, string, trusted } from '../sql/sql.ts';
import { inRange } from '../sql/range-sql.ts';
import type { TimeRange } from '../time-range.ts';
import { quantileOf } from './choose-aggregation.ts';
import type { MetricShape } from './find-metric.ts';

export interface PointsQuery {
  readonly project: string;
  readonly metric: MetricShape;
  readonly range: Pick<TimeRange, 'from' | 'to'>;
  /** Points from here on are read, to know what came before the first step. */
  readonly lookbackFrom: bigint;
  readonly stepMs: number;
  /** An Array(String): the group of a point. */
  readonly labels: Sql;
  readonly condition: Sql;
}

export interface ValueRow {
  readonly labels: readonly string[];
  readonly startMs: string;
  readonly result: number | null;
}

/** What was added. */
export function selectIncrease(query: PointsQuery): Sql {
  const added = query.metric.isCumulative
    ? addedValues(query)
    : sql`SELECT ${groupColumns(query)}, value AS added FROM ${points(query)}`;
  return sql`SELECT labels, startMs, sum(added) AS result FROM (${added}) WHERE startMs >= ${fromMs(query)} GROUP BY labels, startMs`;
}

function addedValues(query: PointsQuery): Sql {
  return sql`SELECT labels, startMs, ${addedSince(query, 'value')} AS added FROM (
    SELECT ${groupColumns(query)}, value, ${places}, ${before(['value'])} FROM ${points(query)} WINDOW ${seriesWindow})`;
}

/**
 * What was added per second. A point tells what was added since the one before, which seldom began with a step: its part of a step is by time, so that a step
 * shorter than the time between exports has its rate as well. Of a cumulative series nothing is known after its newest point; what is sent as
 * deltas is left out while nothing happens, so there all of the step counts.
 */
export function selectRate(query: PointsQuery): Sql {
  const step: Parameter = int64(BigInt(query.stepMs));
  const counted = query.metric.type === 'sum' ? 'value' : 'count';
  const firstSince = sql`multiIf(NOT (${begins(query)}) AND is_cumulative, until - 1, started > 0, started, until - ${step})`;
  return sql`
    SELECT labels, startMs, sum(part) * 1000 / (least(startMs + ${step}, ${int64(query.range.to / 1_000_000n)}, max(known_until)) - startMs) AS result
    FROM (
      SELECT labels, ${step} * arrayJoin(range(intDiv(greatest(since, ${fromMs(query)}), ${step}), intDiv(until - 1, ${step}) + 1)) AS startMs,
        added * (least(until, startMs + ${step}) - greatest(since, startMs)) / (until - since) AS part,
        if(is_cumulative, until, startMs + ${step}) AS known_until
      FROM (
        SELECT labels, added, is_cumulative, until,
          least(if(in_frame > 1, greatest(started, toUnixTimestamp64Milli(before_time)), ${firstSince}), until - 1) AS since
        FROM (
          SELECT labels, in_frame, before_time, start_time, is_cumulative, ${addedSince(query, counted)} AS added,
            toUnixTimestamp64Milli(time) AS until, toUnixTimestamp64Milli(start_time) AS started
          FROM (SELECT ${query.labels} AS labels, ${trusted(counted)}, ${places}, ${before([counted])}
            FROM ${points(query)} WINDOW ${seriesWindow}))))
    GROUP BY labels, startMs`;
}

/** Aggregations of the values themselves, for gauges and for sums looked at as levels. */
export function selectValues(query: PointsQuery, aggregation: MetricAggregation): Sql {
  if (aggregation === 'sum') {
    return sql`SELECT labels, startMs, sum(latest) AS result FROM (
        SELECT ${groupColumns(query)}, series_id, argMax(value, time) AS latest FROM ${points(query)} GROUP BY labels, startMs, series_id)
      WHERE startMs >= ${fromMs(query)} GROUP BY labels, startMs`;
  }
  return sql`SELECT ${groupColumns(query)}, ${aggregateOf(aggregation)} AS result FROM ${points(query)}
    WHERE time >= ${moment(query.range.from)} GROUP BY labels, startMs`;
}

function aggregateOf(aggregation: MetricAggregation): Sql {
  const quantile = quantileOf(aggregation);
  if (quantile !== undefined) return sql`quantile(${trusted(String(quantile))})(value)`;
  if (aggregation === 'last') return sql`argMax(value, time)`;
  if (aggregation === 'count') return sql`toFloat64(count())`;
  return trusted(`${aggregation}(value)`);
}

export interface ExplicitRow {
  readonly labels: readonly string[];
  readonly startMs: string;
  readonly bounds: readonly number[];
  readonly counts: readonly string[];
  readonly total: string;
  /** Null where a point came without its sum. */
  readonly sumOfValues: number | null;
  readonly least: number | null;
  readonly greatest: number | null;
}

/** Histograms with explicit buckets, added up where they have the same bounds. */
export function selectExplicit(query: PointsQuery): Sql {
  const columns = trusted(
    'bounds, bucket_counts, count, ifNull(sum, 0) AS total_sum, isNull(sum) AS lacks_sum, min, max',
  );
  const added = query.metric.isCumulative
    ? sql`SELECT labels, startMs, bounds, lacks_sum, min, max,
          ${addedCounts(query, 'bucket_counts')} AS counts, ${addedSince(query, 'count')} AS added, ${addedSince(query, 'total_sum', 'count')} AS added_sum
        FROM (SELECT ${groupColumns(query)}, ${columns}, ${places},
            ${before(['count', 'total_sum', 'bucket_counts', 'bounds'])}
          FROM ${points(query)} WINDOW ${seriesWindow})`
    : sql`SELECT ${groupColumns(query)}, ${columns}, bucket_counts AS counts, count AS added, total_sum AS added_sum FROM ${points(query)}`;
  return sql`SELECT labels, startMs, bounds, sumForEach(counts) AS counts, toUInt64(sum(added)) AS total, if(max(lacks_sum), NULL, sum(added_sum)) AS sumOfValues,
      min(min) AS least, max(max) AS greatest
    FROM (${added}) WHERE startMs >= ${fromMs(query)} GROUP BY labels, startMs, bounds`;
}

export interface ExponentialRow {
  readonly labels: readonly string[];
  readonly startMs: string;
  readonly positive: readonly [readonly number[], readonly (string | number)[]];
  readonly negative: readonly [readonly number[], readonly (string | number)[]];
  readonly zeros: string;
  readonly zeroWidth: number;
  readonly total: string;
  /** Null where a point came without its sum. */
  readonly sumOfValues: number | null;
  readonly least: number | null;
  readonly greatest: number | null;
}

/** Exponential histograms, all brought to `scale`, which no point's scale is below. */
export function selectExponential(query: PointsQuery, scale: number): Sql {
  const to = (side: 'positive' | 'negative'): Sql => sql`CAST(arrayReduce('sumMap',
    [arrayMap(i -> toInt32(floor((${trusted(side)}_offset + i - 1) / exp2(scale - ${int32(scale)}))), arrayEnumerate(${trusted(side)}_counts))],
    [arrayMap(c -> toInt64(c), ${trusted(side)}_counts)]), 'Map(Int32, Int64)') AS ${trusted(side)}_map`;
  const columns = sql`${to('positive')}, ${to('negative')}, zero_count, zero_threshold, count, ifNull(sum, 0) AS total_sum, isNull(sum) AS lacks_sum, min, max`;
  const side = (name: string): string =>
    `arrayFilter(c -> c > 0, mapValues(${name})) AS ${name}_values, mapKeys(mapFilter((k, v) -> v > 0, ${name})) AS ${name}_keys`;
  const added = query.metric.isCumulative
    ? sql`SELECT labels, startMs, zero_threshold, lacks_sum, min, max, ${addedSince(query, 'count')} AS added, ${addedSince(query, 'total_sum', 'count')} AS added_sum,
          ${addedSince(query, 'zero_count', 'count')} AS added_zeros,
          ${addedMap(query, 'positive_map')} AS positives, ${addedMap(query, 'negative_map')} AS negatives
        FROM (SELECT ${groupColumns(query)}, ${columns}, ${places},
            ${before(['count', 'total_sum', 'zero_count', 'positive_map', 'negative_map'])}
          FROM ${points(query)} WINDOW ${seriesWindow})`
    : sql`SELECT ${groupColumns(query)}, ${columns}, count AS added, total_sum AS added_sum, zero_count AS added_zeros,
          positive_map AS positives, negative_map AS negatives FROM ${points(query)}`;
  return sql`SELECT labels, startMs, sumMap(positives_keys, positives_values) AS positive, sumMap(negatives_keys, negatives_values) AS negative,
      toUInt64(sum(added_zeros)) AS zeros, max(zero_threshold) AS zeroWidth, toUInt64(sum(added)) AS total, if(max(lacks_sum), NULL, sum(added_sum)) AS sumOfValues,
      min(min) AS least, max(max) AS greatest
    FROM (SELECT *, ${trusted(side('positives'))}, ${trusted(side('negatives'))} FROM (${added}))
    WHERE startMs >= ${fromMs(query)} GROUP BY labels, startMs`;
}

export function selectScale(query: PointsQuery): Sql {
  return sql`SELECT min(scale) AS lowest, count() AS points FROM ${points(query)}`;
}

/** The values that the clients computed for this quantile, averaged; they cannot be added up. */
export function selectSummaryQuantile(query: PointsQuery, quantile: number): Sql {
  const at = sql`indexOf(quantiles, ${float(quantile)})`;
  return sql`SELECT ${groupColumns(query)}, avgOrNull(if(${at} = 0, NULL, quantile_values[${at}])) AS result FROM ${points(query)}
    WHERE time >= ${moment(query.range.from)} GROUP BY labels, startMs`;
}

/**
 * How far apart points come, in milliseconds. The most frequent series of a service tell how often it exports, since others may be left out while
 * nothing happens; of several services the slowest counts.
 */
export function selectInterval(query: PointsQuery): Sql {
  return sql`SELECT toFloat64(max(least_gap)) AS intervalMs FROM (
    SELECT min(gap) AS least_gap FROM (
      SELECT service, arrayReduce('median', arrayFilter(each -> each > 0, arrayDifference(arraySort(groupArray(100)(toUnixTimestamp64Milli(time)))))) AS gap
      FROM ${points(query)} GROUP BY service, series_id HAVING count() > 2)
    WHERE gap > 0 GROUP BY service)`;
}

/** Rows with a recorded value (flag 1 says there is none) that are numbers. */
function points({ project, metric, range, lookbackFrom, condition }: PointsQuery): Sql {
  const from = metric.isCumulative ? lookbackFrom : range.from;
  // Summaries have no temporality; their counts only grow.
  return sql`(SELECT *, type = 'summary' OR temporality = 2 AS is_cumulative, type = 'sum' AND NOT monotonic AS may_fall FROM metric_points WHERE ${every(
    [
      inRange(project, 'metrics', { ...range, from: from as typeof range.from }),
      sql`name = ${string(metric.name)} AND type = ${string(metric.type)} AND bitAnd(flags, 1) = 0 AND isFinite(value)`,
      condition,
    ],
  )})`;
}

function groupColumns({ labels, stepMs }: PointsQuery): Sql {
  const step: Parameter = { type: 'Int64', value: String(stepMs) };
  return sql`${labels} AS labels, intDiv(toUnixTimestamp64Milli(time), ${step}) * ${step} AS startMs`;
}

const seriesWindow = trusted(
  'w AS (PARTITION BY series_id, is_cumulative ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
);

/** What tells where a point stands in its series. */
const places = trusted('time, start_time, is_cumulative, may_fall');

/** The columns of the point before, as `before_…`, with its time. */
function before(columns: readonly string[]): Sql {
  const lagged = columns.map((column) => `lagInFrame(${column}) OVER w AS before_${column}`);
  return trusted(
    ['lagInFrame(time) OVER w AS before_time', 'count() OVER w AS in_frame', ...lagged].join(', '),
  );
}

/** True where the point counts on from the one before; `by` is what must not shrink, unless it is a level. */
function continues(by: string): string {
  return `in_frame > 1 AND (may_fall OR ${by} >= before_${by}) AND start_time <= before_time`;
}

function begins({ lookbackFrom }: PointsQuery): Sql {
  return sql`in_frame > 1 OR start_time >= ${moment(lookbackFrom)}`;
}

function addedSince(query: PointsQuery, column: string, by = column): Sql {
  return sql`multiIf(NOT is_cumulative, toFloat64(${trusted(column)}), ${trusted(continues(by))}, toFloat64(${trusted(column)}) - toFloat64(before_${trusted(column)}),
    ${begins(query)}, toFloat64(${trusted(column)}), 0)`;
}

function addedCounts(query: PointsQuery, column: string): Sql {
  return sql`multiIf(NOT is_cumulative, ${trusted(column)}, ${trusted(continues('count'))} AND bounds = before_bounds,
    arrayMap((now, was) -> if(now > was, toUInt64(now - was), toUInt64(0)), ${trusted(column)}, arrayResize(before_${trusted(column)}, length(${trusted(column)}))),
    ${begins(query)}, ${trusted(column)}, arrayResize([toUInt64(0)], length(${trusted(column)})))`;
}

function addedMap(query: PointsQuery, column: string): Sql {
  return sql`multiIf(NOT is_cumulative, ${trusted(column)}, ${trusted(continues('count'))}, mapSubtract(${trusted(column)}, before_${trusted(column)}),
    ${begins(query)}, ${trusted(column)}, CAST(map(), 'Map(Int32, Int64)'))`;
}

function fromMs({ range }: PointsQuery): Parameter {
  return int64(range.from / 1_000_000n);
}

function int32(value: number): Parameter {
  return { type: 'Int32', value };
}
