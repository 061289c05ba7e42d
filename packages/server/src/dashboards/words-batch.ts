import type { ValueQuery } from '@sightline/schema/rules';
import type { JoinedModels } from '../query/agents/model-names.ts';
import { settledRuns } from '../query/agents/settled-runs.ts';
import { readNamesNear } from '../query/alerts/items-of.ts';
import type { HistoriesReader, PanelContext } from '../query/alerts/kept-histories.ts';
import { readRuleHistories, type ValueSeries } from '../query/alerts/read-rule-values.ts';
import { Reader } from '../query/reader.ts';
import type { TimeRange } from '../query/time-range.ts';

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
  readonly #read: HistoriesReader;
  readonly #waiting = new Map<string, Waiting>();

  #names: Promise<JoinedModels> | undefined;
  #unsettled: Promise<readonly string[]> | undefined;
  readonly #context: PanelContext;

  constructor(context: PanelContext) {
    this.#context = context;
    this.#read =
      context.histories?.together(context) ??
      (async (queries, looks) => readRuleHistories(context, queries, looks));
  }

  async history(query: ValueQuery, looks: Looks): Promise<readonly ValueSeries[]> {
    // What is about other items has statements of its own, and no panel waits for those of another.
    const key = [query.source, looks.first, looks.stepNanos, looks.count, looks.windowNanos].join(' ');
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

  /** The names of models in the range of all panels. */
  async namesIn(range: TimeRange): Promise<JoinedModels> {
    this.#names ??= readNamesNear(new Reader(this.#context), range);
    return this.#names;
  }

  /** Notes on runs that are missing from the answers because they are not settled yet. */
  async unsettledIn(range: TimeRange): Promise<readonly string[]> {
    this.#unsettled ??= this.#readUnsettled(range);
    return this.#unsettled;
  }

  async #readUnsettled(range: TimeRange): Promise<readonly string[]> {
    const reader = new Reader(this.#context);
    await settledRuns(reader, range);
    return (reader.limitsMet.limitsMet ?? []).map(({ message }) => message);
  }

  async #ask({ looks, asked }: Waiting): Promise<void> {
    const queries = asked.map(({ query }) => query);
    const answers = await this.#read(queries, looks).catch((error: unknown) =>
      queries.map(() => (error instanceof Error ? error : new Error(String(error)))),
    );
    for (const [index, { resolve, reject }] of asked.entries()) {
      const answer = answers[index] ?? [];
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }
  }
}
