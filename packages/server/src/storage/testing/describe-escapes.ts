import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Canaries, escapesIn, readEscapes } from './escapes/read-escapes.ts';
import type { Outcome, TypedSqlTrial } from './typed-sql-trial.ts';

/** What the grammar does not read, and the engine refuses because of `readonly = 1`. */
export function refusedByReadonly({ url, port }: Canaries): readonly string[] {
  return [
    `SELECT * FROM url('${url}', 'LineAsString', 'line String')`,
    `SELECT * FROM remote('127.0.0.1:${port}', system.one)`,
    'DROP TABLE sightline.spans',
    'SET readonly = 0',
    "INSERT INTO sightline.spans (project) VALUES ('x')",
  ];
}

/** Nothing of the lists in testing/escapes reaches a file, a port or another project. */
export function describeEscapes(
  name: string,
  start: () => Promise<{ trial: TypedSqlTrial; end?: () => Promise<void> }>,
): void {
  describe(`escapes from ${name}`, () => {
    let trial: TypedSqlTrial;
    let end: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ trial, end } = await start());
    });
    afterAll(async () => {
      await trial?.close();
      await end?.();
    });

    test('canaries sing where there is no wall', async () => {
      const { file, url, others } = trial.canaries;
      const isEmbedded = trial.engine.kind === 'embedded';
      // Servers read below a folder of their own.
      if (isEmbedded)
        expect(JSON.stringify(await trial.unguarded(`SELECT arrayMap(file, ['${file}'])`))).toContain(
          'CANARY',
        );
      expect(
        JSON.stringify(
          await trial.unguarded(`SELECT DISTINCT service FROM spans WHERE project = '${others}'`),
        ),
      ).toContain('CANARY');
      const read = trial.unguarded(`SELECT * FROM url('${url}', 'LineAsString', 'line String')`);
      expect(JSON.stringify(await read)).toContain('CANARY');
      expect(trial.takeConnections()).toBeGreaterThan(0);
    });

    test('readonly = 1 holds behind the grammar', async () => {
      for (const sql of refusedByReadonly(trial.canaries))
        expect([sql, await trial.behindGrammar(sql)]).toEqual([sql, 'refused']);
      trial.assertUntouched('behind the grammar');
    });

    test('nothing of the lists gets out', { timeout: 300_000 }, async () => {
      const counts: Record<Outcome, number> = { refused: 0, answered: 0, limited: 0, failed: 0 };
      const failed: string[] = [];
      for (const sql of escapesIn(readEscapes(trial.canaries))) {
        const outcome = await trial.attempt(sql);
        counts[outcome] += 1;
        if (outcome === 'failed') failed.push(sql);
      }
      expect(failed).toEqual([]);
      expect(counts.refused).toBeGreaterThan(5000);
      // Those that only look like an escape: the project's own rows, and texts with signs in them.
      expect(counts.answered).toBeGreaterThan(20);
      expect(counts.answered).toBeLessThan(100);
    });

    test('every table function of the engine is refused, but for those that make up rows', async () => {
      const { data } = await trial.unguarded('SELECT name FROM system.table_functions');
      const allowed = new Set([
        'numbers',
        'numbers_mt',
        'zeros',
        'zeros_mt',
        'generate_series',
        'generateSeries',
        'primes',
        'values',
        'view',
      ]);
      for (const { name } of data as { name: string }[]) {
        const outcome = await trial.attempt(
          `SELECT * FROM ${name}('${trial.canaries.url}', '${trial.canaries.file}', 1)`,
        );
        if (!allowed.has(name)) expect([name, outcome]).toEqual([name, 'refused']);
      }
    });
  });
}
