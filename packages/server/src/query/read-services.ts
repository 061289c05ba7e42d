import type { ServicesResponse } from '@sightline/schema/api';
import { type QueryContext, Reader } from './reader.ts';
import { int64, sql, string } from './sql/sql.ts';
import { type RangeParameters, readRange } from './time-range.ts';

interface ServiceRow {
  readonly service: string;
  readonly total: string;
  readonly errors: string;
  readonly quantiles: readonly (number | null)[];
}

const servicesMax = 1000;

/** Services with their spans, from the per-minute roll-up: the range counts in whole minutes. */
export async function readServices(
  context: QueryContext,
  parameters: RangeParameters,
): Promise<ServicesResponse> {
  const { from, to } = readRange(parameters, context.clock);
  const reader = new Reader(context);
  const rows = await reader.rows<ServiceRow>(sql`
    SELECT service, sum(count) AS total, sum(error_count) AS errors,
      quantilesDDMerge(0.01, 0.5, 0.9, 0.95, 0.99)(duration_ns_quantiles) AS quantiles
    FROM span_rollup_1m WHERE project = ${string(context.project)}
      AND minute >= toStartOfMinute(toDateTime(${int64(from / 1_000_000_000n)}, 'UTC'))
      AND minute < toDateTime(${int64((to + 999_999_999n) / 1_000_000_000n)}, 'UTC')
    GROUP BY service ORDER BY total DESC, service LIMIT ${{ type: 'UInt32', value: servicesMax + 1 }}`);
  if (rows.length > servicesMax)
    reader.meet({ limit: 'rows', message: `The ${servicesMax} busiest services are shown.` });
  return {
    services: rows.slice(0, servicesMax).map((row) => ({
      name: row.service,
      spanCount: Number(row.total),
      errorCount: Number(row.errors),
      p50Ms: ms(row.quantiles[0]),
      p95Ms: ms(row.quantiles[2]),
      p99Ms: ms(row.quantiles[3]),
    })),
    ...reader.limitsMet,
  };
}

function ms(nanos: number | null | undefined): number | null {
  return typeof nanos === 'number' && Number.isFinite(nanos) ? nanos / 1e6 : null;
}
