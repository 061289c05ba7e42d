/** Where rows are spread over servers, the project's rows and sums are kept apart by the statement itself, not by the engine's filter alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rewriteTyped } from './clickhouse/typed-sql/rewrite-typed.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { escapesIn, readEscapes } from './testing/escapes/read-escapes.ts';
import { analytics } from './testing/run-typed-sql-fuzz.ts';
import { mine, TypedSqlTrial } from './testing/typed-sql-trial.ts';

let servers: Awaited<ReturnType<typeof startClickHouse>>;
let trial: TypedSqlTrial;

beforeAll(async () => {
  servers = await startClickHouse({ shards: 2 });
  trial = await TypedSqlTrial.open({ urls: servers.urls, cluster: servers.cluster });
}, 120_000);
afterAll(async () => {
  await trial?.close();
  await servers?.close();
});

/** The statement as it is printed, without the engine's own filter beside it. */
const printed = (sql: string): string => rewriteTyped(sql, { ...trial.engine, project: mine });

test('rows of both projects lie on both shards', async () => {
  const { data } = await trial.unguarded('SELECT uniqExact(project, _shard_num) AS places FROM spans');
  expect(data).toEqual([{ places: '4' }]);
});

test.each([
  'SELECT service, count(), uniq(trace_id) FROM spans GROUP BY service',
  'SELECT avg(s.duration_ns) FROM sightline.spans AS s WHERE s.kind > 0',
  'SELECT n FROM (SELECT name, count() AS n FROM spans GROUP BY name)',
])('nodes send sums, not rows: %s', async (sql) => {
  const { data } = await trial.unguarded(`EXPLAIN distributed = 1 ${printed(sql)}`);
  const plan = (data as { explain: string }[]).map(({ explain }) => explain);
  const remote = plan.slice(plan.findIndex((line) => line.includes('ReadFromRemote')));
  expect(remote.join('\n')).toMatch(/\bAggregating\b/);
});

/** What gives the name of the column to something else, reads tables together, or hides the table behind another name. */
const disguises = [
  `SELECT DISTINCT service, '${mine}' AS project FROM spans`,
  `WITH '${mine}' AS project SELECT DISTINCT service FROM spans`,
  `SELECT * REPLACE ('${mine}' AS project) FROM spans`,
  `SELECT service FROM spans ARRAY JOIN ['${mine}'] AS project`,
  `SELECT (SELECT groupArray(service) FROM spans) FROM (SELECT '${mine}' AS project)`,
  `SELECT service FROM (SELECT '${mine}' AS project) AS p JOIN spans ON 1 = 1`,
  `SELECT service FROM (SELECT '${mine}' AS project) AS p LEFT JOIN spans AS s ON p.project != s.project`,
  `SELECT arrayMap(project -> service, ['${mine}']) FROM spans`,
  `SELECT service FROM spans AS attributes`,
  `WITH tuple('${mine}') AS spans SELECT service FROM spans`,
  `SELECT service FROM spans WHERE 1 OR 1`,
  `SELECT service FROM spans WHERE (project = 'others') OR true`,
  `SELECT service FROM spans UNION ALL SELECT service FROM spans_local`,
  `SELECT service FROM spans WHERE trace_id IN (SELECT trace_id FROM spans WHERE project = 'others') OR trace_id IN spans`,
  `SELECT a.service FROM spans AS a, spans AS b`,
  `SELECT service FROM spans AS t(project, service)`,
  `SELECT service FROM spans FINAL`,
  `SELECT t.service FROM view(SELECT * FROM spans) AS t`,
  `SELECT service FROM spans GROUP BY ALL WITH TOTALS`,
];

test(
  'no statement sees another project, without the filter of the engine',
  { timeout: 240_000 },
  async () => {
    const escapes = readEscapes(trial.canaries);
    const some = [...escapesIn(escapes)].filter((_, at) => at < escapes.statements.length || at % 100 === 0);
    let answered = 0;
    for (const sql of [...disguises, ...some]) {
      await trial.attempt(sql);
      let text: string;
      try {
        text = printed(sql);
      } catch {
        continue;
      }
      const answer = await trial.unguarded(text).then(
        (found) => JSON.stringify(found),
        (error: Error) => error.message,
      );
      expect(answer, `${sql}\n${text}`).not.toContain('CANARY');
      answered += 1;
    }
    trial.assertUntouched('one of the lists');
    expect(answered).toBeGreaterThan(disguises.length);
  },
);

test.each(disguises.slice(0, 3))('%s answers with the project’s own rows', async (sql) => {
  const { data } = await trial.unguarded(printed(sql));
  expect(JSON.stringify(data)).toContain('web');
});

test('answers are those of the engine with its filter', { timeout: 120_000 }, async () => {
  let compared = 0;
  for (const sql of analytics.filter((_, at) => at % 3 === 0)) {
    const direct = await trial.direct(sql).catch(() => undefined);
    if (direct === undefined) continue;
    const typed = await trial.store.queryUntrusted({ sql, project: mine });
    expect(typed.columns, sql).toEqual(direct.meta);
    if (/ORDER BY/i.test(sql)) expect(typed.rows, sql).toEqual(direct.data);
    else expect(typed.rows.length, sql).toBe(direct.data.length);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(20);
});
