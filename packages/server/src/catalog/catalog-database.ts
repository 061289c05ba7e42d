/** SQL with `$1` parameters. Values never reach the text. */
export interface SqlRunner {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface CatalogDatabase extends SqlRunner {
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (tx: SqlRunner) => Promise<T>): Promise<T>;
}
