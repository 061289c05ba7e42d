/**
 * Applies today's conventions to rows that are stored. A day is copied with its derived columns computed anew, and the copy takes
 * the day's place at once; then what views made of that day is made again from it. Interrupted at any point, the
 * tables are whole, and doing it again does all of it. Nothing may be loaded meanwhile.
 */
import { StoreError, type DayToRederive } from '../telemetry-store.ts';
import { type ClickHouseEngine, literal, settingsSql } from './engine.ts';
import { forgetRuns } from './derived-runs.ts';
import { derivedColumnsOf } from './load/derived-columns.ts';
import { stepsOfSpans } from './load/steps-sql.ts';
import { isEmpty, ownRows } from './own-rows.ts';
import { asDerived, createInputs, fillInputs, inputSql } from './rederived-inputs.ts';
import { finishOwnSwaps, finishSharedSwaps, putCopyBack, stagingName, swapDay } from './swap-day.ts';
import { physicalName } from './table-names.ts';

const tables = {
  traces: { table: 'spans', time: 'start_time', kind: 'span' },
  logs: { table: 'logs', time: 'time', kind: 'log' },
} as const;

/** Tables that are made of derived columns of spans, with the view that fills each; loads fill that of steps. */
const madeOfSpans = [
  { target: 'ai_spans', view: undefined },
  { target: 'trace_summaries', view: 'trace_summaries_view' },
  { target: 'span_rollup_1m', view: 'span_rollup_1m_view' },
] as const;

const copySettings = settingsSql({
  insert_deduplicate: 0,
  max_execution_time: 0,
  max_threads: 2,
  max_insert_threads: 1,
});

/**
 * Makes days whole that a kill in the middle of a swap left with old rows beside new; on the embedded engine to be called before anything is loaded.
 * False where somebody else is still at work.
 */
export async function finishSwaps(engine: ClickHouseEngine): Promise<boolean> {
  if (engine.kind === 'embedded') {
    await finishOwnSwaps(engine);
    return true;
  }
  if (engine.nodes.kind === 'cluster') return true;
  return finishSharedSwaps(engine, async (left) => {
    const isSource = Object.values(tables).some(({ table }) => table === left.table);
    if (isSource) return putCopyBack(engine, left);
    // What is made of spans can be made again.
    const made = madeOfSpans.find(({ target }) => target === left.table);
    if (made !== undefined) await remakeAll(engine, left.day, [made]);
  });
}

export async function rederiveDay(engine: ClickHouseEngine, day: DayToRederive): Promise<void> {
  const { nodes } = engine;
  if (engine.kind === 'clickhouse' && !(await finishSwaps(engine)))
    throw new StoreError('unavailable', 'Another server is computing derived columns anew at the moment.');
  if (nodes.kind === 'cluster' && nodes.onCluster)
    throw new StoreError(
      'refused',
      'On a cluster, derived columns are computed anew where every node is named with --clickhouse-url.',
    );
  const { table, time } = tables[day.signal];
  const source = physicalName(table, nodes);
  const ofDay = `toDate(${time}) = ${literal(day.day)}`;
  if (nodes.kind === 'single' && (await isEmpty(engine, `${source} WHERE ${ofDay}`))) return;
  const columns = await columnsOf(engine, source);
  const selects = derivedCopies(engine, day, columns);
  await replaceDay(engine, { table, day: day.day, columns, copiedBy: time, selects });
  if (day.signal === 'traces') await remakeAll(engine, day.day);
}

/** Selects of all rows of a day, one piece of it after the other, each when the fields of its rows are derived. */
async function* derivedCopies(
  engine: ClickHouseEngine,
  day: DayToRederive,
  columns: readonly string[],
): AsyncGenerator<string> {
  const { table, time, kind } = tables[day.signal];
  const source = physicalName(table, engine.nodes);
  const inputs = `${stagingName(source)}_inputs`;
  const ofDay = `toDate(${time}) = ${literal(day.day)}`;
  const isWanted = `project = ${literal(day.project)} AND ${time} >= fromUnixTimestamp64Nano(${day.from}, 'UTC') AND ${time} < fromUnixTimestamp64Nano(${day.to}, 'UTC')`;
  const derived: readonly string[] = derivedColumnsOf[kind];
  const values = columns.map((column) =>
    derived.includes(column) ? `if(found_ = 1, ${asDerived(column)}, ${column})` : column,
  );
  await createInputs(engine, inputs, kind);
  for (const piece of await piecesOf(engine, { rows: `${table} WHERE ${ofDay}`, time })) {
    const rows = `${ofDay} AND ${piece}`;
    await fillInputs(engine, { table: inputs, kind, rows: `${table} WHERE ${rows} AND ${isWanted}` });
    // Of a row that was loaded since, nothing is found: it was derived by today's conventions.
    yield `SELECT ${values.join(', ')} FROM (SELECT *, ${isWanted} AS is_wanted_, ${inputSql(kind)} FROM ${source} WHERE ${rows}) AS stored_
      ANY LEFT JOIN (SELECT *, true AS is_derived_ FROM ${everywhere(engine, inputs)}) AS derived_
        ON stored_.input_ = derived_.input_ AND stored_.is_wanted_ = derived_.is_derived_`;
  }
  await engine.command(`DROP TABLE IF EXISTS ${inputs} SYNC`);
}

