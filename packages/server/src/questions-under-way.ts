import type { TelemetryStore } from './storage/telemetry-store.ts';

/** Knows whether somebody waits for an answer. */
export class QuestionsUnderWay {
  #count = 0;

  get areAsked(): boolean {
    return this.#count > 0;
  }

  count(store: TelemetryStore): TelemetryStore {
    const during = async <Result>(answer: Promise<Result>): Promise<Result> => {
      this.#count += 1;
      return answer.finally(() => (this.#count -= 1));
    };
    return {
      ...store,
      query: async (statement, limits) => during(store.query(statement, limits)),
      queryUntrusted: async (sql, limits) => during(store.queryUntrusted(sql, limits)),
    };
  }
}
