import { isOfDemo } from '../storage/demo-mark-sql.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';

/** Spans of the demo that are stored in a project. */
export async function countDemoSpans(store: Pick<TelemetryStore, 'query'>, project: string): Promise<number> {
  const { rows } = await store.query<{ spans: string }>({
    sql: `SELECT count() AS spans FROM spans WHERE project = {project:String} AND ${isOfDemo}`,
    params: { project },
  });
  return Number(rows[0]?.spans ?? 0);
}
