/** Whether the store has what it had: its tables, its parts, and in them what was written. */
import { StoreError, type DamagedPart, type StoreCondition } from '../telemetry-store.ts';
import { backgroundSettings } from './background-settings.ts';
import { type ClickHouseEngine, literal } from './engine.ts';
import { excessGrants } from './excess-grants.ts';
import { ownRows } from './own-rows.ts';
import { dayOf, type PartInventory, readSetAside } from './part-inventory.ts';
import { ownSettings } from './query-settings.ts';
import { physicalName, tableNames } from './table-names.ts';

interface Partition {
  readonly table: string;
  readonly partition: string;
}

/** A check of one table's day reads all of it. */
const checkTimeS = 3600;

export class StoreHealth {
  readonly #engine: ClickHouseEngine;
  /** None on a cluster. */
  readonly #inventory: PartInventory | undefined;
  readonly #restored: readonly string[];
  /** By table and partition, as the last check of it found. */
  #unreadable = new Map<string, readonly DamagedPart[]>();

  constructor(
    engine: ClickHouseEngine,
    { inventory, restored }: { readonly inventory?: PartInventory; readonly restored: readonly string[] },
  ) {
    this.#engine = engine;
    this.#inventory = inventory;
    this.#restored = restored;
  }

  async inspect(): Promise<StoreCondition> {
    const missingTables = await findMissingTables(this.#engine);
    await this.#inventory?.look();
    const lost = this.#inventory?.lost ?? (await readSetAside(this.#engine));
    return {
      missingTables,
      damagedParts: [...lost, ...this.#unreadable.values()].flat(),
      restored: this.#restored,
      isInventoryLost: this.#inventory?.isLost === true,
      // A user who cannot ask for its grants cannot run a statement either, and whoever types one is told.
      excessGrants: await excessGrants(this.#engine).catch(() => []),
    };
  }

  /** See TelemetryStore. Others write to a server: there the whole comparison is needed each time. */
  async noteNew(): Promise<boolean> {
    return this.#engine.kind === 'embedded' && (await this.#inventory?.noteNew()) === true;
  }

  async verify(pause: (workedMs: number) => Promise<boolean>): Promise<void> {
    // On a cluster that is the replicas' business.
    if (this.#engine.nodes.kind === 'cluster') return;
    const partitions = await readPartitions(this.#engine);
    const known = new Set(partitions.map(keyOf));
    for (const key of this.#unreadable.keys()) if (!known.has(key)) this.#unreadable.delete(key);
    for (const partition of partitions) {
      const beganMs = performance.now();
      const found = await checkPartition(this.#engine, partition);
      if (found.length > 0) this.#unreadable.set(keyOf(partition), found);
      else this.#unreadable.delete(keyOf(partition));
      if (!(await pause(performance.now() - beganMs))) return;
    }
  }

  async accept(): Promise<readonly DamagedPart[]> {
    const isEmbedded = this.#engine.kind === 'embedded';
    if (isEmbedded) await this.#setUnreadableAside();
    await this.#inventory?.look();
    const accepted = this.#inventory?.lost ?? [];
    const { damagedParts } = isEmbedded ? { damagedParts: [] } : await this.inspect();
    if (accepted.length === 0 && damagedParts.length > 0)
      throw new StoreError(
        'refused',
        'A ClickHouse server is mended where it is: attach, drop or restore the parts there.',
      );
    await this.#inventory?.accept();
    return accepted;
  }

  async #setUnreadableAside(): Promise<void> {
    for (const { table, part } of [...this.#unreadable.values()].flat())
      await this.#engine.command(`ALTER TABLE ${table} DETACH PART ${literal(part)}`);
    this.#unreadable = new Map();
  }
}

export async function findMissingTables(engine: ClickHouseEngine): Promise<readonly string[]> {
  const rows = await ownRows<{ name: string }>(
    engine,
    'SELECT name FROM system.tables WHERE database = currentDatabase()',
  );
  const found = new Set(rows.map(({ name }) => name));
  const wanted = tableNames.flatMap((table) => [...new Set([table, physicalName(table, engine.nodes)])]);
  return wanted.filter((table) => !found.has(table));
}

/** Newest days first: they are asked for most. */
async function readPartitions(engine: ClickHouseEngine): Promise<readonly Partition[]> {
  return ownRows(
    engine,
    `SELECT DISTINCT table, partition_id AS partition FROM system.parts
      WHERE active AND database = currentDatabase() ORDER BY partition DESC, table`,
  );
}

async function checkPartition(
  engine: ClickHouseEngine,
  { table, partition }: Partition,
): Promise<readonly DamagedPart[]> {
  const { data } = await engine.select({
    sql: `CHECK TABLE ${table} PARTITION ID ${literal(partition)}`,
    params: {},
    settings: {
      ...ownSettings,
      ...backgroundSettings,
      max_execution_time: checkTimeS,
      check_query_single_value_result: 0,
    },
  });
  const failed = (data as readonly { part_path: string; is_passed: number; message: string }[]).filter(
    ({ is_passed }) => is_passed === 0,
  );
  if (failed.length === 0) return [];
  const rows = await ownRows<{ name: string; rows: number }>(
    engine,
    `SELECT name, toFloat64(rows) AS rows FROM system.parts
      WHERE active AND database = currentDatabase() AND table = ${literal(table)} AND partition_id = ${literal(partition)}`,
  );
  const rowsOf = new Map(rows.map(({ name, rows: count }) => [name, count]));
  return failed
    .map(({ part_path: path, message }) => ({
      part: path.replace(/\/$/, '').split('/').at(-1) ?? path,
      message,
    }))
    .filter(({ part }) => rowsOf.has(part))
    .map(({ part, message }) => ({
      table: table.replace(/_local$/, ''),
      part,
      day: dayOf(partition),
      rows: rowsOf.get(part),
      reason: 'unreadable' as const,
      detail: message.slice(0, 300),
    }));
}

function keyOf({ table, partition }: Partition): string {
  return `${table} ${partition}`;
}
