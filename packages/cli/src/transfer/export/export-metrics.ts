import { z } from 'zod';
import { nanosFromMs, type UnixNano } from '@sightline/base';
import { parseRangeStart, parseTime } from '@sightline/schema/filter';
import { badOption } from '../../arguments/options.ts';
import { doubleOfText, keyValuesOfColumns } from './any-value.ts';
import type { ExportedPage, ExportRange } from './exported-page.ts';
import { groupItems } from './group-items.ts';
import { nanosOf, originColumns, originOf, originRow, readRows, sqlText, texts } from './stored-rows.ts';

const pointsPerPage = 2000;

/** Points in the order of their series, so that the points of one metric lie together. */
export async function* exportMetrics({ client, from, to, q }: ExportRange): AsyncGenerator<ExportedPage> {
  if (q !== undefined)
    throw badOption('A filter goes with traces and logs, not with metrics.', 'Leave --q out.');
  const now = nanosFromMs(Date.now());
  const end = timeOf('to', to ?? 'now', (text) => parseTime(text, now));
  const start = timeOf('from', from ?? 'to-1h', (text) => parseRangeStart(text, now, end));
  const range = `time >= ${nanosLiteral(String(start))} AND time < ${nanosLiteral(String(end))}`;
  let after = '';
  for (;;) {
    const query = `SELECT ${pointColumns} FROM metric_points WHERE ${range}${after}
      ORDER BY name, series_id, time LIMIT ${pointsPerPage}`;
    const rows = await readRows(client, query, pointRow, pointsPerPage);
    if (rows.length > 0)
      yield {
        count: rows.length,
        request: groupItems(
          'metrics',
          rows.map((row) => ({ origin: originOf(row), item: metricOf(row) })),
        ),
      };
    const last = rows.at(-1);
    if (last === undefined || rows.length < pointsPerPage) return;
    after = ` AND (name, series_id, time) > (${sqlText(last.metricName)}, toUInt64(${sqlText(last.seriesId)}), ${nanosLiteral(last.timeNanos)})`;
  }
}

function timeOf(option: string, text: string, read: (text: string) => UnixNano | undefined): UnixNano {
  const time = read(text);
  if (time === undefined)
    throw badOption(`--${option} is "${text}", but takes RFC 3339, now, or a relative time such as -1h.`);
  return time;
}

function nanosLiteral(nanos: string): string {
  return `fromUnixTimestamp64Nano(toInt64(${sqlText(nanos)}), 'UTC')`;
}

const pointColumns = `
  name AS metricName, type AS metricType, unit AS metricUnit, description AS metricDescription, temporality AS metricTemporality,
  toUInt8(monotonic) AS isMonotonic, toString(series_id) AS seriesId,
  mapKeys(attributes) AS attributeKeys, mapValues(attributes) AS attributeTexts, attribute_types AS attributeTypes,
  ${nanosOf('start_time')} AS startNanos, ${nanosOf('time')} AS timeNanos, flags AS pointFlags,
  value AS asDouble, toString(value_int) AS asInt, toString(count) AS total, sum AS sumOf, min AS least, max AS most,
  bounds AS boundList, arrayMap(c -> toString(c), bucket_counts) AS bucketCounts,
  scale AS scaleOf, toString(zero_count) AS zeroCount, zero_threshold AS zeroThreshold,
  positive_offset AS positiveOffset, arrayMap(c -> toString(c), positive_counts) AS positiveCounts,
  negative_offset AS negativeOffset, arrayMap(c -> toString(c), negative_counts) AS negativeCounts,
  quantiles AS quantileList, quantile_values AS quantileValues,
  arrayMap(t -> ${nanosOf('t')}, exemplar_times) AS exemplarNanos, exemplar_values AS exemplarValues,
  arrayMap(i -> lower(hex(i)), exemplar_trace_ids) AS exemplarTraceIds, arrayMap(i -> lower(hex(i)), exemplar_span_ids) AS exemplarSpanIds,
  arrayMap(m -> mapKeys(m), exemplar_attributes) AS exemplarKeys, arrayMap(m -> mapValues(m), exemplar_attributes) AS exemplarTexts,
  ${originColumns}`;

