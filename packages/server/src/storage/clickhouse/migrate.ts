import { readdirSync, readFileSync } from 'node:fs';
import { SightlineError } from '@sightline/schema/errors';
import { type ClickHouseEngine, literal } from './engine.ts';
import { distributedStatements, onCluster, renderMigration } from './table-names.ts';
import { ownRows } from './own-rows.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const migrationsUrl = new URL('migrations/', import.meta.url);

/** The numbered files of migrations/, in order. */
export function readMigrations(directory: URL = migrationsUrl): readonly Migration[] {
  return readdirSync(directory)
    .filter((file) => /^\d{4}-.*\.sql$/.test(file))
    .toSorted()
    .map((file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: splitStatements(readFileSync(new URL(file, directory), 'utf8')),
    }));
}

/**
 * Brings the schema forward. There is no lock to take in ClickHouse, so nothing depends on one: every statement does nothing
 * the second time (IF NOT EXISTS), and a version is recorded after its last statement. An interrupted run is repeated by
 * the next, and two servers that start at once do the same work twice.
 * `changing` is called before anything is changed.
 * @throws SightlineError `data_from_newer_version`, `data_from_older_version`.
 */
export async function migrate(
  engine: ClickHouseEngine,
  migrations: readonly Migration[] = readMigrations(),
  changing?: () => void,
): Promise<void> {
  const { nodes } = engine;
  const replicated = nodes.kind === 'cluster' && nodes.replicated ? 'Replicated' : '';
  await engine.command(`CREATE TABLE IF NOT EXISTS schema_migrations ${onCluster(nodes)}
    (version UInt32, name String, applied DateTime('UTC') DEFAULT now())
    ENGINE = ${replicated}MergeTree ORDER BY version`);
  const applied = await appliedVersions(engine);
  const newest = Math.max(0, ...applied);
  const known = Math.max(0, ...migrations.map(({ version }) => version));
  if (newest > known)
    throw new SightlineError(
      'data_from_newer_version',
      `Cannot open the telemetry store: its schema has version ${newest}, and this program knows up to ${known}.`,
      {
        hint: 'Run the version of Sightline that wrote it or a later one, or choose another data directory.',
      },
    );
  // The schemas before the first of these were never released, and nothing brings them along.
  const first = Math.min(...migrations.map(({ version }) => version));
  if (applied.size > 0 && !applied.has(first))
    throw new SightlineError(
      'data_from_older_version',
      `Cannot open the telemetry store: its schema has version ${newest}, and this program begins with ${first}.`,
      {
        hint: 'Run the version of Sightline that wrote it, or begin anew in another data directory (--data) or ClickHouse database.',
      },
    );
  const missing = migrations.filter(({ version }) => !applied.has(version));
  if (missing.length > 0) changing?.();
  for (const { version, name, statements } of missing) {
    for (const statement of statements)
      await engine.command(renderMigration(statement, nodes, engine.database));
    await engine.command(
      `INSERT INTO schema_migrations (version, name) VALUES (${version}, ${literal(name)})`,
    );
  }
  if (missing.length > 0)
    for (const statement of distributedStatements(nodes)) await engine.command(statement);
}

/** Versions that were recorded. Where each node is spoken to by itself, each has its own record and the same content. */
async function appliedVersions(engine: ClickHouseEngine): Promise<ReadonlySet<number>> {
  const rows = await ownRows<{ version: number }>(engine, 'SELECT DISTINCT version FROM schema_migrations');
  return new Set(rows.map(({ version }) => Number(version)));
}

/** Statements end with a semicolon at the end of a line. Lines of comment go. */
function splitStatements(text: string): readonly string[] {
  return text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
