import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SightlineError } from '@sightline/schema/errors';
import type { CatalogDatabase } from './catalog-database.ts';

const directory = join(import.meta.dirname, 'migrations');
/** Held while migrating, so that servers starting together on one PostgreSQL take turns. */
const migrationLock = 4_300_001;

/**
 * Brings the control plane to this version: every numbered file not yet applied, in order, all in one transaction, so
 * that an interruption leaves the version before.
 * @throws SightlineError `data_from_newer_version` when the database knows a migration that this version does not.
 */
export async function migrateCatalog(db: CatalogDatabase): Promise<void> {
  const known = readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();
  await db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await tx.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
    const rows = await tx.query<{ name: string }>('SELECT name FROM schema_migrations');
    const applied = new Set(rows.map((row) => row.name));
    const newer = [...applied].find((name) => !known.includes(name));
    if (newer !== undefined)
      throw new SightlineError(
        'data_from_newer_version',
        `Cannot open the control plane: it holds migration "${newer}", which this version does not know.`,
        {
          hint: 'Run the version that wrote it, or a newer one; or choose another data directory with --data.',
        },
      );
    for (const name of known.filter((file) => !applied.has(file))) {
      for (const statement of splitStatements(readFileSync(join(directory, name), 'utf8')))
        await tx.query(statement);
      await tx.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
    }
  });
}

/** Statements end with a semicolon at the end of a line; migrations use no other. */
function splitStatements(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.replaceAll(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '');
}
