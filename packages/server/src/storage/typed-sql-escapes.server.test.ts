import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { describeEscapes, refusedByReadonly } from './testing/describe-escapes.ts';
import { mine, TypedSqlTrial } from './testing/typed-sql-trial.ts';

describeEscapes('a ClickHouse server', async () => {
  const servers = await startClickHouse();
  return {
    trial: await TypedSqlTrial.open({ urls: servers.urls, typedUrls: servers.readerUrls }),
    end: async () => servers.close(),
  };
});

describe('the user that typed SQL has', () => {
  let servers: Awaited<ReturnType<typeof startClickHouse>>;
  let restricted: TypedSqlTrial;
  beforeAll(async () => {
    servers = await startClickHouse();
    restricted = await TypedSqlTrial.open({ urls: servers.urls, typedUrls: servers.readerUrls });
  });
  afterAll(async () => {
    await restricted?.close();
    await servers?.close();
  });

  const askAs = async (urls: readonly string[], sql: string): Promise<string> => {
    const { username, password, origin } = new URL(urls[0] ?? '');
    const headers = { 'x-clickhouse-user': username || 'default', 'x-clickhouse-key': password };
    const response = await fetch(`${origin}/?database=sightline`, { method: 'POST', body: sql, headers });
    return response.text();
  };

  test('runs typed SQL and nothing else, and has no grant beyond SELECT', async () => {
    const { rows } = await restricted.store.queryUntrusted({
      sql: 'SELECT count() AS n FROM spans',
      project: mine,
    });
    expect(rows).toEqual([{ n: '80' }]);
    expect((await restricted.store.inspect()).excessGrants).toEqual([]);
    const whoAmI = { sql: 'SELECT currentUser() AS user', params: {}, settings: {} };
    const users = [
      await restricted.engine.select({ ...whoAmI, isTyped: true }),
      await restricted.engine.select(whoAmI),
    ];
    expect(users.map(({ data }) => data)).toEqual([[{ user: 'reader' }], [{ user: 'default' }]]);
  });

  test('cannot reach outside of the tables, behind all other walls', async () => {
    await askAs(servers.urls, 'CREATE DATABASE elsewhere');
    await askAs(servers.urls, 'CREATE TABLE elsewhere.secrets (a String) ENGINE = Memory');
    await askAs(servers.urls, "INSERT INTO elsewhere.secrets VALUES ('CANARY')");
    const { url, port, file } = restricted.canaries;
    for (const sql of [
      'SELECT * FROM elsewhere.secrets',
      `SELECT * FROM url('${url}', 'LineAsString', 'line String')`,
      `SELECT * FROM file('${file}', 'LineAsString', 'line String')`,
      `SELECT * FROM remote('127.0.0.1:${port}', system.one)`,
      `SELECT * FROM s3('${url}', 'LineAsString', 'line String')`,
      `SELECT * FROM executable('x', 'LineAsString', 'line String')`,
      "INSERT INTO spans (project) VALUES ('x')",
      'ALTER TABLE spans DELETE WHERE 1',
      'TRUNCATE TABLE spans',
      'DROP TABLE spans',
      'CREATE TABLE made (a UInt8) ENGINE = Memory',
      'SYSTEM DROP MARK CACHE',
      "CREATE USER x IDENTIFIED BY 'x'",
    ])
      expect([sql, await askAs(servers.readerUrls, sql)]).toEqual([
        sql,
        expect.stringMatching(/ACCESS_DENIED/),
      ]);
    expect(await askAs(servers.readerUrls, "SELECT * FROM merge('elsewhere', '.*')")).not.toContain('CANARY');
    restricted.assertUntouched('as a restricted user');
    // The same user reads what it may.
    expect(await askAs(servers.readerUrls, 'SELECT count() FROM spans')).toBe('120\n');
  });

  test('is named with each grant beyond, where it may do everything; then readonly = 1 stands behind the grammar', async () => {
    const free = await TypedSqlTrial.open({ urls: servers.urls });
    try {
      const { excessGrants } = await free.store.inspect();
      expect(excessGrants).toEqual(
        expect.arrayContaining(['SOURCES', 'FILE', 'URL', 'REMOTE', 'SELECT ON *.*']),
      );
      for (const sql of refusedByReadonly(free.canaries))
        expect([sql, await free.behindGrammar(sql)]).toEqual([sql, 'refused']);
      free.assertUntouched('behind the grammar');
    } finally {
      await free.close();
    }
  });
});
