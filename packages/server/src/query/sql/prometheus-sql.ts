/** What PromQL reads of stored metrics. */
import type { MetricType } from '@sightline/schema/api';
import type { TimeRange } from '../time-range.ts';
import { inRange } from './range-sql.ts';
import { type Parameter, type Sql, sql, string, trusted, uint } from './sql.ts';

export interface PointsOf {
  readonly project: string;
  readonly name: string;
  readonly type: MetricType;
  readonly range: Pick<TimeRange, 'from' | 'to'>;
}

const pointsOf = ({ project, name, type, range }: PointsOf): Sql =>
  sql`${inRange(project, 'metrics', range)} AND name = ${string(name)} AND type = ${string(type)}`;

export const selectFamilies = (project: string): Sql => sql`
  SELECT name, type, anyLast(unit) AS unitText, anyLast(description) AS about, max(monotonic) AS isMonotonic,
    toUnixTimestamp(min(first_seen)) AS firstSeconds, toUnixTimestamp(max(last_seen)) AS lastSeconds
  FROM metric_names WHERE project = ${string(project)} GROUP BY name, type ORDER BY name, type`;

/** Each series with a point in the range, once. */
export const selectSeries = (of: PointsOf, seriesMax: number): Sql => sql`
  SELECT toString(series_id) AS id, mapKeys(attributes) AS keys, mapValues(attributes) AS values,
    mapKeys(resource_attributes) AS resourceKeys, mapValues(resource_attributes) AS resourceValues, scope_name AS scope
  FROM metric_points WHERE ${pointsOf(of)} LIMIT 1 BY series_id LIMIT ${uint(seriesMax + 1)}`;

/** What each kind of point is made of, behind series, time, start, temporality and flags. */
const columns: Readonly<Record<MetricType, string>> = {
  gauge: 'value',
  sum: 'value',
  histogram: 'toFloat64(count), ifNull(sum, nan), bounds, arrayMap(c -> toFloat64(c), bucket_counts)',
  exponential_histogram: `toFloat64(count), ifNull(sum, nan), scale, toFloat64(zero_count), zero_threshold, positive_offset,
    arrayMap(c -> toFloat64(c), positive_counts), negative_offset, arrayMap(c -> toFloat64(c), negative_counts)`,
  summary: 'toFloat64(count), ifNull(sum, nan), quantiles, quantile_values',
};

/** Points of series, in order of time. In RowBinary. */
export function selectSamples(of: PointsOf, ids: readonly string[], samplesMax: number): Sql {
  const series: Parameter = { type: 'Array(UInt64)', value: ids.map(BigInt) };
  return sql`SELECT series_id, toUnixTimestamp64Milli(time), toUnixTimestamp64Milli(start_time), temporality, toUInt8(bitAnd(flags, 1)), ${trusted(columns[of.type])}
    FROM metric_points WHERE ${pointsOf(of)} AND series_id IN ${series} ORDER BY series_id, time LIMIT ${uint(samplesMax + 1)}`;
}

export interface ExemplarsOf extends PointsOf {
  readonly exemplarsMax: number;
}

/** Exemplars, the newest first. */
export const selectExemplars = (of: ExemplarsOf): Sql => sql`
  SELECT toString(series_id) AS id, toFloat64(toUnixTimestamp64Milli(t)) / 1000 AS seconds, v AS value, lower(hex(trace)) AS traceId, lower(hex(span)) AS spanId
  FROM metric_points
  ARRAY JOIN exemplar_times AS t, exemplar_values AS v, exemplar_trace_ids AS trace, exemplar_span_ids AS span
  WHERE ${pointsOf(of)} ORDER BY t DESC LIMIT ${uint(of.exemplarsMax)}`;

/** Resources of points, and the times in steps at which each sent some. */
export const selectTargets = (of: {
  readonly project: string;
  readonly range: Pick<TimeRange, 'from' | 'to'>;
  readonly stepMs: number;
  readonly targetsMax: number;
}): Sql => sql`
  SELECT mapKeys(resource) AS keys, mapValues(resource) AS values, arraySort(groupUniqArray(intDiv(toUnixTimestamp64Milli(time), ${uint(of.stepMs)}) * ${uint(of.stepMs)})) AS minutes
  FROM (SELECT mapSort(resource_attributes) AS resource, time FROM metric_points WHERE ${inRange(of.project, 'metrics', of.range)})
  GROUP BY resource LIMIT ${uint(of.targetsMax)}`;
