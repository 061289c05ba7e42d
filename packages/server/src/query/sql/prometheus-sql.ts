/** What PromQL reads of stored metrics. */
import type { MetricType } from '@sightline/schema/api';
import type { TimeRange } from '../time-range.ts';
import { inRange } from './range-sql.ts';
import { moment, type Parameter, type Sql, sql, string, trusted, uint } from './sql.ts';

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

/** Series of these days that began before the end of the range and were last seen after its start. */
const seriesOf = ({ project, range }: Pick<PointsOf, 'project' | 'range'>): Sql =>
  sql`project = ${string(project)} AND day >= toDate(${moment(range.from)}) AND day <= toDate(${moment(range.to)})`;

const seenIn = ({ range }: Pick<PointsOf, 'range'>): Sql =>
  sql`min(first_seen) < ${moment(range.to)} AND max(last_seen) >= ${moment(range.from)}`;

/** Each series once. One that paused within a day is among them throughout its pause. */
export const selectSeries = (of: PointsOf, seriesMax: number): Sql => sql`
  SELECT toString(series_id) AS id, any(mapKeys(attributes)) AS keys, any(mapValues(attributes)) AS values,
    any(mapKeys(resource_attributes)) AS resourceKeys, any(mapValues(resource_attributes)) AS resourceValues, any(scope_name) AS scope
  FROM metric_series WHERE ${seriesOf(of)} AND name = ${string(of.name)} AND type = ${string(of.type)}
  GROUP BY series_id HAVING ${seenIn(of)} LIMIT ${uint(seriesMax + 1)}`;

export interface CountsOf extends Pick<PointsOf, 'project' | 'range'> {
  /** Of each list, the largest come first. */
  readonly limit: number;
}

const seenSeries = (of: CountsOf): Sql => sql`
  SELECT name, type, series_id, any(mapKeys(attributes)) AS keys, any(mapValues(attributes)) AS values, min(first_seen) AS began, max(last_seen) AS ended
  FROM metric_series WHERE ${seriesOf(of)} GROUP BY name, type, series_id HAVING ${seenIn(of)}`;

/** How many series and pairs of a label and its value there are, and from when to when. */
export const countSeries = (of: CountsOf): Sql => sql`
  SELECT toFloat64(count()) AS series, toFloat64(uniqExactArray(arrayZip(keys, values))) AS labelPairs,
    toFloat64(toUnixTimestamp64Milli(min(began))) AS minMs, toFloat64(toUnixTimestamp64Milli(max(ended))) AS maxMs
  FROM (${seenSeries(of)})`;

/** Series by name of their metric. */
export const countSeriesByName = (of: CountsOf): Sql => sql`
  SELECT name, type, toFloat64(count()) AS count FROM (${seenSeries(of)}) GROUP BY name, type ORDER BY count DESC, name LIMIT ${uint(of.limit)}`;

/** Values by label. */
export const countLabelValues = (of: CountsOf): Sql => sql`
  SELECT key AS name, toFloat64(uniqExact(value)) AS count FROM (${seenSeries(of)}) ARRAY JOIN keys AS key, values AS value
  GROUP BY name ORDER BY count DESC, name LIMIT ${uint(of.limit)}`;

/** Series by pair of a label and its value. */
export const countSeriesByPair = (of: CountsOf): Sql => sql`
  SELECT concat(key, '=', value) AS name, toFloat64(count()) AS count FROM (${seenSeries(of)}) ARRAY JOIN keys AS key, values AS value
  GROUP BY name ORDER BY count DESC, name LIMIT ${uint(of.limit)}`;

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

interface SpanMinutesOf {
  readonly project: string;
  /** Of the ends of the minutes. */
  readonly range: Pick<TimeRange, 'from' | 'to'>;
  readonly service: string | undefined;
  readonly name: string | undefined;
  /** None: no shares. */
  readonly boundsNs: readonly number[];
  /** Minutes of series; one more is read where there are more. */
  readonly rowsMax: number;
}

