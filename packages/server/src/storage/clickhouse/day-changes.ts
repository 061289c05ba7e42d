/**
 * Tells every server that loads one ClickHouse of which days one of them takes rows away on purpose, so that none of the others misses them. A change is noted before it
 * begins and when it has ended, by the clock of the ClickHouse server.
 */
import { randomUUID } from 'node:crypto';
import { type ClickHouseEngine, literal } from './engine.ts';
import { engineNowMs, ownRows } from './own-rows.ts';

export interface DaysToChange {
  /** All tables without. */
  readonly table?: string;
  /** `2026-11-21`. */
  readonly days: readonly string[];
}

/** A change that was killed may go on in the engine; one without end is no longer believed after this. */
const unendedMsMax = 86_400_000;

export class DayChanges {
  readonly #engine: ClickHouseEngine;
  #made: Promise<void> | undefined;

  constructor(engine: ClickHouseEngine) {
    this.#engine = engine;
  }

  async during<T>({ table = '', days }: DaysToChange, task: () => Promise<T>): Promise<T> {
    await this.#make();
    const id = randomUUID();
    const note = async (isEnd: boolean): Promise<void> => {
      const values = days.map(
        (day) => `(${[literal(id), literal(table), literal(day), Number(isEnd)].join(', ')})`,
      );
      await this.#engine.command(
        `INSERT INTO day_changes (id, table, day, is_end) VALUES ${values.join(', ')}`,
      );
    };
    await note(false);
    try {
      return await task();
    } finally {
      await note(true).catch(() => undefined);
    }
  }

  async nowMs(): Promise<number> {
    return Number(await engineNowMs(this.#engine));
  }

  /** Whether rows of this table and day were, or are being, taken away since then. */
  async since(ms: number): Promise<(table: string, day: string | undefined) => boolean> {
    await this.#make();
    const rows = await ownRows<{ table: string; day: string }>(
      this.#engine,
      `SELECT table, toString(day) AS day FROM day_changes GROUP BY id, table, day
        HAVING max(is_end) = 1 AND toUnixTimestamp64Milli(max(time)) >= ${ms}
          OR max(is_end) = 0 AND toUnixTimestamp64Milli(max(time)) >= ${(await this.nowMs()) - unendedMsMax}`,
    );
    const changed = new Set(rows.map(({ table, day }) => `${table} ${day}`));
    return (table, day) => day !== undefined && (changed.has(`${table} ${day}`) || changed.has(` ${day}`));
  }

  async #make(): Promise<void> {
    this.#made ??= this.#engine
      .command(
        `CREATE TABLE IF NOT EXISTS day_changes (id UUID, table String, day Date, is_end UInt8, time DateTime64(3, 'UTC') DEFAULT now64(3))
          ENGINE = MergeTree ORDER BY (day, id) TTL toDateTime(time) + INTERVAL 400 DAY`,
      )
      .catch((error: unknown) => {
        this.#made = undefined;
        throw error;
      });
    await this.#made;
  }
}
