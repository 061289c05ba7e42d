import { inRange } from '../sql/range-sql.ts';
import { every, type Parameter, type Sql, sql, string, uint } from '../sql/sql.ts';
import type { PointsQuery } from './metric-points-sql.ts';

export interface ExemplarRow {
  readonly timeText: string;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** Dots in a chart. */
export const exemplarsMax = 300;

/** The two largest exemplars of each step, so that the dots lead to what is worth opening. */
export function selectExemplars({ project, metric, range, stepMs, condition }: PointsQuery): Sql {
  const step: Parameter = { type: 'Int64', value: String(stepMs) };
  return sql`
    SELECT exemplar_time AS timeText, exemplar_value AS value, lower(hex(exemplar_trace)) AS traceId,
      lower(hex(exemplar_span)) AS spanId, mapKeys(exemplar_map) AS keys, mapValues(exemplar_map) AS values
    FROM metric_points ARRAY JOIN exemplar_times AS exemplar_time, exemplar_values AS exemplar_value,
      exemplar_trace_ids AS exemplar_trace, exemplar_span_ids AS exemplar_span, exemplar_attributes AS exemplar_map
    WHERE ${every([
      inRange(project, 'metrics', range),
      sql`name = ${string(metric.name)} AND type = ${string(metric.type)} AND notEmpty(exemplar_times) AND isFinite(exemplar_value)`,
      condition,
    ])}
    ORDER BY exemplar_value DESC LIMIT 2 BY intDiv(toUnixTimestamp64Milli(exemplar_time), ${step}) LIMIT ${uint(exemplarsMax + 1)}`;
}