/** Conditions that split rows by time, as evenly as seconds allow. */
async function piecesOf(
  engine: ClickHouseEngine,
  { rows, time }: { readonly rows: string; readonly time: string },
): Promise<readonly string[]> {
  const seconds = await ownRows<{ second: string; rows: string }>(
    engine,
    `SELECT intDiv(toUnixTimestamp64Nano(${time}), 1000000000) AS second, count() AS rows FROM ${rows} GROUP BY second ORDER BY second`,
    secondsOfDay,
  );
  const ends: string[] = [];
  let count = 0;
  for (const each of seconds) {
    count += Number(each.rows);
    if (count < pieceRows) continue;
    ends.push(`fromUnixTimestamp64Nano(${BigInt(each.second) * 1_000_000_000n + 1_000_000_000n}, 'UTC')`);
    count = 0;
  }
  const last = ends.at(-1);
  return [
    ...ends.map((end, at) => `${at === 0 ? '' : `${time} >= ${ends[at - 1]} AND `}${time} < ${end}`),
    last === undefined ? 'true' : `${time} >= ${last}`,
  ];
}

/** Rows that are derived together. */
const pieceRows = 20_000;
const secondsOfDay = 86_400;

/** What was put into a table of one node, from each of them. */
function everywhere({ nodes, database }: ClickHouseEngine, table: string): string {
  return nodes.kind === 'single'
    ? table
    : `clusterAllReplicas(${literal(nodes.cluster)}, ${database}, ${table})`;
}

/** What was made of these rows is of no worth before it is made anew, and what was made meanwhile may be of either. */
async function remakeAll(
  engine: ClickHouseEngine,
  day: string,
  made: readonly (typeof madeOfSpans)[number][] = madeOfSpans,
): Promise<void> {
  await forgetRuns(engine);
  try {
    for (const { target, view } of made) {
      const copy = view === undefined ? stepsOf(engine, day) : await viewOf(engine, { view, day });
      if (copy !== undefined) await replaceDay(engine, { table: target, day, ...copy });
    }
  } finally {
    await forgetRuns(engine);
  }
}

const spansOfDay = (engine: ClickHouseEngine, day: string): string =>
  `(SELECT * FROM ${physicalName('spans', engine.nodes)} WHERE toDate(start_time) = ${literal(day)})`;

function stepsOf(engine: ClickHouseEngine, day: string): DayCopy {
  const { columns, select } = stepsOfSpans(engine.database, spansOfDay(engine, day));
  return { columns, selects: [select] };
}

/** What a view makes of the day; undefined where there is no such view. */
async function viewOf(
  engine: ClickHouseEngine,
  { view, day }: { readonly view: string; readonly day: string },
): Promise<DayCopy | undefined> {
  const name = physicalName(view, engine.nodes);
  const [found] = await ownRows<{ text: string }>(
    engine,
    `SELECT as_select AS text FROM system.tables WHERE database = currentDatabase() AND name = ${literal(name)}`,
  );
  if (found === undefined) return undefined;
  const source = new RegExp(`\\bFROM (\\S+\\.)?${physicalName('spans', engine.nodes)}\\b`);
  const select = found.text.replace(source, `FROM ${spansOfDay(engine, day)}`);
  return { columns: await columnsOf(engine, name), selects: [select] };
}

interface DayCopy {
  readonly columns: readonly string[];
  /** Of these rows, each after the one before was copied. */
  readonly selects: readonly string[] | AsyncIterable<string>;
}

/** Fills a table of the same form and puts its day in the place of the other's. */
async function replaceDay(
  engine: ClickHouseEngine,
  copy: DayCopy & {
    readonly table: string;
    readonly day: string;
    /** Set where the copy has each row of the table: the column whose day it is. */
    readonly copiedBy?: string;
  },
): Promise<void> {
  const table = physicalName(copy.table, engine.nodes);
  const staging = stagingName(table);
  await engine.command(`DROP TABLE IF EXISTS ${staging} SYNC`);
  await engine.command(`CREATE TABLE ${staging} AS ${table}`);
  for await (const select of copy.selects)
    await engine.command(
      `INSERT INTO ${staging} (${copy.columns.join(', ')}) SETTINGS ${copySettings} ${select}`,
    );
  if (copy.copiedBy !== undefined)
    await assertWhole(engine, { table, staging, where: `toDate(${copy.copiedBy}) = ${literal(copy.day)}` });
  await swapDay(engine, { table, day: copy.day });
}

/** Should another server have loaded something meanwhile, the day stays as it was. */
async function assertWhole(
  engine: ClickHouseEngine,
  { table, staging, where }: { readonly table: string; readonly staging: string; readonly where: string },
): Promise<void> {
  if (engine.nodes.kind === 'cluster') return;
  const [found] = await ownRows<{ stored: string; copied: string }>(
    engine,
    `SELECT (SELECT count() FROM ${table} WHERE ${where}) AS stored, (SELECT count() FROM ${staging}) AS copied`,
  );
  if (found?.stored !== found?.copied)
    throw new StoreError(
      'unavailable',
      'Rows were loaded by another server meanwhile; nothing of this day was changed.',
    );
}

/** What can be inserted, in order. */
async function columnsOf(engine: ClickHouseEngine, table: string): Promise<readonly string[]> {
  const rows = await ownRows<{ name: string }>(
    engine,
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = ${literal(table)}
      AND default_kind NOT IN ('ALIAS', 'MATERIALIZED') ORDER BY position`,
  );
  return rows.map(({ name }) => name);
}
