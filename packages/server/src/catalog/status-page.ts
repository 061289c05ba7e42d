/** The link under which anybody sees how a project's checks stand. */
import { randomBytes } from 'node:crypto';
import type { SqlRunner } from './catalog-database.ts';

const nameOf = (project: string): string => `status_page:${project}`;

/** The secret part of the link; undefined where the page is not shared. */
export async function readStatusToken(db: SqlRunner, project: string): Promise<string | undefined> {
  const [row] = await db.query<{ token: string }>(
    `SELECT value ->> 'token' AS token FROM settings WHERE name = $1`,
    [nameOf(project)],
  );
  return row?.token;
}

/** A new link, which ends the one before; or none. */
export async function changeStatusToken(
  db: SqlRunner,
  project: string,
  shared: boolean,
): Promise<string | undefined> {
  if (!shared) {
    await db.query('DELETE FROM settings WHERE name = $1', [nameOf(project)]);
    return undefined;
  }
  const token = randomBytes(16).toString('hex');
  await db.query(
    `INSERT INTO settings (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [nameOf(project), JSON.stringify({ token })],
  );
  return token;
}

/** The project that shares its page under this link. */
export async function findStatusProject(db: SqlRunner, token: string): Promise<string | undefined> {
  const [row] = await db.query<{ name: string }>(
    `SELECT name FROM settings WHERE name LIKE 'status\\_page:%' AND value ->> 'token' = $1`,
    [token],
  );
  return row?.name.slice(nameOf('').length);
}
