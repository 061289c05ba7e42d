import { type Clock, msFromNanos } from '@sightline/base';
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

  async settledMs(): Promise<bigint> {
    if (this.#engine.kind === 'embedded')
      return BigInt(Math.floor(Math.min(this.#nowMs(), ...this.#began.values())) - 1);
    return (await engineNowMs(this.#engine)) - longestWriteMs;
  }

  #nowMs(): number {
    return msFromNanos(this.#clock.now());
  }
}
