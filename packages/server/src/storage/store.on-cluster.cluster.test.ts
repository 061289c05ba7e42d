import { expect, test } from 'vitest';
import { ownRows } from './clickhouse/own-rows.ts';
import { openServer } from './clickhouse/server-engine.ts';
import { databaseName, openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { openCluster } from './testing/on-cluster.ts';

/** What nodes have, told by each of them. */
const shapes = `SELECT name, replaceRegexpAll(create_table_query, 'UUID \\'[^\\']+\\'', '') AS query FROM system.tables
  WHERE database = '${databaseName}' ORDER BY name`;

test('every node has the same tables, whichever way it came to them', { timeout: 240_000 }, async () => {
  const { servers, door, options, close } = await openCluster();
  const other = await startClickHouse({ shards: 2 });
  try {
    await (await openStore({ kind: 'clickhouse', ...options }, fixedClock)).close();
    expect(door.carried).toBeGreaterThan(50);
    // Each node named by itself, nothing to carry.
    await (await openStore({ kind: 'clickhouse', ...other }, fixedClock)).close();
    const found = await Promise.all(
      [...servers.urls, ...other.urls].map(async (url) => {
        const engine = await openServer({ urls: [url], database: databaseName });
        const rows = await ownRows<{ name: string; query: string }>(engine, shapes);
        await engine.close();
        return rows.filter(({ name }) => name !== 'schema_migrations');
      }),
    );
    const [first] = found;
    expect(first?.length).toBeGreaterThan(20);
    for (const rows of found) expect(rows).toEqual(first);
  } finally {
    await other.close();
    await close();
  }
});
