/**
 * Takes a trace out of every table that has rows of it, and the texts that only it used. Counts over time (roll-ups) stay. What tells that there is a
 * trace goes last: should this be interrupted, it can be deleted again. Nothing may be loaded meanwhile: a text could be on its way into
 * another trace.
 */
import type { TraceToDelete } from '../telemetry-store.ts';
import { forgetRunSums } from './derived-runs.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { ownRows } from './own-rows.ts';
import { forgetServiceEdges } from './service-edges.ts';
import type { Changing } from './part-inventory.ts';
import { onCluster, physicalName } from './table-names.ts';

/** The last one is where a trace is found, should it have to be deleted again. */
const tables = [
  'scores',
  'logs',
  'errors',
  'ai_spans',
  'runs',
  'spans',
  'trace_starts',
  'trace_summaries',
] as const;

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
  const traces = { project: trace.project, traceIds: [trace.traceId], days: names };
  await changing({ days: names }, async () => deleteFromDays(engine, traces, tables));
}

export interface TracesOfDays {
  readonly project: string;
  /** 32 lower-case hex digits each. */
  readonly traceIds: readonly string[];
  readonly days: readonly string[];
}

/** To be called within `changing`. Rows go table by table in the order given. */
export async function deleteFromDays(
  engine: ClickHouseEngine,
  { project, traceIds, days }: TracesOfDays,
  order: readonly (typeof tables)[number][],
): Promise<void> {
  const inProject = `project = ${literal(project)}`;
  const ofTrace = `trace_id IN (${traceIds.map((id) => `unhex(${literal(id)})`).join(', ')})`;
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
  const slots = await ownRows<{ slot: string }>(
    engine,
    `SELECT DISTINCT toString(toUnixTimestamp(toStartOfFiveMinutes(start_time))) AS slot FROM spans WHERE ${inProject} AND ${ofTrace}`,
  );
  const withoutSums = async (): Promise<void> => {
    await forgetRunSums(engine, { project, buckets: buckets.map(({ bucket }) => Number(bucket)) });
    await forgetServiceEdges(engine, { project, slots: slots.map(({ slot }) => Number(slot)) });
  };
  await withoutSums();
  for (const table of order) await remove(engine, table, `${inProject} AND ${ofTrace}`);
  await withoutSums();
}

export async function remove(engine: ClickHouseEngine, table: string, where: string): Promise<void> {
  const { nodes } = engine;
  await engine.command(`DELETE FROM ${physicalName(table, nodes)} ${onCluster(nodes)} WHERE ${where}`);
}
