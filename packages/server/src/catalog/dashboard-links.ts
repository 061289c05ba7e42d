/** Links under which anybody sees one dashboard, until they expire or are revoked. */
import { randomBytes } from 'node:crypto';
import { hashSecret } from './api-keys.ts';
import type { SqlRunner } from './catalog-database.ts';
import { decodeDashboard, type DashboardKey, dashboardColumns, type StoredDashboard } from './dashboards.ts';

export interface DashboardLink {
  readonly id: string;
  readonly note: string;
  /** The name of the API key with which it was made; empty: none was needed. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  /** How many days before now a range that guests choose may begin; null: they choose no range. */
  readonly rangeDaysMax: number | null;
}

/** A dashboard has at most so many links that are open. */
export const openLinksMax = 50;
/** Of a dashboard, the newest, those that are closed among them. */
const linksListed = 200;
const usedMsMin = 60_000;

const columns = `l.id, l.note, l.created_by AS "createdBy", l.created_at AS "createdAt", l.expires_at AS "expiresAt",
  l.revoked_at AS "revokedAt", l.last_used_at AS "lastUsedAt",
  l.range_days_max AS "rangeDaysMax"`;
const isOpen = (now: string): string =>
  `l.revoked_at IS NULL AND (l.expires_at IS NULL OR l.expires_at > ${now})`;

/** Makes a link, and returns its secret, which cannot be read again. Undefined where the project has no such dashboard. */
export async function createDashboardLink(
  db: SqlRunner,
  { project, id }: DashboardKey,
  made: {
    readonly note: string;
    /** The hash of the API key that asks, where a stored one does, and what is said where none does. */
    readonly keyHash: string | undefined;
    readonly otherwiseBy: string;
    readonly now: Date;
    readonly expiresAt: Date | null;
    readonly rangeDaysMax: number | null;
  },
): Promise<{ readonly link: DashboardLink; readonly token: string } | undefined> {
  const token = randomBytes(24).toString('base64url');
  const [link] = await db.query<DashboardLink>(
    `INSERT INTO dashboard_links AS l (dashboard_id, hash, note, created_by, created_at, expires_at, range_days_max)
     SELECT id, $3, $4, coalesce((SELECT name FROM api_keys WHERE hash = $5), $6), $7, $8, $9
     FROM dashboards WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [
      project,
      id,
      hashSecret(token),
      made.note,
      made.keyHash ?? '',
      made.otherwiseBy,
      made.now.toISOString(),
      made.expiresAt?.toISOString() ?? null,
      made.rangeDaysMax,
    ],
  );
  return link === undefined ? undefined : { link, token };
}

/** The newest first. */
export async function listDashboardLinks(
  db: SqlRunner,
  { project, id }: DashboardKey,
): Promise<readonly DashboardLink[]> {
  return db.query<DashboardLink>(
    `SELECT ${columns} FROM dashboard_links l JOIN dashboards d ON d.id = l.dashboard_id
     WHERE d.project = $1 AND d.id::text = $2 ORDER BY l.created_at DESC, l.id LIMIT ${linksListed}`,
    [project, id],
  );
}

export async function countOpenLinks(
  db: SqlRunner,
  { project, id }: DashboardKey,
  now: Date,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM dashboard_links l JOIN dashboards d ON d.id = l.dashboard_id
     WHERE d.project = $1 AND d.id::text = $2 AND ${isOpen('$3')}`,
    [project, id, now.toISOString()],
  );
  return row?.count ?? 0;
}

/** False where the dashboard has no link of this id that is not revoked. */
export async function revokeDashboardLink(
  db: SqlRunner,
  { project, id, link }: DashboardKey & { readonly link: string },
  now: Date,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE dashboard_links l SET revoked_at = $4 FROM dashboards d
     WHERE d.id = l.dashboard_id AND d.project = $1 AND d.id::text = $2 AND l.id::text = $3 AND l.revoked_at IS NULL
     RETURNING l.id`,
    [project, id, link, now.toISOString()],
  );
  return rows.length > 0;
}

export interface OpenedLink extends Pick<DashboardLink, 'id' | 'rangeDaysMax'> {
  readonly project: string;
  /** As it is saved now. */
  readonly stored: StoredDashboard;
}

/** What an open link shows. One statement finds it or nothing: whoever asks cannot tell a link that was revoked from one that never was. */
export async function openDashboardLink(
  db: SqlRunner,
  token: string,
  now: Date,
): Promise<OpenedLink | undefined> {
  const [row] = await db.query<
    StoredDashboard & Pick<DashboardLink, 'lastUsedAt' | 'rangeDaysMax'> & { link: string; project: string }
  >(
    `SELECT l.id AS link, l.last_used_at AS "lastUsedAt", l.range_days_max AS "rangeDaysMax", d.project, ${dashboardColumns('d')}
     FROM dashboard_links l JOIN dashboards d ON d.id = l.dashboard_id WHERE l.hash = $1 AND ${isOpen('$2')}`,
    [hashSecret(token), now.toISOString()],
  );
  if (row === undefined) return undefined;
  const { link, project, lastUsedAt, rangeDaysMax, ...stored } = row;
  if (lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= usedMsMin)
    await db.query('UPDATE dashboard_links SET last_used_at = $2 WHERE id = $1', [link, now.toISOString()]);
  return { id: link, project, rangeDaysMax, stored: decodeDashboard(stored) };
}
