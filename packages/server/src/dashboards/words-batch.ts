import type { ValueQuery } from '@sightline/schema/rules';
import { readRuleHistories, type ValueSeries } from '../query/alerts/read-rule-values.ts';
import type { QueryContext } from '../query/reader.ts';

type Looks = Parameters<typeof readRuleHistories>[2];

interface Waiting {
  readonly looks: Looks;
  readonly asked: {
    readonly query: ValueQuery;
    readonly resolve: (series: readonly ValueSeries[]) => void;
    readonly reject: (error: Error) => void;
  }[];
}

/** Gathers what panels that begin together ask of the same times, so that those about the same items are one statement. */
export class WordsBatch {
  readonly #context: QueryContext;
  readonly #waiting = new Map<string, Waiting>();

  constructor(context: QueryContext) {
    this.#context = context;
  }

  async history(query: ValueQuery, looks: Looks): Promise<readonly ValueSeries[]> {
    const key = [looks.first, looks.stepNanos, looks.count, looks.windowNanos].join(' ');
    return new Promise((resolve, reject) => {
      const known = this.#waiting.get(key);
      if (known !== undefined) {
        known.asked.push({ query, resolve, reject });
        return;
      }
      const waiting: Waiting = { looks, asked: [{ query, resolve, reject }] };
      this.#waiting.set(key, waiting);
      setImmediate(() => {
        this.#waiting.delete(key);
        void this.#ask(waiting);
      });
    });
  }

  async #ask({ looks, asked }: Waiting): Promise<void> {
    const queries = asked.map(({ query }) => query);
    const answers = await readRuleHistories(this.#context, queries, looks).catch((error: unknown) =>
      queries.map(() => (error instanceof Error ? error : new Error(String(error)))),
    );
    for (const [index, { resolve, reject }] of asked.entries()) {
      const answer = answers[index] ?? [];
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }
  }
}
