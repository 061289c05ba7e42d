import type { MetricInfo, MetricsParameters, MetricsResponse, MetricType } from '@sightline/schema/api';
import { likePattern } from '../filter/compile-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { inRange } from '../sql/range-sql.ts';
import { every, int64, sql, string, strings, uint } from '../sql/sql.ts';
import { readListRange } from '../time-range.ts';

interface NameRow {
  readonly name: string;
  readonly type: MetricType;
  readonly unitText: string;
  readonly about: string;
  readonly temporalityNumber: number;
  readonly isMonotonic: number;
  readonly sentBy: readonly string[];
  readonly lastSeconds: string;
}

/** Metrics with a point in the range, by name. */
export async function listMetrics(
  context: QueryContext,
  parameters: MetricsParameters,
): Promise<MetricsResponse> {
  const range = readListRange(parameters, context.clock);
  const { search, service, limit } = parameters;
  const reader = new Reader(context);
  const conditions = every([
    sql`project = ${string(context.project)}`,
    search === undefined
      ? undefined
      : sql`lower(name) LIKE ${string(likePattern(['', search.toLowerCase(), '']))}`,
  ]);
  const rows = await reader.rows<NameRow>(sql`
    SELECT name, type, anyLast(unit) AS unitText, anyLast(description) AS about, max(temporality) AS temporalityNumber,
      max(monotonic) AS isMonotonic, arraySort(groupUniqArrayArray(services)) AS sentBy,
      toUnixTimestamp(max(last_seen)) AS lastSeconds
    FROM metric_names WHERE ${conditions} GROUP BY name, type
    HAVING max(last_seen) >= toDateTime(${int64(range.from / 1_000_000_000n)}, 'UTC')
      AND min(first_seen) < toDateTime(${int64(range.to / 1_000_000_000n)}, 'UTC')
      ${service === undefined ? sql`` : sql`AND has(sentBy, ${string(service)})`}
    ORDER BY name, type LIMIT ${uint(limit + 1)}`);
  if (rows.length > limit)
    reader.meet({ limit: 'rows', message: `The first ${limit} metrics by name are shown, there are more.` });
  const shown = rows.slice(0, limit);
  const counts = await countSeries(
    reader,
    shown.map(({ name }) => name),
    range,
  );
  return {
    metrics: shown.map((row) => decodeMetric(row, counts.get(`${row.type} ${row.name}`) ?? 0)),
    ...reader.limitsMet,
  };
}

async function countSeries(
  reader: Reader,
  names: readonly string[],
  range: Parameters<typeof inRange>[2],
): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await reader.tryRows<{ name: string; type: string; series: string }>(sql`
    SELECT name, type, uniq(series_id) AS series FROM metric_points
    WHERE ${inRange(reader.project, 'metrics', range)} AND name IN ${strings(names)} GROUP BY name, type`);
  return new Map((rows ?? []).map((row) => [`${row.type} ${row.name}`, Number(row.series)]));
}

const temporalities = ['unspecified', 'delta', 'cumulative'] as const;

function decodeMetric(row: NameRow, seriesCount: number): MetricInfo {
  return {
    name: row.name,
    type: row.type,
    unit: row.unitText,
    description: row.about,
    temporality: temporalities[row.temporalityNumber] ?? 'unspecified',
    monotonic: row.isMonotonic === 1,
    services: [...row.sentBy],
    seriesCount,
    lastSeen: `${new Date(Number(row.lastSeconds) * 1000).toISOString().slice(0, 19)}.000000000Z`,
  };
}
