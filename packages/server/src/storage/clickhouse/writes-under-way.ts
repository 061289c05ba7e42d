import { type Clock, msFromNanos } from '@sightline/base';
import type { SettledMs } from '../telemetry-store.ts';
import type { ClickHouseEngine } from './engine.ts';
import { engineNowMs } from './own-rows.ts';

/** On a server others may write, too: no statement of theirs takes longer (HTTP ends them after 120 seconds). */
const longestWriteMs = 150_000n;

/** Knows which rows will still appear with a time that is past: a row is stamped when it is written and seen when all of its statement is. */
export class WritesUnderWay {
  readonly #engine: ClickHouseEngine;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #began = new Map<symbol, number>();

  /** The embedded engine stamps rows by the clock of this process, which is to be given. */
  constructor(engine: ClickHouseEngine, clock: Pick<Clock, 'now'>) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async during<Result>(write: () => Promise<Result>): Promise<Result> {
    const key = Symbol('write');
    this.#began.set(key, this.#nowMs());
    try {
      return await write();
    } finally {
      this.#began.delete(key);
    }
  }

  async settledMs(): Promise<SettledMs> {
    const nowMs = this.#nowMs();
    const oldestMs = Math.min(nowMs, ...this.#began.values());
    if (this.#engine.kind === 'embedded') {
      const untilMs = BigInt(Math.floor(oldestMs) - 1);
      return { certainMs: untilMs, visibleMs: untilMs };
    }
    // The clocks of the two machines may differ; how long a write has taken is the same by both.
    const engineMs = await engineNowMs(this.#engine);
    const writtenMs = engineMs - BigInt(Math.ceil(nowMs - oldestMs)) - 1n;
    const certainMs = engineMs - longestWriteMs;
    return { certainMs, visibleMs: writtenMs > certainMs ? writtenMs : certainMs };
  }

  #nowMs(): number {
    return msFromNanos(this.#clock.now());
  }
}
