import { StoreError } from '../telemetry-store.ts';
import type { ClickHouseEngine } from './engine.ts';
import type { Changing } from './part-inventory.ts';
import { finishSwaps } from './rederive.ts';
import { leftDays } from './swap-day.ts';

/** Remembers that a server may have been killed in the middle of a swap, until the day is whole again. */
export class UnsureSwaps {
  readonly #engine: ClickHouseEngine;
  readonly #changing: Changing;
  #isUnsure = false;
  #finishing: Promise<void> | undefined;

  constructor(engine: ClickHouseEngine, changing: Changing) {
    this.#engine = engine;
    this.#changing = changing;
  }

  /** To be called at the start: ends what an earlier process, or another, has left. */
  async begin(): Promise<void> {
    this.#isUnsure = true;
    if (this.#engine.kind === 'clickhouse') return this.finish();
    this.#isUnsure = !(await this.mend());
  }

  /** Makes the days whole whose swap was interrupted, by whomever. False where somebody else is still at work. */
  async mend(): Promise<boolean> {
    const days = [...new Set(await leftDays(this.#engine))];
    return this.#changing({ days }, async () => finishSwaps(this.#engine));
  }

  async during<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await task();
    } catch (error) {
      // The embedded engine is killed with this process only.
      this.#isUnsure ||= this.#engine.kind === 'clickhouse';
      throw error;
    }
  }

  /** To be called before anything is loaded. Throws StoreError `unavailable`, nothing else: no load is to blame for what is left. */
  async finish(): Promise<void> {
    if (!this.#isUnsure) return;
    this.#finishing ??= this.#tryToFinish().finally(() => {
      this.#finishing = undefined;
    });
    await this.#finishing;
  }

  /** Where another is at work with it, or it cannot be done, it is tried again with the next load; to wait for it would help nobody. */
  async #tryToFinish(): Promise<void> {
    try {
      this.#isUnsure = !(await this.mend());
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'refused') return;
      throw error;
    }
  }
}
