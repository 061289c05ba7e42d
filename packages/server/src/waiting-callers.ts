import { decorateStore } from './storage/decorate-store.ts';
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
    return decorateStore(store, {
      migrate: 'unchanged',
      load: async (segment) => during(store.load(segment)),
      putPrices: 'unchanged',
      priceSpans: 'unchanged',
      rederiveDay: 'unchanged',
      settledMs: 'unchanged',
      putRuns: 'unchanged',
      deriveRunSums: 'unchanged',
      forgetRunSums: 'unchanged',
      putServiceEdges: 'unchanged',
      nextEdgeVersion: 'unchanged',
      forgetServiceEdges: 'unchanged',
      recordRunsProgress: 'unchanged',
      deleteTrace: 'unchanged',
      deleteDemo: 'unchanged',
      putScores: 'unchanged',
      query: async (statement, options) => during(store.query(statement, options)),
      queryBinary: async (statement, options) => during(store.queryBinary(statement, options)),
      queryUntrusted: async (statement, options) => during(store.queryUntrusted(statement, options)),
      equalitiesOf: 'unchanged',
      queue: 'unchanged',
      usage: 'unchanged',
      enforceRetention: 'unchanged',
      missingTables: 'unchanged',
      inspect: 'unchanged',
      noteNew: 'unchanged',
      verify: 'unchanged',
      acceptDamage: 'unchanged',
      close: 'unchanged',
    });
  }
}
