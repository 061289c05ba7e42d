import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import type { ClickHouseEngine } from './engine.ts';
import { engineNowMs } from './own-rows.ts';

/** Between two gatherings of a signal. */
const intervalMs = 5_000;
/**
 * A load decides on its rows' `stored_time` and shows them when it is done, so what is looked at begins as much earlier as the longest load took, and this. Rows in
 * the overlap count again, which is all that `count` suffers.
 */
const marginMs = 1_000;
/** Where keys do not repeat, the table holds some of them: sets of keys that are looked at in one gathering, and keys that come of it. */
const setsMax = 20_000;
/** What could not be gathered for so long is left out, so that a gathering that fails does not grow until it always fails. */
const lateMsMax = 60_000;

const sources: Record<TelemetrySignal, { readonly table: string; readonly time: string }> = {
  traces: { table: 'spans', time: 'start_time' },
  logs: { table: 'logs', time: 'time' },
  metrics: { table: 'metric_points', time: 'time' },
};

/**
 * Keeps `attribute_keys`, which completion reads: every few seconds it looks through the rows that are new. Keys repeat in
 * every row, so rows are first put together by their set of keys. A view would do the same for every load, planned anew each time.
 */
export class AttributeKeys {
  readonly #engine: ClickHouseEngine;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** When a signal was gathered last, by our clock. */
  readonly #gatheredMs = new Map<TelemetrySignal, number>();
  /** How long the longest of its loads took that ended since. */
  readonly #longestMs = new Map<TelemetrySignal, number>();
  /** Up to where its rows were looked at, by the engine's clock. */
  readonly #storedMs = new Map<TelemetrySignal, number>();
  readonly #timers = new Map<TelemetrySignal, NodeJS.Timeout>();
  #turn: Promise<void> = Promise.resolve();

  constructor(engine: ClickHouseEngine, clock: Pick<Clock, 'monotonicMs'>) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** To be called after a load, with how long it took. Resolves at once where the table has keys of the signal; those of the first load are there when that is done. */
  async loaded(signal: TelemetrySignal, elapsedMs: number): Promise<void> {
    this.#longestMs.set(signal, Math.max(elapsedMs, this.#longestMs.get(signal) ?? 0));
    if (this.#timers.has(signal)) return;
    const gatheredMs = this.#gatheredMs.get(signal);
    if (gatheredMs === undefined) return this.#gather(signal);
    const dueMs = Math.max(0, gatheredMs + intervalMs - this.#clock.monotonicMs());
    const later = (): void => {
      this.#timers.delete(signal);
      void this.#gather(signal);
    };
    this.#timers.set(signal, setTimeout(later, dueMs).unref());
  }

  /** Gathers what still waits. */
  async close(): Promise<void> {
    for (const [signal, timer] of this.#timers) {
      clearTimeout(timer);
      void this.#gather(signal);
    }
    this.#timers.clear();
    await this.#turn;
  }

  /** One at a time: where one takes longer than the interval, the others would take the memory and the sessions of loads. */
  async #gather(signal: TelemetrySignal): Promise<void> {
    const lastMs = this.#gatheredMs.get(signal);
    this.#gatheredMs.set(signal, this.#clock.monotonicMs());
    const work = this.#turn.then(async () => this.#gatherNow(signal, lastMs));
    this.#turn = work;
    await work;
  }

  async #gatherNow(signal: TelemetrySignal, lastMs: number | undefined): Promise<void> {
    const longestMs = this.#longestMs.get(signal) ?? 0;
    this.#longestMs.delete(signal);
    await this.#gatherSince(signal, longestMs + marginMs).catch(() => {
      this.#longestMs.set(signal, Math.max(longestMs, this.#longestMs.get(signal) ?? 0));
      // The next load tries again, from the same time on.
      if (lastMs === undefined) this.#gatheredMs.delete(signal);
      else this.#gatheredMs.set(signal, lastMs - intervalMs);
    });
  }

  /** What was stored since the last time, by the engine's clock, which stamps rows and need not agree with ours. */
  async #gatherSince(signal: TelemetrySignal, overlapMs: number): Promise<void> {
    const now = Number(await engineNowMs(this.#engine));
    const from = Math.max(this.#storedMs.get(signal) ?? now, now - lateMsMax);
    // Should this fail, the next begins there as well.
    this.#storedMs.set(signal, from);
    await this.#engine.command(gatherSql(signal, from - overlapMs));
    this.#storedMs.set(signal, now);
  }
}

const maps = { attribute: 'attributes', resource: 'resource_attributes', scope: 'scope_attributes' } as const;

function gatherSql(signal: TelemetrySignal, sinceMs: number): string {
  const { table, time } = sources[signal];
  const each = (text: (source: string, map: string) => string) =>
    Object.entries(maps)
      .map(([source, map]) => text(source, map))
      .join(', ');
  return `INSERT INTO attribute_keys (project, signal, source, key, type, last_seen, count)
    SELECT project, '${signal}', entry.1 AS source, entry.2 AS key, entry.3 AS type, max(seen), sum(rows)
    FROM (
      SELECT project, cityHash64(${each((source, map) => `${map}.keys, toString(${source}_types)`)}) AS set,
        toDateTime(max(${time}), 'UTC') AS seen, count() AS rows,
        ${each((source, map) => `any(${map}.keys) AS ${source}_keys, any(toString(${source}_types)) AS ${source}_kinds`)}
      FROM ${table} WHERE stored_time >= fromUnixTimestamp64Milli(toInt64(${sinceMs}), 'UTC')
      GROUP BY project, set)
    ARRAY JOIN arrayConcat(${each((source) => `arrayMap((key, type) -> ('${source}', toString(key), type), ${source}_keys, splitByString('', ${source}_kinds))`)}) AS entry
    GROUP BY project, source, key, type
    SETTINGS max_threads = 1, max_execution_time = 10, max_rows_to_group_by = ${setsMax}, group_by_overflow_mode = 'any'`;
}
