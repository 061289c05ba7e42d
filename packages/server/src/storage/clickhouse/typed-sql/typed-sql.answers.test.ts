import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analytics } from '../../testing/run-typed-sql-fuzz.ts';
import { mine, TypedSqlTrial } from '../../testing/typed-sql-trial.ts';

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

const examples =
  /```sql\n(?<all>[\s\S]*?)```/
    .exec(readFileSync(new URL('../../../../../../docs/sql.md', import.meta.url), 'utf8'))
    ?.groups?.['all']?.split(/\n\n/) ?? [];

test('there are examples and statements to compare', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
  expect(analytics.length).toBeGreaterThanOrEqual(60);
});

test.each([...examples, ...analytics])('is answered as by the engine itself: %s', async (sql) => {
  const typed = await trial.store.queryUntrusted({ sql, project: mine });
  const direct = await trial.direct(sql);
  expect(typed.columns).toEqual(direct.meta);
  expect(typed.rows).toEqual(direct.data);
});

test('computed columns can be named, and are those of the schema', async () => {
  const { computedColumns } = await import('./readable-tables.ts');
  const { data } = await trial.direct(
    "SELECT table, groupArray(name) AS names FROM system.columns WHERE database = currentDatabase() AND default_kind IN ('ALIAS', 'MATERIALIZED', 'EPHEMERAL') GROUP BY table ORDER BY table",
  );
  const stored = Object.fromEntries(
    (data as { table: string; names: string[] }[]).map(({ table, names }) => [table, names]),
  );
  expect(Object.fromEntries(Object.entries(computedColumns))).toEqual(stored);
  const { rows } = await trial.store.queryUntrusted({
    sql: 'SELECT count() AS n, uniq(bucket) > 0 AS some FROM spans WHERE notEmpty(words)',
    project: mine,
  });
  expect(rows).toEqual([{ n: '80', some: 1 }]);
});

test('SHOW TABLES and DESCRIBE list what can be read', async () => {
  const names = async (sql: string) =>
    (await trial.store.queryUntrusted<{ name: string }>({ sql, project: mine })).rows.map(({ name }) => name);
  expect(await names('show tables;')).toContain('spans');
  expect(await names('show tables;')).not.toContain('runs_progress');
  expect(await names('DESCRIBE TABLE spans')).toContain('trace_id');
  await expect(names('DESC spns')).rejects.toThrow('Did you mean "spans"?');
});
