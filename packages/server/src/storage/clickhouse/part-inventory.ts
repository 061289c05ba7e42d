/**
 * What one engine is known to have stored, part by part, in a file of the data directory. The engine begins with the parts it finds, so that a part whose files are
 * gone leaves no trace in it. A part is whole as long as some active part of its table covers its blocks: merges and mutations keep this true, until the engine is opened anew
 * and gives the numbers of lost blocks to others. So the first comparison comes before the first insert, and what is lost is lost until the same files are back or somebody
 * accepts it. What takes rows away for good (retention, deletion, swapped days) says so before, in `changing`; on a ClickHouse server, to the other servers that load it as well.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DamagedPart } from '../telemetry-store.ts';
import type { DayChanges, DaysToChange } from './day-changes.ts';
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
export type Changing = <T>(what: DaysToChange, task: () => Promise<T>) => Promise<T>;

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

interface ActivePart extends StoredPart {
  /** None of its rows is deleted. */
  readonly isWhole: boolean;
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
  /** When the parts were read, by the clock of a ClickHouse server. */
  readonly atMs?: number;
}

interface DetachedPart extends Blocks {
  readonly name: string;
  readonly reason: string;
  readonly path: string;
}

export class PartInventory {
  readonly #engine: ClickHouseEngine;
  readonly #file: string;
  /** What other servers change. Nobody else changes what is embedded. */
  readonly #others: DayChanges | undefined;
  /** The file was there and could not be read: what is missing since then is missed by nobody. */
  readonly isLost: boolean;
  #content: Content;
  #written: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: ClickHouseEngine, file: string, others?: DayChanges) {
    this.#engine = engine;
    this.#file = file;
    this.#others = others;
    this.#written = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
    const content = parse(this.#written);
    this.isLost = content === undefined && existsSync(this.#file);
    this.#content = content ?? { parts: [], lost: [] };
  }

  /** Notes what is missing, then what is there. */
  async look(): Promise<void> {
    await this.#inTurn(async () => this.#look());
  }

  /**
   * Notes what is there, in one statement of the three that `look` takes. False where a known part is gone: then nothing is noted, and `look` says what is missing. For an
   * engine that nobody else writes to.
   */
  async noteNew(): Promise<boolean> {
    return this.#inTurn(async () => {
      const active = await this.#activeParts();
      if (!this.#content.parts.every(thereAmong(active))) return false;
      await this.#note(active);
      return true;
    });
  }

  /** Notes what is missing, and leaves the rest as it was: for a start that may still move parts on purpose. */
  async compare(): Promise<void> {
    await this.#inTurn(async () => this.#compare(await this.#activeParts()));
  }

