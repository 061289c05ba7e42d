/**
 * Takes away what the demo made. Its spans, log records and points carry a mark on their resource; what was made of them is found by their traces, services and
 * names. Sums that other programs may share in (counts of a service, names of metrics) are made anew from the rows that stay. Spans, by which the
 * rest is found, go last: interrupted at any point, it can be called again.
 */
import { isOfDemo } from '../demo-mark-sql.ts';
import type { DemoToDelete } from '../telemetry-store.ts';
import { deleteFromDays, remove } from './delete-trace.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { ownRows } from './own-rows.ts';
import type { Changing } from './part-inventory.ts';
import { physicalName } from './table-names.ts';

const order = [
  'scores',
  'logs',
  'errors',
  'ai_spans',
  'runs',
  'trace_starts',
  'trace_summaries',
  'spans',
] as const;

/** Of one statement, whose text is bounded. */
const tracesMax = 500;

export async function deleteDemo(
  engine: ClickHouseEngine,
  { project, onPart }: DemoToDelete,
  changing: Changing,
): Promise<void> {
  const ofDemo = `project = ${literal(project)} AND ${isOfDemo}`;
  const days = await ownRows<{ day: string }>(
    engine,
    `SELECT DISTINCT toString(toDate(start_time)) AS day FROM spans WHERE ${ofDemo}
      UNION DISTINCT SELECT toString(toDate(time)) FROM logs WHERE ${ofDemo}
      UNION DISTINCT SELECT toString(toDate(time)) FROM metric_points WHERE ${ofDemo}`,
  );
  const names = days.map(({ day }) => day);
  await changing({ days: names }, async () => {
    await remakeCounts(engine, project);
    await remakeMetricNames(engine, project);
    await remove(engine, 'metric_points', ofDemo);
    await remove(engine, 'logs', ofDemo);
    const [all] = await ownRows<{ traces: string }>(
      engine,
      `SELECT uniqExact(trace_id) AS traces FROM spans WHERE ${ofDemo}`,
    );
    for (let done = 0; ;) {
      const traces = await ownRows<{ id: string }>(
        engine,
        `SELECT DISTINCT lower(hex(trace_id)) AS id FROM spans WHERE ${ofDemo} LIMIT ${tracesMax}`,
      );
      if (traces.length === 0) return;
      await deleteFromDays(engine, { project, traceIds: traces.map(({ id }) => id), days: names }, order);
      done += traces.length;
      onPart(Math.min(1, done / Number(all?.traces ?? 1)));
    }
  });
}

const counts = [
  ['span_rollup_1m', 'minute'],
  ['service_rollup_1m', 'minute'],
  ['service_rollup_1h', 'hour'],
] as const;

/** The counts of the demo's services in its hours, from the spans that stay. The counts by minute fill those of services. */
async function remakeCounts(engine: ClickHouseEngine, project: string): Promise<void> {
  const inProject = `project = ${literal(project)}`;
  const [found] = await ownRows<{ services: readonly string[]; from: string; to: string }>(
    engine,
    `SELECT groupUniqArray(toString(service)) AS services, toString(toUnixTimestamp(toStartOfHour(min(start_time)))) AS from,
      toString(toUnixTimestamp(toStartOfHour(max(start_time))) + 3600) AS to FROM spans WHERE ${inProject} AND ${isOfDemo}`,
  );
  if (found === undefined || found.services.length === 0) return;
  const among = `service IN (${found.services.map(literal).join(', ')})`;
  const within = (time: string): string =>
    `${time} >= toDateTime(${found.from}, 'UTC') AND ${time} < toDateTime(${found.to}, 'UTC')`;
  for (const [table, time] of counts)
    await remove(engine, table, `${inProject} AND ${among} AND ${within(time)}`);
  await remake(engine, {
    view: 'span_rollup_1m_view',
    target: 'span_rollup_1m',
    source: 'spans',
    where: `${inProject} AND ${among} AND ${within('start_time')} AND NOT (${isOfDemo})`,
  });
}

/** The list of metrics, from the points that stay. */
async function remakeMetricNames(engine: ClickHouseEngine, project: string): Promise<void> {
  const inProject = `project = ${literal(project)}`;
  const found = await ownRows<{ name: string }>(
    engine,
    `SELECT DISTINCT toString(name) AS name FROM metric_points WHERE ${inProject} AND ${isOfDemo}`,
  );
  if (found.length === 0) return;
  const among = `name IN (${found.map(({ name }) => literal(name)).join(', ')})`;
  await remove(engine, 'metric_names', `${inProject} AND ${among}`);
  await remake(engine, {
    view: 'metric_names_view',
    target: 'metric_names',
    source: 'metric_points',
    where: `${inProject} AND ${among} AND NOT (${isOfDemo})`,
  });
}

/** Runs a view once more over some rows of its source. */
async function remake(
  engine: ClickHouseEngine,
  of: { readonly view: string; readonly target: string; readonly source: string; readonly where: string },
): Promise<void> {
  const [found] = await ownRows<{ text: string }>(
    engine,
    `SELECT as_select AS text FROM system.tables WHERE database = currentDatabase() AND name = ${literal(physicalName(of.view, engine.nodes))}`,
  );
  if (found === undefined) return;
  const source = physicalName(of.source, engine.nodes);
  const select = found.text.replace(
    new RegExp(`\\bFROM (\\S+\\.)?${source}\\b`),
    `FROM (SELECT * FROM ${of.source} WHERE ${of.where})`,
  );
  const columns = await ownRows<{ name: string }>(
    engine,
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = ${literal(physicalName(of.target, engine.nodes))} ORDER BY position`,
  );
  const list = columns.map(({ name }) => name).join(', ');
  await engine.insert(`INSERT INTO ${of.target} (${list})
    SETTINGS insert_deduplicate = 0, distributed_foreground_insert = 1 SELECT ${list} FROM (${select})`);
}
