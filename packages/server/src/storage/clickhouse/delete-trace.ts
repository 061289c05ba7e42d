/**
 * Takes a trace out of every table that has rows of it, and the texts that only it used. Counts over time (roll-ups) stay. What tells that there is a
 * trace goes last: should this be interrupted, it can be deleted again. Nothing may be loaded meanwhile: a text could be on its way into
 * another trace.
 */
import type { TraceToDelete } from '../telemetry-store.ts';
import { forgetRunSums } from './derived-runs.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { ownRows } from './own-rows.ts';
import type { Changing } from './part-inventory.ts';
import { onCluster, physicalName } from './table-names.ts';

const tables = ['scores', 'logs', 'ai_spans', 'runs', 'spans', 'trace_starts', 'trace_summaries'] as const;

/** Texts of one day that are taken away; what is beyond goes with the day. */
const orphansMax = 1_000_000;
/** Of one statement. */
const idsMax = 2000;

export async function deleteTrace(
  engine: ClickHouseEngine,
  trace: TraceToDelete,
  changing: Changing,
): Promise<void> {
  const inProject = `project = ${literal(trace.project)}`;
  const ofTrace = `trace_id = unhex(${literal(trace.traceId)})`;
  const days = await ownRows<{ day: string }>(
    engine,
    `SELECT DISTINCT toString(day) AS day FROM trace_summaries WHERE ${inProject} AND ${ofTrace}
      UNION DISTINCT SELECT toString(toDate(time)) FROM logs WHERE ${inProject} AND ${ofTrace}`,
  );
  const names = days.map(({ day }) => day);
  await changing({ days: names }, async () => deleteFromDays(engine, trace, names));
}

async function deleteFromDays(
  engine: ClickHouseEngine,
  { project, traceId }: TraceToDelete,
  days: readonly string[],
): Promise<void> {
  const inProject = `project = ${literal(project)}`;
  const ofTrace = `trace_id = unhex(${literal(traceId)})`;
  for (const day of days) {
    const uses = (
      [
        ['spans', 'start_time'],
        ['logs', 'time'],
      ] as const
    )
      .map(
        ([table, time]) => `SELECT arrayJoin(text_ids) AS used, ${ofTrace} AS is_own FROM ${table}
        WHERE ${inProject} AND toDate(${time}) = ${literal(day)} AND notEmpty(text_ids)`,
      )
      .join(' UNION ALL ');
    const orphans = await ownRows<{ id: string }>(
      engine,
      `SELECT lower(hex(used)) AS id FROM (${uses})
        WHERE used IN (SELECT used FROM (${uses}) WHERE is_own) GROUP BY used HAVING min(is_own) = 1`,
      orphansMax,
    );
    // By their ids: a deletion that asks other tables itself may never end in the embedded engine.
    for (let at = 0; at < orphans.length; at += idsMax) {
      const ids = orphans.slice(at, at + idsMax).map(({ id }) => `unhex('${id}')`);
      const isOrphan = `toDate(first_time) = ${literal(day)} AND id IN (${ids.join(', ')})`;
      await remove(engine, 'texts', `${inProject} AND ${isOrphan}`);
    }
  }
  // Before, so that an interrupted deletion leaves no sums of it; and after, for sums that another server made meanwhile.
  const buckets = await ownRows<{ bucket: string }>(
    engine,
    `SELECT DISTINCT toString(toUnixTimestamp(toStartOfTenMinutes(start_time))) AS bucket FROM runs WHERE ${inProject} AND ${ofTrace}`,
  );
  const withoutSums = async (): Promise<void> =>
    forgetRunSums(engine, { project, buckets: buckets.map(({ bucket }) => Number(bucket)) });
  await withoutSums();
  for (const table of tables) await remove(engine, table, `${inProject} AND ${ofTrace}`);
  await withoutSums();
}

async function remove(engine: ClickHouseEngine, table: string, where: string): Promise<void> {
  const { nodes } = engine;
  await engine.command(`DELETE FROM ${physicalName(table, nodes)} ${onCluster(nodes)} WHERE ${where}`);
}
