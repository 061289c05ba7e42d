import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { dataDir as initialDatabase } from '@electric-sql/pglite-prepopulatedfs';
import { SightlineError } from '@sightline/schema/errors';
import { sql } from 'drizzle-orm';
import { drizzle as drizzleServer } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzleEmbedded } from 'drizzle-orm/pglite';
import { Pool } from 'pg';
import { migrateCatalog } from './migrate.ts';

/** The control plane: projects, keys, settings. PostgreSQL in the process by default, a PostgreSQL server by configuration. */
export interface Catalog {
  readonly kind: 'embedded' | 'postgres';
  readonly version: string;
  readonly db: CatalogDatabase;
  close(): Promise<void>;
}

export type CatalogDatabase = PgDatabase<RowsOfEitherTwin>;

interface Rows<Row> {
  rows: Row[];
}

/** What both drivers answer a raw statement with. */
interface RowsOfEitherTwin extends PgQueryResultHKT {
  type: Rows<this['row']>;
}

/** The embedded twin lives in `directory`; with `postgresUrl` the server named there is used instead. Both are migrated. */
export async function openCatalog(
  where: { readonly directory: string } | { readonly postgresUrl: string },
): Promise<Catalog> {
  const catalog =
    'postgresUrl' in where ? connectServer(where.postgresUrl) : await openEmbedded(where.directory);
  try {
    await migrateCatalog(catalog.db);
    const version = await readVersion(catalog.db);
    return { ...catalog, version };
  } catch (error) {
    await catalog.close();
    if (error instanceof SightlineError) throw error;
    throw new SightlineError('store_unavailable', `Cannot open the control plane: ${rootMessage(error)}.`, {
      hint:
        catalog.kind === 'postgres'
          ? 'Check that the server named by --postgres-url runs, and that its user may create tables.'
          : 'The folder "control" in the data directory may be damaged; restore it from a backup, or move it away to start with an empty one.',
      cause: error,
    });
  }
}

/**
 * A new database is unpacked from the image that comes with PGlite (1.2 s, against 5 s for making one), and its shared
 * buffers are kept small: the control plane is a few hundred rows, and the default costs 120 MB of memory.
 */
async function openEmbedded(directory: string): Promise<Omit<Catalog, 'version'>> {
  mkdirSync(directory, { recursive: true });
  const isNew = !existsSync(join(directory, 'PG_VERSION'));
  const client = await PGlite.create({
    dataDir: directory,
    postgresqlconf: ['shared_buffers = 8MB', 'max_connections = 10'],
    ...(isNew ? { loadDataDir: await initialDatabase() } : {}),
  });
  return {
    kind: 'embedded',
    db: drizzleEmbedded(client),
    close: async () => (client.closed ? undefined : client.close()),
  };
}

function connectServer(connectionString: string): Omit<Catalog, 'version'> {
  const pool = new Pool({
    connectionString,
    max: 8,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
  });
  // A connection that breaks while idle is replaced at the next query, which then tells its own error.
  pool.on('error', () => {});
  return { kind: 'postgres', db: drizzleServer(pool), close: () => pool.end() };
}

async function readVersion(db: CatalogDatabase): Promise<string> {
  const result = await db.execute<{ server_version: string }>(sql`SHOW server_version`);
  return result.rows[0]?.server_version ?? 'unknown';
}

/** Drivers wrap the reason: the innermost message is the one that helps. */
function rootMessage(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  return inner instanceof Error ? inner.message || String(inner) : String(inner);
}
