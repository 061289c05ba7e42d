import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analytics } from '../../testing/run-typed-sql-fuzz.ts';
import type { StoreError } from '../../telemetry-store.ts';
import { projectTables } from '../table-names.ts';
import { mine, TypedSqlTrial } from '../../testing/typed-sql-trial.ts';

let trial: TypedSqlTrial;
beforeAll(async () => {
  trial = await TypedSqlTrial.open();
});
afterAll(async () => trial.close());

const docs = readFileSync(new URL('../../../../../../docs/sql.md', import.meta.url), 'utf8');
const examples = /```sql\n(?<all>[\s\S]*?)```/.exec(docs)?.groups?.['all']?.split(/\n\n/) ?? [];

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

// Engine and grammar count depth in different ways: what the grammar allows, the engine can read.
const deep = 390;
const chains: Readonly<Record<string, string>> = {
  sums: `SELECT 1${'+1'.repeat(deep)}`,
  products: `SELECT 1${' * 1'.repeat(deep)}`,
  mixed: `SELECT 1${' + 1 * 2'.repeat(deep / 2)}`,
  conditions: `SELECT 1${' AND 1 = 1 OR 0'.repeat(deep / 2)}`,
  texts: `SELECT 'a'${" || 'b'".repeat(deep)}`,
  comparisons: `SELECT 1${' = 1'.repeat(deep)}`,
  casts: `SELECT 1${'::Int8'.repeat(deep)}`,
  functions: `SELECT ${'abs('.repeat(110)}1${')'.repeat(110)}`,
  signs: `SELECT ${'- '.repeat(100)}1`,
};

test.each(Object.entries(chains))(
  'the engine reads chains as long as the grammar allows: %s',
  async (_name, sql) => {
    const { rows } = await trial.store.queryUntrusted({ sql, project: mine });
    expect(rows).toHaveLength(1);
  },
);

test('each table that can be read is in docs/sql.md', () => {
  for (const table of projectTables) expect(docs).toContain(`| \`${table}\` |`);
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

test('no answer tells whether there is some other table, or blames the store', async () => {
  const failureOf = async (sql: string): Promise<{ readonly kind: string; readonly message: string }> =>
    trial.store.queryUntrusted({ sql, project: mine }).then(
      () => ({ kind: 'answered', message: '' }),
      (error: StoreError) => ({ kind: error.kind, message: error.message }),
    );
  const shapes = [
    'SELECT {{name}} IN (SELECT 1)',
    'SELECT {{name}} NOT IN (1, 2) FROM spans',
    'SELECT ({{name}} AS x) GLOBAL IN (SELECT 1), x',
    'SELECT arrayMap(x -> {{name}} IN (1), [1])',
    'SELECT count() FROM spans WHERE {{name}} IN (SELECT name FROM spans)',
  ];
  for (const shape of shapes) {
    const [there, gone, nowhere] = await Promise.all(
      ['system.users', 'system.nosuch', 'nosuch.users'].map(async (name) => {
        const { kind, message } = await failureOf(shape.replaceAll('{{name}}', name));
        return { kind, message: message.replaceAll(name, 'NAME').replace(/ Maybe you meant.*?\]/, '') };
      }),
    );
    expect(there).toMatchObject({ kind: 'refused', message: expect.stringContaining('NAME') as unknown });
    expect([there, there]).toEqual([gone, nowhere]);
  }
  const doubled = (times: number): string =>
    times === 0 ? 'SELECT 1 AS x' : `SELECT * FROM (${doubled(times - 1)} UNION ALL ${doubled(times - 1)})`;
  for (const sql of [
    'SELECT nosuch.trace_id IN (1)',
    'SELECT spans.trace_id IN (SELECT 1) FROM ledger',
    // More than the engine optimises in one statement.
    doubled(9),
  ])
    expect(await failureOf(sql)).toMatchObject({ kind: 'refused' });
});
