import { expect, test } from 'vitest';
import { type ClickHouseEngine, literal } from './clickhouse/engine.ts';
import { migrate, readMigrations } from './clickhouse/migrate.ts';
import { ownRows } from './clickhouse/own-rows.ts';
import { openServer } from './clickhouse/server-engine.ts';
import { renderMigration } from './clickhouse/table-names.ts';
import { databaseName, openStore } from './open-store.ts';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { openOnClusterDoor } from './testing/on-cluster-door.ts';
import { describeStore } from './testing/store-contract.ts';

const all = readMigrations();
const early = 5;

/** As a program did that knew no later version. */
async function migrateInPart(engine: ClickHouseEngine, newest: number): Promise<void> {
  await migrate(engine, []);
  for (const { version, name, statements } of all.filter((each) => each.version <= newest)) {
    for (const statement of statements)
      await engine.command(renderMigration(statement, engine.nodes, engine.database));
    await engine.command(
      `INSERT INTO schema_migrations (version, name) VALUES (${version}, ${literal(name)})`,
    );
  }
}

/** What nodes have, told by each of them. */
const shapes = `SELECT name, replaceRegexpAll(create_table_query, 'UUID \\'[^\\']+\\'', '') AS query FROM system.tables
  WHERE database = '${databaseName}' ORDER BY name`;

async function openCluster() {
  const servers = await startClickHouse({ shards: 2 });
  const door = await openOnClusterDoor(servers.urls);
  const options = { urls: [door.url], cluster: servers.cluster, database: databaseName };
  const close = async (): Promise<void> => {
    await door.close();
    await servers.close();
  };
  return { servers, door, options, close };
}

describeStore(
  'the store on two ClickHouse shards behind one address, upgraded from an early version',
  async () => {
    const { options, close } = await openCluster();
    const engine = await openServer(options);
    await migrateInPart(engine, early);
    await engine.close();
    const open = (): ReturnType<typeof openStore> =>
      openStore({ kind: 'clickhouse', ...options }, fixedClock);
    let store = await open();
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await open();
        return store;
      },
      close: async () => {
        await store.close();
        await close();
      },
    };
  },
);

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
