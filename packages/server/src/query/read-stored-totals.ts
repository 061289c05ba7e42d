import { unixNano, type UnixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { explainFailure } from './store-failure.ts';
import { sql, string } from './sql/sql.ts';

/** What the tables hold of one project and signal since the beginning. */
export interface StoredTotals {
  readonly signal: TelemetrySignal;
  readonly project: string;
  readonly accepted: number;
  readonly rejections: readonly { readonly reason: string; readonly count: number }[];
  readonly received: UnixNano | undefined;
}

interface Row {
  readonly project: string;
  readonly signal: TelemetrySignal;
  readonly accepted: string;
  readonly reasons: readonly string[];
  readonly counts: readonly string[];
  readonly lastMinuteS: string;
}

/** Sums of the ledger table: what was accepted and stored, what was rejected and why, and when the last of it came. */
export async function readStoredTotals(store: TelemetryStore): Promise<readonly StoredTotals[]> {
  const { rows } = await store.query<Row>(
    sql`SELECT project, signal, sum(accepted) AS accepted,
          groupArrayIf(reason, rejected > 0) AS reasons, groupArrayIf(rejected, rejected > 0) AS counts,
          toUnixTimestamp(max(minute)) AS lastMinuteS
        FROM (SELECT project, signal, reason, sum(accepted) AS accepted, sum(rejected) AS rejected, max(minute) AS minute
              FROM ledger GROUP BY project, signal, reason)
        GROUP BY project, signal`.toStatement(),
  );
  return rows.map(({ project, signal, accepted, reasons, counts, lastMinuteS }) => ({
    project,
    signal,
    accepted: Number(accepted),
    rejections: reasons.map((reason, index) => ({ reason, count: Number(counts[index] ?? 0) })),
    received: Number(lastMinuteS) === 0 ? undefined : unixNano(BigInt(lastMinuteS) * 1_000_000_000n),
  }));
}

/** Whether any span of a trace can be read: what the canary asks. */
export async function isTraceVisible(
  store: TelemetryStore,
  project: string,
  traceId: string,
): Promise<boolean> {
  const { rows } = await store
    .query(
      sql`SELECT 1 FROM spans WHERE project = ${string(project)} AND trace_id = unhex(${string(traceId)}) LIMIT 1`.toStatement(),
      { share: 'watch' },
    )
    .catch((error: unknown) => {
      throw explainFailure(error);
    });
  return rows.length > 0;
}
