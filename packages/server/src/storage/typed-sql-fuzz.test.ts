import { expect, test } from 'vitest';
import { fuzzTypedSql } from './testing/run-typed-sql-fuzz.ts';
import { TypedSqlTrial } from './testing/typed-sql-trial.ts';

test('no statement of a fuzzer gets out', { timeout: 120_000 }, async () => {
  const trial = await TypedSqlTrial.open();
  try {
    const seed = Number(process.env['SIGHTLINE_TEST_SEED'] ?? Date.now() % 2 ** 31);
    const counts = await fuzzTypedSql(trial, { seed, countMax: 1500, timeMsMax: 15_000 });
    expect(counts.answered).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  } finally {
    await trial.close();
  }
});
