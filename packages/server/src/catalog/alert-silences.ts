import { alertRoutes, type AlertRoute } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';

export interface StoredSilence {
  readonly id: string;
  readonly matchers: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly who: string;
  readonly comment: string;
  readonly createdAt: Date;
  readonly state: 'pending' | 'active' | 'expired';
}

const columns = `id::text AS id, matchers, starts_at AS "startsAt", ends_at AS "endsAt", who, comment, created_at AS "createdAt",
  CASE WHEN ends_at <= now() THEN 'expired' WHEN starts_at > now() THEN 'pending' ELSE 'active' END AS state`;
const listedMax = 1_000;

/** Those that are or will be, and those that ended in the last days. */
export async function listSilences(db: SqlRunner, project: string): Promise<readonly StoredSilence[]> {
  return db.query(
    `SELECT ${columns} FROM alert_silences WHERE project = $1 AND ends_at > now() - interval '7 days' ORDER BY ends_at DESC, id LIMIT ${listedMax}`,
    [project],
  );
}

export async function createSilence(
  db: SqlRunner,
  silence: Pick<StoredSilence, 'matchers' | 'startsAt' | 'endsAt' | 'who' | 'comment'> & {
    readonly project: string;
  },
): Promise<StoredSilence | undefined> {
  const { project, matchers, startsAt, endsAt, who, comment } = silence;
  const [row] = await db.query<StoredSilence>(
    `INSERT INTO alert_silences (project, matchers, starts_at, ends_at, who, comment) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
    [project, matchers, startsAt, endsAt, who, comment],
  );
  return row;
}

/** Ends it now; undefined where the project has none of this id. */
export async function endSilence(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredSilence | undefined> {
  const [row] = await db.query<StoredSilence>(
    `UPDATE alert_silences SET ends_at = least(ends_at, now()), starts_at = least(starts_at, now()) WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [project, id],
  );
  return row;
}

const routesOf = (project: string): string => `alert_routes:${project}`;

/** Undefined where nobody said where messages go. */
export async function readRoutes(db: SqlRunner, project: string): Promise<readonly AlertRoute[] | undefined> {
  const [row] = await db.query<{ value: unknown }>('SELECT value FROM settings WHERE name = $1', [
    routesOf(project),
  ]);
  return row === undefined ? undefined : alertRoutes.parse(row.value).routes;
}

export async function writeRoutes(
  db: SqlRunner,
  project: string,
  routes: readonly AlertRoute[],
): Promise<void> {
  await db.query(
    `INSERT INTO settings (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [routesOf(project), JSON.stringify({ routes })],
  );
}
