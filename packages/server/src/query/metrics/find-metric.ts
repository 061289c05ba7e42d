import type { MetricType } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { Reader } from '../reader.ts';
import { sql, string } from '../sql/sql.ts';

/** What decides how the points of a metric are put together. */
export interface MetricShape {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: string;
  readonly isCumulative: boolean;
  readonly isMonotonic: boolean;
}

/** Where one name came with several types, the one seen last. Throws `metric_not_found`. */
export async function findMetric(reader: Reader, name: string): Promise<MetricShape> {
  const [row] = await reader.rows<{
    type: MetricType;
    unitText: string;
    temporalityNumber: number;
    isMonotonic: number;
  }>(sql`
    SELECT type, anyLast(unit) AS unitText, max(temporality) AS temporalityNumber, max(monotonic) AS isMonotonic
    FROM metric_names WHERE project = ${string(reader.project)} AND name = ${string(name)}
    GROUP BY type ORDER BY max(last_seen) DESC, type LIMIT 1`);
  if (row === undefined) {
    throw new SightlineError('metric_not_found', `No metric "${name.slice(0, 200)}" is stored.`, {
      hint: 'GET /api/v1/metrics lists the names.',
    });
  }
  return {
    name,
    type: row.type,
    unit: row.unitText,
    // Summaries have no temporality; their counts only grow.
    isCumulative: row.type === 'summary' || row.temporalityNumber === 2,
    isMonotonic: row.isMonotonic === 1,
  };
}
