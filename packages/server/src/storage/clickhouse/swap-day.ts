/**
 * Puts a copy in the place of a table's day, so that a kill at any point can be mended: until the day is whole, the complete copy stays, known
 * by its name `<table>_rederived_<day>`. A swap that is killed in the middle may leave the day's old rows beside the new.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../telemetry-store.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { ownRows } from './own-rows.ts';

export interface DayOfTable {
  /** As it is called on a node. */
  readonly table: string;
  /** `2026-11-21`. */
  readonly day: string;
}

const stagingSuffix = '_rederived';
const leftName = /^(\w+)_rederived(?:_(\d{4})(\d\d)(\d\d)(?:_[0-9a-f]{16})?)?$/;
/** Longer than any statement over HTTP takes. */
const othersMsMax = 150_000;
const removalMsMax = 3_600_000;
const pollMs = 100;
/** Loads of others during one copy. */
const loadsMax = 1000;

/** The table that is filled with what shall be the day. */
export function stagingName(table: string): string {
  return `${table}${stagingSuffix}`;
}

/** The staging table is complete: its rows are the day's from now on. */
export async function swapDay(engine: ClickHouseEngine, { table, day }: DayOfTable): Promise<void> {
  const copy = await markComplete(engine, { table, day });
  try {
    // A day without rows is replaced by a day without rows.
    await engine.command(
      `ALTER TABLE ${table} REPLACE PARTITION ${literal(day)} FROM ${copy} SETTINGS allow_replace_partition_from_empty_source = 1`,
    );
  } catch (error) {
    // In this process the day is as it was, and what is loaded from now on is not in the copy. Of a server nothing is known now.
    if (engine.kind === 'embedded') await drop(engine, copy);
    throw error;
  }
  await drop(engine, copy);
}

/** Where each node of a cluster has its own copy, nobody could tell from a name how far it came. */
async function markComplete(engine: ClickHouseEngine, { table, day }: DayOfTable): Promise<string> {
  if (engine.nodes.kind === 'cluster') return stagingName(table);
  const complete = `${stagingName(table)}_${day.replaceAll('-', '')}`;
  await engine.command(`RENAME TABLE ${stagingName(table)} TO ${complete}`);
  return complete;
}

interface LeftCopy extends DayOfTable {
  readonly name: string;
}

