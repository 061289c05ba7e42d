import type { ClickHouseEngine } from './engine.ts';
import { engineNowMs } from './own-rows.ts';

/** On a server others may write, too: no statement of theirs takes longer (HTTP ends them after 120 seconds). */
const longestWriteMs = 150_000n;

/** Knows which rows will still appear with a time that is past: a row is stamped when it is written and seen when all of its statement is. */
export class WritesUnderWay {
  readonly #engine: ClickHouseEngine;
  readonly #wallMs: () => number;
  readonly #began = new Map<symbol, number>();

  /** `wallMs` is the embedded engine's clock: milliseconds since 1970. */
  constructor(engine: ClickHouseEngine, wallMs: () => number = Date.now) {
    this.#engine = engine;
    this.#wallMs = wallMs;
  }

  async during<Result>(write: () => Promise<Result>): Promise<Result> {
    const key = Symbol('write');
    this.#began.set(key, this.#wallMs());
    try {
      return await write();
    } finally {
      this.#began.delete(key);
    }
  }

  async settledMs(): Promise<bigint> {
    if (this.#engine.kind === 'embedded')
      return BigInt(Math.floor(Math.min(this.#wallMs(), ...this.#began.values())) - 1);
    return (await engineNowMs(this.#engine)) - longestWriteMs;
  }
}
