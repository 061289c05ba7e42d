import { readFileSync } from 'node:fs';
import { readEscapes } from './escapes/read-escapes.ts';
import { TypedSqlFuzzer } from './fuzz-typed-sql.ts';
import type { Outcome, TypedSqlTrial } from './typed-sql-trial.ts';

export const analytics: readonly string[] = readFileSync(new URL('analytics.sql', import.meta.url), 'utf8')
  .split(/;\n/)
  .map((text) => text.trim())
  .filter((text) => text !== '');

/** Statements of one seed until the time is over or `countMax` is met. A failure says its seed, and which statement it was. */
export async function fuzzTypedSql(
  trial: TypedSqlTrial,
  {
    seed,
    countMax,
    timeMsMax,
  }: { readonly seed: number; readonly countMax: number; readonly timeMsMax: number },
): Promise<Record<Outcome, number>> {
  const fuzzer = new TypedSqlFuzzer(seed, readEscapes(trial.canaries), analytics);
  const counts: Record<Outcome, number> = { refused: 0, answered: 0, limited: 0, failed: 0 };
  const end = performance.now() + timeMsMax;
  for (let at = 0; at < countMax && performance.now() < end; at += 1) {
    const sql = fuzzer.next();
    try {
      const outcome = await trial.attempt(sql);
      counts[outcome] += 1;
      // Whoever typed it would be told that the store is away.
      if (outcome === 'failed') throw new Error(`The store is blamed for this statement: ${sql}`);
    } catch (error) {
      throw new Error(
        `Seed ${seed}, statement ${at}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  console.log(`Seed ${seed}: ${JSON.stringify(counts)}`);
  return counts;
}
