/**
 * What the embedded engine is known to have stored, part by part, in a file beside it. The engine begins with the parts it finds, so that a part whose files are
 * gone leaves no trace in it. A part is whole as long as some active part of its table covers its blocks: merges and mutations keep this true, until the engine is opened anew
 * and gives the numbers of lost blocks to others. So the first comparison comes before the first insert, and what is lost is lost until the same files are back or somebody
 * accepts it. What takes rows away for good (retention, deletion, swapped days) says so before, in `changing`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DamagedPart } from '../telemetry-store.ts';
import type { ClickHouseEngine } from './engine.ts';
import { ownRows } from './own-rows.ts';

/** Tables whose rows come from outside, or whose views cannot be run again in small. The others are made anew of these. */
const watchedTables: readonly string[] = [
  'spans',
  'ai_spans',
  'texts',
  'scores',
  'trace_summaries',
  'trace_starts',
  'span_rollup_1m',
  'service_rollup_1m',
  'service_rollup_1h',
  'logs',
  'metric_points',
  'metric_series',
  'ledger',
  'errors',
  'error_days',
];

/** Runs what takes rows of these days (`2026-11-21`) away for good, of one table or of all. */
export type Changing = <T>(
  what: { readonly table?: string; readonly days: readonly string[] },
  task: () => Promise<T>,
) => Promise<T>;

interface Blocks {
  readonly table: string;
  /** `20261121`, or `all`. */
  readonly partition: string;
  readonly first: number;
  readonly last: number;
}

interface StoredPart extends Blocks {
  readonly name: string;
  readonly rows: number;
  /** Of all its files; '' where it was never known. */
  readonly hash: string;
}

interface LostPart extends StoredPart {
  /** The engine has put it aside, as it found it. */
  readonly isAside: boolean;
  readonly isAccepted: boolean;
}

interface Content {
  /** Those that hold rows for certain: of a part with deleted rows a merge may leave nothing. */
  readonly parts: readonly StoredPart[];
  readonly lost: readonly LostPart[];
}

interface DetachedPart extends Blocks {
  readonly name: string;
  readonly reason: string;
  readonly path: string;
}