  /** See Changing. What is known of these days is forgotten first, and noted anew when the task is done. */
  readonly changing: Changing = async (what, task) => {
    const { table, days } = what;
    if (days.length === 0) return task();
    const partitions = new Set(days.map((day) => day.replaceAll('-', '')));
    const stays = (part: Blocks): boolean =>
      (table !== undefined && part.table !== table) || !partitions.has(part.partition);
    return this.#inTurn(async () => {
      const { parts, lost } = this.#content;
      await this.#write({
        ...this.#content,
        parts: parts.filter(stays),
        lost: lost.filter((part) => stays(part) || part.isAccepted),
      });
      try {
        return await (this.#others === undefined ? task() : this.#others.during(what, task));
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
      const { lost } = this.#content;
      await this.#write({ ...this.#content, lost: lost.map((part) => ({ ...part, isAccepted: true })) });
    });
  }

  async #look(): Promise<void> {
    const atMs = await this.#others?.nowMs();
    const active = await this.#activeParts();
    await this.#compare(active);
    await this.#note(active, atMs);
  }

  async #note(active: readonly ActivePart[], atMs?: number): Promise<void> {
    await this.#write({
      ...(atMs === undefined ? {} : { atMs }),
      parts: active.filter(({ isWhole, rows }) => isWhole && rows > 0).map(withoutFlags),
      lost: this.#content.lost,
    });
  }

  async #compare(active: readonly StoredPart[]): Promise<void> {
    const detached = await readDetached(this.#engine);
    const cover = coverOf(active);
    const isThere = thereAmong(active);
    const hashes = new Set(active.map(({ hash }) => hash));
    const asideNow = new Set(detached.map(({ table, name }) => `${table} ${name}`));
    const lost = this.#content.lost.flatMap((part) => {
      const isLeft = part.isAside && asideNow.has(`${part.table} ${part.name}`);
      // It is back, or was made anew; what was put aside is of no worth any more.
      if (part.hash !== '' && hashes.has(part.hash))
        return isLeft ? [{ ...part, hash: '', isAccepted: true }] : [];
      // A server's operator may have dropped or attached it.
      return part.hash !== '' || this.#others === undefined || isLeft ? [part] : [];
    });
    const reported = new Set(lost.map(keyOf));
    const strange = detached.filter((part) => !reported.has(keyOf(part)));
    const found: LostPart[] = this.#content.parts
      .filter((part) => !isThere(part) && !reported.has(keyOf(part)))
      .map((part) => {
        const aside = strange.find((other) => rangeOf(other) === rangeOf(part));
        return { ...part, name: aside?.name ?? part.name, isAside: aside !== undefined, isAccepted: false };
      });
    const matched = new Set(found.map(keyOf));
    for (const aside of strange) {
      const { table, partition, first, last, name, path, reason } = aside;
      const part = { table, partition, first, last, name, rows: rowsOf(path), hash: '' };
      if (!reason.startsWith('broken') || matched.has(keyOf(part))) continue;
      if (!cover(aside)) found.push({ ...part, isAside: true, isAccepted: false });
      // What covers it may be another part with its number. Where it is what was there before, the engine had made it anew: no loss.
      else if (this.#others !== undefined)
        found.push({ ...part, rows: -1, isAside: true, isAccepted: this.#isMadeAnew(aside, active) });
    }
    // What is noted as lost is no longer expected to be there.
    const gone = new Set(found.map(rangeOf));
    const parts = this.#content.parts.filter((part) => !gone.has(rangeOf(part)));
    await this.#write({ ...this.#content, parts, lost: [...lost, ...(await this.#notTakenAway(found))] });
  }

  #isMadeAnew({ table, name }: DetachedPart, active: readonly StoredPart[]): boolean {
    const [of] = /(?:\d{8}|all)_\d+_\d+_\d+(?:_\d+)?/.exec(name) ?? [];
    const isIt = (part: StoredPart): boolean => part.table === table && part.name === of;
    const before = this.#content.parts.find(isIt);
    return before !== undefined && active.some((part) => isIt(part) && part.hash === before.hash);
  }

  /** Without what another server took away on purpose since the last look. */
  async #notTakenAway(found: readonly LostPart[]): Promise<readonly LostPart[]> {
    if (this.#others === undefined || found.every(({ isAside }) => isAside)) return found;
    const isTakenAway = await this.#others.since(this.#content.atMs ?? 0);
    return found.filter(({ table, partition, isAside }) => isAside || !isTakenAway(table, dayOf(partition)));
  }

  async #activeParts(): Promise<readonly ActivePart[]> {
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

/**
 * Whether a part, or what was made of it, is among these. To cover its blocks is not enough: a server that is started anew gives the numbers of a lost part to another one,
 * which is less merged, or less changed, or of the same name with other content.
 */
function thereAmong(active: readonly StoredPart[]): (part: StoredPart) => boolean {
  const byPartition = Map.groupBy(active, ({ table, partition }) => `${table} ${partition}`);
  return (part) => {
    const [level, mutation] = madeOf(part.name);
    return (byPartition.get(`${part.table} ${part.partition}`) ?? []).some((other) => {
      if (other.first > part.first || other.last < part.last) return false;
      if (other.name === part.name) return other.hash === part.hash || other.hash === '' || part.hash === '';
      const [otherLevel, otherMutation] = madeOf(other.name);
      return otherLevel >= level && otherMutation >= mutation;
    });
  };
}

/** How often it was merged, and the number of the last change: `<partition>_<first>_<last>_<level>[_<mutation>]`. */
function madeOf(name: string): readonly [level: number, mutation: number] {
  const [, , , level = '0', mutation = '0'] = name.split('_');
  return [Number(level), Number(mutation)];
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

function parse(text: string): Content | undefined {
  try {
    const content = JSON.parse(text) as Partial<Content> | null;
    return Array.isArray(content?.parts) && Array.isArray(content.lost) ? (content as Content) : undefined;
  } catch {
    return undefined;
  }
}