/** A word where JSON has no number: nan, inf. */
const double = z.union([z.number(), z.string()]);
const pointRow = originRow.extend({
  metricName: z.string(),
  metricType: z.enum(['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']),
  metricUnit: z.string(),
  metricDescription: z.string(),
  metricTemporality: z.number(),
  isMonotonic: z.number(),
  seriesId: z.string(),
  attributeKeys: texts,
  attributeTexts: texts,
  attributeTypes: z.string(),
  startNanos: z.string(),
  timeNanos: z.string(),
  pointFlags: z.number(),
  asDouble: double,
  asInt: z.string().nullable(),
  total: z.string(),
  sumOf: double.nullable(),
  least: double.nullable(),
  most: double.nullable(),
  boundList: z.array(double),
  bucketCounts: texts,
  scaleOf: z.number(),
  zeroCount: z.string(),
  zeroThreshold: double,
  positiveOffset: z.number(),
  positiveCounts: texts,
  negativeOffset: z.number(),
  negativeCounts: texts,
  quantileList: z.array(double),
  quantileValues: z.array(double),
  exemplarNanos: texts,
  exemplarValues: z.array(double),
  exemplarTraceIds: texts,
  exemplarSpanIds: texts,
  exemplarKeys: z.array(texts),
  exemplarTexts: z.array(texts),
});
type PointRow = z.infer<typeof pointRow>;

const dataKeys = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponential_histogram: 'exponentialHistogram',
  summary: 'summary',
} as const;

function metricOf(row: PointRow) {
  const hasTemporality = row.metricType !== 'gauge' && row.metricType !== 'summary';
  return {
    name: row.metricName,
    unit: row.metricUnit,
    description: row.metricDescription,
    [dataKeys[row.metricType]]: {
      dataPoints: [{ ...commonOf(row), ...valuesOf(row) }],
      ...(hasTemporality ? { aggregationTemporality: row.metricTemporality } : {}),
      ...(row.metricType === 'sum' ? { isMonotonic: row.isMonotonic === 1 } : {}),
    },
  };
}

function commonOf(row: PointRow) {
  return {
    attributes: keyValuesOfColumns(row.attributeKeys, row.attributeTexts, row.attributeTypes),
    startTimeUnixNano: row.startNanos,
    timeUnixNano: row.timeNanos,
    flags: row.pointFlags,
    ...(row.exemplarNanos.length === 0 ? {} : { exemplars: exemplarsOf(row) }),
  };
}

function valuesOf(row: PointRow) {
  const optional = (name: string, value: string | number | null) =>
    value === null ? {} : { [name]: doubleOfText(value) };
  switch (row.metricType) {
    case 'gauge':
    case 'sum':
      // Bit 0 says that nothing was recorded; a value would be made up.
      if ((row.pointFlags & 1) === 1) return {};
      return row.asInt === null ? { asDouble: doubleOfText(row.asDouble) } : { asInt: row.asInt };
    case 'histogram':
      return {
        count: row.total,
        ...optional('sum', row.sumOf),
        ...optional('min', row.least),
        ...optional('max', row.most),
        explicitBounds: row.boundList.map(doubleOfText),
        bucketCounts: row.bucketCounts,
      };
    case 'exponential_histogram':
      return {
        count: row.total,
        ...optional('sum', row.sumOf),
        ...optional('min', row.least),
        ...optional('max', row.most),
        scale: row.scaleOf,
        zeroCount: row.zeroCount,
        zeroThreshold: doubleOfText(row.zeroThreshold),
        positive: { offset: row.positiveOffset, bucketCounts: row.positiveCounts },
        negative: { offset: row.negativeOffset, bucketCounts: row.negativeCounts },
      };
    case 'summary':
      return {
        count: row.total,
        ...optional('sum', row.sumOf),
        quantileValues: row.quantileList.map((quantile, i) => ({
          quantile: doubleOfText(quantile),
          value: doubleOfText(row.quantileValues[i] ?? 0),
        })),
      };
  }
}

function exemplarsOf(row: PointRow) {
  return row.exemplarNanos.map((timeUnixNano, i) => ({
    timeUnixNano,
    asDouble: doubleOfText(row.exemplarValues[i] ?? 0),
    traceId: row.exemplarTraceIds[i] ?? '',
    spanId: row.exemplarSpanIds[i] ?? '',
    filteredAttributes: keyValuesOfColumns(row.exemplarKeys[i] ?? [], row.exemplarTexts[i] ?? [], ''),
  }));
}