export class PartInventory {
  readonly #engine: ClickHouseEngine;
  readonly #file: string;
  #content: Content;
  #written: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: ClickHouseEngine, directory: string) {
    this.#engine = engine;
    this.#file = join(directory, 'parts.json');
    this.#written = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
    this.#content = parse(this.#written);
  }

  /** Notes what is missing, then what is there. */
  async look(): Promise<void> {
    await this.#inTurn(async () => this.#look());
  }

  /** Notes what is missing, and leaves the rest as it was: for a start that may still move parts on purpose. */
  async compare(): Promise<void> {
    await this.#inTurn(async () => this.#compare(await this.#activeParts()));
  }

  /** See Changing. What is known of these days is forgotten first, and noted anew when the task is done. */
  readonly changing: Changing = async ({ table, days }, task) => {
    if (days.length === 0) return task();
    const partitions = new Set(days.map((day) => day.replaceAll('-', '')));
    const stays = (part: Blocks): boolean =>
      (table !== undefined && part.table !== table) || !partitions.has(part.partition);
    return this.#inTurn(async () => {
      const { parts, lost } = this.#content;
      await this.#write({
        parts: parts.filter(stays),
        lost: lost.filter((part) => stays(part) || part.isAccepted),
      });
      try {
        return await task();
      } finally {
        await this.#look().catch(() => undefined);
      }
    });
  };

  get lost(): readonly DamagedPart[] {
    return this.#content.lost.filter(({ isAccepted }) => !isAccepted).map(asDamage);
  }

  /** Nobody is told of what is lost now any more. */
  async accept(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#look();
      const { parts, lost } = this.#content;
      await this.#write({ parts, lost: lost.map((part) => ({ ...part, isAccepted: true })) });
    });
  }

  async #look(): Promise<void> {
    const active = await this.#activeParts();
    await this.#compare(active);
    await this.#write({
      parts: active.filter(({ isWhole, rows }) => isWhole && rows > 0).map(withoutFlags),
      lost: this.#content.lost,
    });
  }

  async #compare(active: readonly StoredPart[]): Promise<void> {
    const detached = await readDetached(this.#engine);
    const cover = coverOf(active);
    const hashes = new Set(active.map(({ hash }) => hash));
    const lost = this.#content.lost.filter(({ hash }) => hash === '' || !hashes.has(hash));
    const told = new Set(lost.map(keyOf));
    const strange = detached.filter((part) => !told.has(keyOf(part)));
    const found: LostPart[] = this.#content.parts
      .filter((part) => !cover(part) && !told.has(keyOf(part)))
      .map((part) => {
        const aside = strange.find((other) => rangeOf(other) === rangeOf(part));
        return { ...part, name: aside?.name ?? part.name, isAside: aside !== undefined, isAccepted: false };
      });
    const matched = new Set(found.map(keyOf));
    for (const { table, partition, first, last, name, path, reason } of strange)
      if (reason.startsWith('broken') && !cover({ table, partition, first, last })) {
        const part = { table, partition, first, last, name, rows: rowsOf(path), hash: '' };
        if (!matched.has(keyOf(part))) found.push({ ...part, isAside: true, isAccepted: false });
      }
    // What is noted as lost is no longer expected to be there.
    const gone = new Set(found.map(rangeOf));
    const parts = this.#content.parts.filter((part) => !gone.has(rangeOf(part)));
    await this.#write({ parts, lost: [...lost, ...found] });
  }

  async #activeParts(): Promise<readonly (StoredPart & { readonly isWhole: boolean })[]> {
    const rows = await ownRows<
      Record<'table' | 'partition' | 'name' | 'first' | 'last' | 'rows' | 'hash', string> & {
        deleted: number;
      }
    >(
      this.#engine,
      `SELECT table, partition_id AS partition, name, toString(min_block_number) AS first, toString(max_block_number) AS last, toString(rows) AS rows,
        hash_of_all_files AS hash, has_lightweight_delete AS deleted
        FROM system.parts WHERE active AND database = currentDatabase() ORDER BY table, partition, min_block_number`,
    );
    return rows
      .filter(({ table }) => watchedTables.includes(table))
      .map(({ table, partition, name, first, last, rows: count, hash, deleted }) => ({
        table,
        partition,
        name,
        first: Number(first),
        last: Number(last),
        rows: Number(count),
        hash,
        isWhole: deleted === 0,
      }));
  }

  async #write(content: Content): Promise<void> {
    this.#content = content;
    const text = JSON.stringify(content);
    if (text === this.#written) return;
    try {
      await writeFile(`${this.#file}.tmp`, text);
      await rename(`${this.#file}.tmp`, this.#file);
      this.#written = text;
    } catch {
      // On a full disk the retention must be able to drop days, and the store to open: the next look writes again.
    }
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/**
 * Parts that a ClickHouse server found broken and does not use. A replica fetches such a part from another; without replicas nothing stands in for it, though a newer part may have
 * been given its number.
 */
export async function readSetAside(engine: ClickHouseEngine): Promise<readonly DamagedPart[]> {
  const broken = (await readDetached(engine)).filter(({ reason }) => reason.startsWith('broken'));
  if (broken.length === 0) return [];
  const { nodes } = engine;
  const cover =
    nodes.kind === 'cluster' && nodes.replicated
      ? coverOf(
          await ownRows<Blocks>(
            engine,
            `SELECT table, partition_id AS partition, toFloat64(min_block_number) AS first, toFloat64(max_block_number) AS last
              FROM system.parts WHERE active AND database = currentDatabase()`,
          ),
        )
      : () => false;
  return broken.filter((part) => !cover(part)).map((part) => asDamage({ ...part, rows: -1, isAside: true }));
}

async function readDetached(engine: ClickHouseEngine): Promise<readonly DetachedPart[]> {
  return ownRows<DetachedPart>(
    engine,
    `SELECT table, ifNull(partition_id, '') AS partition, name, ifNull(reason, '') AS reason, path,
      toFloat64(ifNull(min_block_number, 0)) AS first, toFloat64(ifNull(max_block_number, 0)) AS last
      FROM system.detached_parts WHERE database = currentDatabase()`,
  );
}

function coverOf(active: readonly Blocks[]): (part: Blocks) => boolean {
  const byPartition = Map.groupBy(active, ({ table, partition }) => `${table} ${partition}`);
  return ({ table, partition, first, last }) =>
    (byPartition.get(`${table} ${partition}`) ?? []).some((part) => part.first <= first && part.last >= last);
}

function rangeOf({ table, partition, first, last }: Blocks): string {
  return `${table} ${partition} ${first} ${last}`;
}

/** A part that was put aside has a name that no other has. */
function keyOf({
  table,
  partition,
  name,
  hash = '',
}: Blocks & { readonly name: string; readonly hash?: string }): string {
  return /^\d{8}_|^all_/.test(name)
    ? `${table} ${partition} ${name} ${hash}`
    : `${table} ${partition} ${name}`;
}

/** The engine writes the number of rows beside each part; -1 where it cannot be read. */
function rowsOf(path: string): number {
  try {
    return Number(readFileSync(join(path, 'count.txt'), 'utf8'));
  } catch {
    return -1;
  }
}

function asDamage({
  table,
  partition,
  name,
  rows,
  isAside,
}: Omit<StoredPart, 'hash'> & Pick<LostPart, 'isAside'>): DamagedPart {
  return {
    table: table.replace(/_local$/, ''),
    part: name,
    day: dayOf(partition),
    rows: rows < 0 ? undefined : rows,
    reason: isAside ? 'set_aside' : 'missing',
    detail: isAside ? 'The engine found it damaged, and does not use it.' : 'Its files are gone.',
  };
}

/** As in `2026-11-21`; undefined for a table without days. */
export function dayOf(partition: string): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(partition) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}

function withoutFlags({ table, partition, name, first, last, rows, hash }: StoredPart): StoredPart {
  return { table, partition, name, first, last, rows, hash };
}

function parse(text: string): Content {
  try {
    const { parts, lost } = JSON.parse(text) as Content;
    return { parts, lost };
  } catch {
    return { parts: [], lost: [] };
  }
}
