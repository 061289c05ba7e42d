/** The whole contract of the store behind one address; that tables come to every node is tested for every change. */
import { type ClickHouseEngine, literal } from './clickhouse/engine.ts';
import { migrate, readMigrations } from './clickhouse/migrate.ts';
import { openServer } from './clickhouse/server-engine.ts';
import { renderMigration } from './clickhouse/table-names.ts';
import { openStore } from './open-store.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { openCluster } from './testing/on-cluster.ts';
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

describeStore(
  'the store on two ClickHouse shards behind one address, upgraded from an early version',
  async () => {
    const { options, close } = await openCluster();
    const engine = await openServer(options);
    await migrateInPart(engine, early);
    await engine.close();
    return { open: () => openStore({ kind: 'clickhouse', ...options }, fixedClock), end: close };
  },
);