async function leftCopies(
  engine: ClickHouseEngine,
): Promise<readonly (LeftCopy | { readonly name: string })[]> {
  const left = await ownRows<{ name: string }>(
    engine,
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND position(name, ${literal(stagingSuffix)}) > 0`,
  );
  return left.map(({ name }) => {
    const [, table = '', year, month, day] = leftName.exec(name) ?? [];
    return year === undefined ? { name } : { name, table, day: `${year}-${month}-${day}` };
  });
}

/** Days (`2026-11-21`) of which a complete copy is left. */
export async function leftDays(engine: ClickHouseEngine): Promise<readonly string[]> {
  return (await leftCopies(engine)).flatMap((left) => ('day' in left ? [left.day] : []));
}

/**
 * Ends the swaps that a killed process had begun in the embedded engine; to be called before anything is loaded. A copy that was not complete is
 * dropped. One that was complete is put in its day's place once more.
 */
export async function finishOwnSwaps(engine: ClickHouseEngine): Promise<void> {
  for (const left of await leftCopies(engine)) {
    if ('day' in left) {
      const { table, name } = left;
      const partition = `PARTITION ID ${literal(left.day.replaceAll('-', ''))}`;
      await engine.command(`ALTER TABLE ${table} DROP ${partition} SETTINGS max_partition_size_to_drop = 0`);
      await engine.command(`ALTER TABLE ${table} ATTACH ${partition} FROM ${name}`);
    }
    await drop(engine, left.name);
  }
}

/**
 * Ends what was left by a swap that a server was killed in, where others load into it meanwhile and may try the same. `mend` makes the day whole from
 * the copy, which nobody else uses then. False where somebody is still at work with one.
 */
export async function finishSharedSwaps(
  engine: ClickHouseEngine,
  mend: (left: LeftCopy) => Promise<void>,
): Promise<boolean> {
  let isAllDone = true;
  for (const left of await leftCopies(engine)) {
    if (!('day' in left)) continue;
    const claimed = (await isInUse(engine, left.name)) ? undefined : await claim(engine, left);
    if (claimed === undefined) isAllDone = false;
    else {
      await mend(claimed);
      await drop(engine, claimed.name);
    }
  }
  return isAllDone;
}

/** By a name of its own: whoever comes to it by the old one finds nothing any more. Undefined where another was faster. */
async function claim(engine: ClickHouseEngine, left: LeftCopy): Promise<LeftCopy | undefined> {
  const base = `${stagingName(left.table)}_${left.day.replaceAll('-', '')}`;
  const name = `${base}_${randomBytes(8).toString('hex')}`;
  await engine.command(`RENAME TABLE IF EXISTS ${left.name} TO ${name}`);
  const [found] = await ownRows<{ found: number }>(
    engine,
    `SELECT 1 AS found FROM system.tables WHERE database = currentDatabase() AND name = ${literal(name)}`,
  );
  if (found === undefined) return undefined;
  // What began under the old name before that still goes on.
  const deadline = performance.now() + othersMsMax;
  while (await isInUse(engine, left.name)) {
    if (performance.now() > deadline)
      throw new StoreError('unavailable', `A statement with ${left.name} does not end.`);
    await delay(pollMs);
  }
  return { ...left, name };
}

async function isInUse(engine: ClickHouseEngine, name: string): Promise<boolean> {
  const statements = await ownRows(
    engine,
    `SELECT 1 FROM system.processes WHERE query_id != queryID() AND query NOT LIKE 'RENAME TABLE%' AND match(query, ${literal(`\\b${name}\\b`)})`,
  );
  return statements.length > 0;
}

/**
 * Gives the day the rows of the copy in the place of all that were there when it was made, old and new, as often as it is begun. What was stored
 * since, or by others while the copy was made, stays: it came with another load, and loads are told apart by when they stored.
 */
export async function putCopyBack(engine: ClickHouseEngine, { table, day, name }: LeftCopy): Promise<void> {
  const id = literal(day.replaceAll('-', ''));
  const [copy] = await ownRows<{ rows: string; newest: string }>(
    engine,
    `SELECT count() AS rows, toUnixTimestamp64Milli(max(stored_time)) AS newest FROM ${name}`,
  );
  if (copy === undefined || Number(copy.rows) === 0) return;
  const until = `stored_time <= fromUnixTimestamp64Milli(toInt64(${copy.newest}), 'UTC')`;
  const others = await ownRows<{ ms: string }>(
    engine,
    `SELECT DISTINCT toUnixTimestamp64Milli(stored_time) AS ms FROM ${table}
      WHERE _partition_id = ${id} AND ${until} AND stored_time NOT IN (SELECT DISTINCT stored_time FROM ${name})`,
    loadsMax,
  );
  const ofOthers = others.map(({ ms }) => `toInt64(${ms})`).join(', ');
  const isOfOthers =
    others.length === 0 ? '' : ` AND toUnixTimestamp64Milli(stored_time) NOT IN (${ofOthers})`;
  await engine.command(`ALTER TABLE ${table} DELETE IN PARTITION ID ${id} WHERE ${until}${isOfOthers}`);
  await removed(engine, table);
  await engine.command(`ALTER TABLE ${table} ATTACH PARTITION ID ${id} FROM ${name}`);
}

/** Removing goes on by itself, also over a restart of the server. */
async function removed(engine: ClickHouseEngine, table: string): Promise<void> {
  const deadline = performance.now() + removalMsMax;
  for (;;) {
    const left = await ownRows<{ reason: string }>(
      engine,
      `SELECT latest_fail_reason AS reason FROM system.mutations WHERE database = currentDatabase() AND table = ${literal(table)} AND NOT is_done`,
    );
    if (left.length === 0) return;
    const failed = left.find(({ reason }) => reason !== '');
    if (failed !== undefined || performance.now() > deadline)
      throw new StoreError(
        'unavailable',
        `The day's rows cannot be removed from ${table}: ${failed?.reason ?? 'it takes too long'}`,
      );
    await delay(pollMs);
  }
}

async function drop(engine: ClickHouseEngine, name: string): Promise<void> {
  await engine.command(`DROP TABLE IF EXISTS ${name} SYNC`);
}
