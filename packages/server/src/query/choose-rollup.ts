import type { Reader } from './reader.ts';
import { quantilesSql } from './sql/quantiles-sql.ts';
import { int64, type Sql, sql, string, trusted } from './sql/sql.ts';
import type { TimeRange } from './time-range.ts';

/** Merging the quantiles of one roll-up row costs about as much as reading this many spans (2.7 µs against 0.09 µs, measured). */
const spansPerRowMin = 30;

/**
 * Whether the per-minute roll-up answers faster than the spans. It does where a service has many spans in a minute; where services
 * are many and calls few it has nearly as many rows as there are spans, and the spans are exact.
 */
export async function isRollupCheaper(
  reader: Reader,
  range: Pick<TimeRange, 'from' | 'to'>,
): Promise<boolean> {
  const [row] = await reader.rows<{ held: string; spans: string }>(sql`
    SELECT count() AS held, sum(count) AS spans FROM service_rollup_1m WHERE ${inMinutes(reader.project, range)}`);
  return row !== undefined && Number(row.spans) >= spansPerRowMin * Number(row.held);
}

/** Rows of the roll-up, by the minutes that the range touches. */
export function inMinutes(project: string, { from, to }: Pick<TimeRange, 'from' | 'to'>): Sql {
  return sql`project = ${string(project)}
    AND minute >= toStartOfMinute(toDateTime(${int64(from / 1_000_000_000n)}, 'UTC'))
    AND minute < toDateTime(${int64((to + 999_999_999n) / 1_000_000_000n)}, 'UTC')`;
}

/** Durations of the rows that are read, in nanoseconds, an array with each level. */
export const rolledUpQuantiles = (levels: readonly number[]): Sql =>
  trusted(
    quantilesSql(levels, {
      count: 'sum(count)',
      sketch: (parameters) => `quantilesDDMerge(${parameters})(duration_ns_quantiles)`,
    }),
  );