const levels = Array.from({ length: 99 }, (_, index) => (index + 1) / 100).join(', ');

/** Each service, name and kind once, with its minutes in order: from the roll-up, so that no span is read. */
export function selectSpanMinutes(request: SpanMinutesOf): Sql {
  const { project, range, boundsNs, rowsMax } = request;
  return sql`
  SELECT service, name, kind, arraySort(groupArray((second, calls, errors, ms))) AS minutes, arrayMap(each -> each.2, arraySort(each -> each.1, groupArray((second, shares)))) AS shares
  FROM (
    SELECT service, name, kind, toFloat64(toUnixTimestamp(rollup.minute)) AS second, toFloat64(sum(rollup.count)) AS calls,
      toFloat64(sum(rollup.error_count)) AS errors, sum(rollup.duration_ns_sum) / 1e6 AS ms, ${sharesOf(boundsNs)} AS shares
    FROM span_rollup_1m AS rollup
    WHERE project = ${string(project)} AND rollup.minute >= toDateTime(${moment(range.from)}, 'UTC') - 60 AND rollup.minute < toDateTime(${moment(range.to)}, 'UTC') - 60
      ${named(request)}
    GROUP BY service, name, kind, rollup.minute LIMIT ${uint(rowsMax + 1)}
  ) GROUP BY service, name, kind ORDER BY service, name, kind`;
}

/** What spans that failed add to each of these minutes: from the spans, since the roll-up has durations of all together. Exact, and few. */
export function selectFailedMinutes(request: SpanMinutesOf): Sql {
  const { project, range, boundsNs, rowsMax } = request;
  return sql`
  SELECT service, name, kind, groupArray((second, calls, ms)) AS minutes, groupArray(within) AS counts
  FROM (
    SELECT service, name, kind, toFloat64(toUnixTimestamp(toStartOfMinute(start_time))) AS second, toFloat64(count()) AS calls,
      sum(duration_ns) / 1e6 AS ms, ${countsWithin(boundsNs)} AS within
    FROM spans WHERE ${inRange(project, 'spans', range)} AND status_code = 2
      ${named(request)}
    GROUP BY service, name, kind, second LIMIT ${uint(rowsMax)}
  ) GROUP BY service, name, kind`;
}

/** Spans of one service or name, where one is asked for. */
function named({ service, name }: SpanMinutesOf): Sql {
  const ofService = service === undefined ? trusted('') : sql`AND service = ${string(service)}`;
  return name === undefined ? ofService : sql`${ofService} AND name = ${string(name)}`;
}

function countsWithin(boundsNs: readonly number[]): Sql {
  if (boundsNs.length === 0) return trusted('CAST([] AS Array(Float64))');
  return trusted(`[${boundsNs.map((bound) => `toFloat64(countIf(duration_ns <= ${bound}))`).join(', ')}]`);
}

/** A row where some span began in these minutes. */
export const selectAnySpan = (project: string, range: SpanMinutesOf['range'] | undefined): Sql => sql`
  SELECT 1 AS there FROM service_rollup_1m AS rollup WHERE project = ${string(project)} ${
    range === undefined
      ? trusted('')
      : sql`AND rollup.minute >= toDateTime(${moment(range.from)}, 'UTC') - 60 AND rollup.minute < toDateTime(${moment(range.to)}, 'UTC')`
  } LIMIT 1`;

/** Exact where all took at most the bound, or none; between, to a hundredth. */
function sharesOf(boundsNs: readonly number[]): Sql {
  if (boundsNs.length === 0) return trusted('CAST([] AS Array(Float64))');
  const bounds = trusted(`[${boundsNs.join(', ')}]`);
  return sql`arrayMap(bound -> if(max(rollup.duration_ns_max) <= bound, 1, arrayCount(level -> level <= bound, quantilesDDMerge(0.01, ${trusted(levels)})(rollup.duration_ns_quantiles)) / 100), ${bounds})`;
}
