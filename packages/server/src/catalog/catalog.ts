import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';
import { migrateCatalog } from './migrate.ts';
import { unpackDatabase } from './unpack-database.ts';

/** The control plane: projects, keys, settings. PostgreSQL in the process by default, a PostgreSQL server by configuration. */
export interface Catalog extends CatalogDatabase {
  readonly kind: 'embedded' | 'postgres';
  readonly version: string;
  close(): Promise<void>;
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
    await catalog.close().catch(() => undefined);
    if (error instanceof SightlineError && error.code !== 'control_plane_unavailable') throw error;
    throw cannotOpen(catalog.kind, error);
  }
}

function cannotOpen(kind: Catalog['kind'], error: unknown): SightlineError {
  const cause = error instanceof SightlineError ? error.cause : error;
  return new SightlineError(
    'control_plane_unavailable',
    `Cannot open the control plane: ${reasonOf(cause)}.`,
    {
      hint: kind === 'postgres' ? postgresHint : embeddedHint,
      cause: error,
    },
  );
}

const postgresHint =
  'Check that the server named by --postgres-url runs, and that its user may create tables.';
const embeddedHint =
  'Stop the server and restore the folder "control" of the data directory from a backup; or move it away, and "known.json" with it, to start with an empty control plane.';

/**
 * A new database is unpacked from the image that comes with PGlite (1.2 s, against 5 s for making one), and its shared
 * buffers are kept small: the control plane is a few hundred rows, and the default costs 120 MB of memory.
 */
async function openEmbedded(directory: string): Promise<OpenedCatalog> {
  const { PGlite } = await import('@electric-sql/pglite');
  mkdirSync(directory, { recursive: true });
  const isNew = readdirSync(directory).length === 0;
  if (!isNew && !existsSync(join(directory, 'PG_VERSION')))
    throw cannotOpen('embedded', new Error(`"${join(directory, 'PG_VERSION')}" is missing`));
  if (isNew)
    await unpackDatabase(await (await import('@electric-sql/pglite-prepopulatedfs')).dataDir(), directory);
  const client = await PGlite.create({
    dataDir: directory,
    postgresqlconf: ['shared_buffers = 8MB', 'max_connections = 10'],
  }).catch((error: unknown) => {
    throw cannotOpen('embedded', error);
  });
  const runner = (connection: Pick<typeof client, 'query'>): SqlRunner => ({
    query: async <Row>(text: string, parameters: readonly unknown[] = []) => {
      const { rows } = await connection.query<Row>(text, [...parameters]).catch(explainFailure(embeddedHint));
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
      const { rows } = await connection.query(text, [...parameters]).catch(explainFailure(postgresHint));
      return rows as Row[];
    },
  });
  return {
    kind: 'postgres',
    ...runner(pool),
    transaction: async (work) => {
      const client = await pool.connect().catch(explainFailure(postgresHint));
      const tx = runner(client);
      // A connection that breaks between two statements says so by an event, which would end the process if nobody listened.
      const ignore = (): void => {};
      client.on('error', ignore);
      try {
        await tx.query('BEGIN');
        const result = await work(tx);
        await tx.query('COMMIT');
        return result;
      } catch (error) {
        // A broken connection has nothing to roll back.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        client.off('error', ignore);
        client.release();
      }
    },
    close: async () => pool.end(),
  };
}

/**
 * What a failed statement means to whoever asked. SQLSTATE classes that tell of the statement and its values pass (21, 22, 23, 40, 42, 44, P0), but for missing
 * tables, which no statement of ours names; everything else is the control plane itself: sockets, files, memory.
 */
function explainFailure(hint: string): (error: unknown) => never {
  return (error) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    // PostgreSQL keeps no NUL character in text or JSON: whoever sent one is told so.
    if (code === '22021' || code === '22P05')
      throw new SightlineError(
        'bad_request',
        'A text has a NUL character (U+0000), which cannot be stored.',
        {
          hint: 'Leave that character out.',
          cause: error,
        },
      );
    if (error instanceof SightlineError || (statementFault.test(code) && code !== '42P01')) throw error;
    throw new SightlineError(
      'control_plane_unavailable',
      `The control plane is damaged or does not answer: ${reasonOf(error)}.`,
      { hint, cause: error, retryAfterS: 5 },
    );
  };
}

const statementFault = /^(?:21|22|23|40|42|44|P0)[0-9A-Z]{3}$/;

/** A refused connection has its reasons in `errors`, one for each address that was tried. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
