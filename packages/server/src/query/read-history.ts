/** What reworking a project's history needs to know of a range of its calls. */
import type { UnixNano } from '@sightline/base';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { inRange } from './sql/range-sql.ts';
import { moment, sql, string } from './sql/sql.ts';

type Store = Pick<TelemetryStore, 'query'>;

export interface HistoryRange {
  readonly project: string;
  readonly from: UnixNano;
  readonly to: UnixNano;
}

const limits = { timeMsMax: 120_000, share: 'background' } as const;

/** The models that were called. */
export async function findCalledModels(
  store: Store,
  { project, from, to }: HistoryRange,
): Promise<readonly { readonly provider: string; readonly model: string }[]> {
  const { rows } = await store.query<{ provider: string; model: string }>(
    sql`SELECT DISTINCT provider, model FROM ai_spans
      WHERE ${inRange(project, 'spans', { from, to })} AND model != '' LIMIT 20000`.toStatement(),
    limits,
  );
  return rows;
}

/** Of the runs that began within, which are settled: calls with usage, each once, what they cost (null where no cost is known), and how many have no known cost. */
export async function sumCalls(
  store: Store,
  { project, from, to }: HistoryRange,
): Promise<{ readonly calls: number; readonly costUsd: number | null; readonly unpricedCalls: number }> {
  const { rows } = await store.query<{
    calls: string;
    costUsd: number | null;
    unpricedCalls: string;
  }>(
    sql`SELECT sum(length(billed_models)) AS calls, sumOrNull(cost_usd) AS costUsd, sum(unpriced_calls) AS unpricedCalls FROM runs FINAL
      WHERE project = ${string(project)} AND generation = (SELECT max(generation) FROM runs_progress)
        AND start_time >= ${moment(from)} AND start_time < ${moment(to)}`.toStatement(),
    limits,
  );
  const [row] = rows;
  return {
    calls: Number(row?.calls ?? 0),
    costUsd: row?.costUsd ?? null,
    unpricedCalls: Number(row?.unpricedCalls ?? 0),
  };
}
