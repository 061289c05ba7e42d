import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';
import { migrateCatalog } from './migrate.ts';

/** The control plane: projects, keys, settings. PostgreSQL in the process by default, a PostgreSQL server by configuration. */
export interface Catalog extends CatalogDatabase {
  readonly kind: 'embedded' | 'postgres';
  readonly version: string;
  close(): Promise<void>;
}

/** SQL with `$1` parameters. Values never reach the text. */
export interface SqlRunner {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface CatalogDatabase extends SqlRunner {
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (tx: SqlRunner) => Promise<T>): Promise<T>;
}

type OpenedCatalog = Omit<Catalog, 'version'>;

/** The embedded twin lives in `directory`; with `postgresUrl` the server named there is used instead. Both are migrated. */
export async function openCatalog(
  where: { readonly directory: string } | { readonly postgresUrl: string },
): Promise<Catalog> {
  const catalog =
    'postgresUrl' in where ? await connectServer(where.postgresUrl) : await openEmbedded(where.directory);
  try {
    await migrateCatalog(catalog);
    const [row] = await catalog.query<{ server_version: string }>('SHOW server_version');
    return { ...catalog, version: row?.server_version ?? 'unknown' };
  } catch (error) {
    await catalog.close();
    if (error instanceof SightlineError) throw error;
    throw new SightlineError('store_unavailable', `Cannot open the control plane: ${reasonOf(error)}.`, {
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
async function openEmbedded(directory: string): Promise<OpenedCatalog> {
  const { PGlite } = await import('@electric-sql/pglite');
  mkdirSync(directory, { recursive: true });
  const isNew = !existsSync(join(directory, 'PG_VERSION'));
  const image = isNew ? await (await import('@electric-sql/pglite-prepopulatedfs')).dataDir() : undefined;
  const client = await PGlite.create({
    dataDir: directory,
    postgresqlconf: ['shared_buffers = 8MB', 'max_connections = 10'],
    ...(image === undefined ? {} : { loadDataDir: image }),
  });
  const runner = (connection: Pick<typeof client, 'query'>): SqlRunner => ({
    query: async <Row>(text: string, parameters: readonly unknown[] = []) => {
      const { rows } = await connection.query<Row>(text, [...parameters]).catch(blameUnstorableText);
      return rows;
    },
  });
  return {
    kind: 'embedded',
    ...runner(client),
    transaction: async (work) => client.transaction(async (tx) => work(runner(tx))),
    close: async () => (client.closed ? undefined : client.close()),
  };
}

async function connectServer(connectionString: string): Promise<OpenedCatalog> {
  const { Pool } = await import('pg');
  const pool = new Pool({
    connectionString,
    max: 8,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
  });
  // A connection that breaks while idle is replaced at the next query, which then tells its own error.
  pool.on('error', () => {});
  const runner = (connection: Pick<typeof pool, 'query'>): SqlRunner => ({
    query: async <Row>(text: string, parameters: readonly unknown[] = []) => {
      const { rows } = await connection.query(text, [...parameters]).catch(blameUnstorableText);
      return rows as Row[];
    },
  });
  return {
    kind: 'postgres',
    ...runner(pool),
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(runner(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },
    close: async () => pool.end(),
  };
}

/** PostgreSQL keeps no NUL character in text or JSON: whoever sent one is told so. */
function blameUnstorableText(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== '22021' && code !== '22P05') throw error;
  throw new SightlineError('bad_request', 'A text has a NUL character (U+0000), which cannot be stored.', {
    hint: 'Leave that character out.',
    cause: error,
  });
}

/** A refused connection has its reasons in `errors`, one for each address that was tried. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
