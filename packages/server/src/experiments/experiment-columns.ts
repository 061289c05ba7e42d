/** What every result of an experiment took and scored, by item, in columns: 100,000 items take some megabytes. */
import type { ResultFacts } from '../catalog/experiments.ts';

/** Of one item in one experiment: repeats are averaged. */
export interface ItemSums {
  readonly repeats: number;
  readonly errors: number;
  readonly durationMs: number;
  readonly costUsd: number | null;
  readonly scores: ReadonlyMap<string, number>;
}

/** Numbers by row; NaN: there is none. */
export type Column = readonly number[];

export class ExperimentColumns {
  readonly #rows = new Map<string, number>();
  readonly #repeats: number[] = [];
  readonly #errors: number[] = [];
  readonly #durationMs: number[] = [];
  readonly #costUsd: number[] = [];
  readonly #outputs: number[] = [];
  readonly #scores = new Map<string, number[]>();

  /** Repeats of an item must follow each other. */
  static async read(facts: AsyncIterable<ResultFacts>): Promise<ExperimentColumns> {
    const columns = new ExperimentColumns();
    let repeats: ResultFacts[] = [];
    for await (const each of facts) {
      if (repeats.length > 0 && repeats[0]?.itemId !== each.itemId) {
        columns.#add(repeats);
        repeats = [];
      }
      repeats.push(each);
    }
    if (repeats.length > 0) columns.#add(repeats);
    return columns;
  }

  get itemIds(): Iterable<string> {
    return this.#rows.keys();
  }

  get scoreNames(): Iterable<string> {
    return this.#scores.keys();
  }

  rowOf(itemId: string): number | undefined {
    return this.#rows.get(itemId);
  }

  /** The share of the repeats that failed. */
  failedAt(row: number): number {
    return (this.#errors[row] ?? 0) / (this.#repeats[row] ?? 1);
  }

  hasErrorAt(row: number): boolean {
    return (this.#errors[row] ?? 0) > 0;
  }

  /** Stands for the answers: equal where they are. */
  outputAt(row: number): number | undefined {
    return this.#outputs[row];
  }

  scores(name: string): Column {
    return this.#scores.get(name) ?? [];
  }

  /** Items of which nothing was answered have none. */
  get answeredMs(): Column {
    return this.#durationMs.map((ms, row) => (this.failedAt(row) === 1 ? Number.NaN : ms));
  }

  get costsUsd(): Column {
    return this.#costUsd;
  }

  sumsOf(itemId: string): ItemSums | undefined {
    const row = this.#rows.get(itemId);
    if (row === undefined) return undefined;
    const costUsd = this.#costUsd[row] ?? Number.NaN;
    return {
      repeats: this.#repeats[row] ?? 0,
      errors: this.#errors[row] ?? 0,
      durationMs: this.#durationMs[row] ?? 0,
      costUsd: Number.isNaN(costUsd) ? null : costUsd,
      scores: new Map(
        [...this.#scores].flatMap(([name, values]): [string, number][] => {
          const value = values[row];
          return value === undefined || Number.isNaN(value) ? [] : [[name, value]];
        }),
      ),
    };
  }

  #add(repeats: readonly ResultFacts[]): void {
    const [first] = repeats;
    const row = this.#rows.size;
    this.#rows.set(first?.itemId ?? '', row);
    const answered = repeats.filter(({ isError }) => !isError);
    this.#repeats.push(repeats.length);
    this.#errors.push(repeats.length - answered.length);
    this.#durationMs.push(
      average((answered.length === 0 ? repeats : answered).map(({ durationMs }) => durationMs)),
    );
    this.#costUsd.push(average(repeats.flatMap(({ costUsd }) => costUsd ?? [])));
    this.#outputs.push(
      repeats.reduce((sum, { outputHash }) => (sum * 31 + numberOf(outputHash)) % 2 ** 52, 0),
    );
    for (const name of new Set(repeats.flatMap(({ values }) => Object.keys(values)))) {
      const column = this.#scores.get(name) ?? [];
      this.#scores.set(name, column);
      while (column.length < row) column.push(Number.NaN);
      column.push(average(repeats.flatMap(({ values }) => values[name] ?? [])));
    }
  }
}

/** NaN where there is nothing to average. */
function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const numberOf = (hash: string): number => Number.parseInt(hash.slice(0, 11), 16);
