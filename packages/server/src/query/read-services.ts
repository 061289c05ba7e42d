import type { ServicesResponse } from '@sightline/schema/api';
import { isRollupCheaper, rolledUpQuantiles, rolledUpRows } from './choose-rollup.ts';
import { type QueryContext, Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { sql, uint } from './sql/sql.ts';
import { type RangeParameters, readRange } from './time-range.ts';

interface ServiceRow {
  readonly service: string;
  readonly total: string;
  readonly errors: string;
  readonly quantiles: readonly (number | null)[];
}

const servicesMax = 1000;

/** Services with their spans. */
export async function readServices(
  context: QueryContext,
  parameters: RangeParameters,
): Promise<ServicesResponse> {
  const range = readRange(parameters, context.clock);
  const reader = new Reader(context);
  const ofSpans = sql`
    SELECT service, count() AS total, countIf(status_code = 2) AS errors,
      quantilesBFloat16(0.5, 0.95, 0.99)(duration_ns) AS quantiles
    FROM spans WHERE ${inRange(context.project, 'spans', range)}`;
  const ofRollup = sql`
    SELECT service, sum(count) AS total, sum(error_count) AS errors,
      ${rolledUpQuantiles([0.5, 0.95, 0.99])} AS quantiles
    FROM ${rolledUpRows(context.project, range)}`;
  const select = (await isRollupCheaper(reader, range)) ? ofRollup : ofSpans;
  const rows = await reader.rows<ServiceRow>(
    sql`${select} GROUP BY service ORDER BY total DESC, service LIMIT ${uint(servicesMax + 1)}`,
  );
  if (rows.length > servicesMax)
    reader.meet({ limit: 'rows', message: `The ${servicesMax} busiest services are shown.` });
  return {
    services: rows.slice(0, servicesMax).map((row) => ({
      name: row.service,
      spanCount: Number(row.total),
      errorCount: Number(row.errors),
      p50Ms: ms(row.quantiles[0]),
      p95Ms: ms(row.quantiles[1]),
      p99Ms: ms(row.quantiles[2]),
    })),
    ...reader.limitsMet,
  };
}

function ms(nanos: number | null | undefined): number | null {
  return typeof nanos === 'number' && Number.isFinite(nanos) ? nanos / 1e6 : null;
}
