import type { TelemetryStore } from './storage/telemetry-store.ts';

/** Knows whether somebody waits for the store: for an answer, or for what was just received to be there. */
export class WaitingCallers {
  #count = 0;

  get areThere(): boolean {
    return this.#count > 0;
  }

  /** The store for callers whom work in the background is to leave room for. */
  count(store: TelemetryStore): TelemetryStore {
    const during = async <Result>(answer: Promise<Result>): Promise<Result> => {
      this.#count += 1;
      return answer.finally(() => (this.#count -= 1));
    };
    return {
      ...store,
      query: async (statement, limits) => during(store.query(statement, limits)),
      queryUntrusted: async (statement, limits) => during(store.queryUntrusted(statement, limits)),
      load: async (segment) => during(store.load(segment)),
    };
  }
}
