/** Dashboards in the control plane, with the versions they had. */
import { type DashboardInput, dashboardInput } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredDashboard {
  readonly id: string;
  /** See the API; empty: the project. */
  readonly owner: string;
  readonly version: number;
  readonly updatedAt: Date;
  readonly dashboard: DashboardInput;
}

/** A project has at most so many. */
export const dashboardsMax = 500;
/** Of each dashboard, the newest. */
const versionsKept = 200;

/** A row of `dashboards` as this names it. */
export const dashboardColumns = (table: string): string =>
  `${table}.id, ${table}.owner, ${table}.version, ${table}.updated_at AS "updatedAt", ${table}.document AS dashboard`;
const columns = dashboardColumns('dashboards');

/** Those of the project, and those of one owner. */
export async function listDashboards(
  db: SqlRunner,
  project: string,
  owner: string,
): Promise<readonly StoredDashboard[]> {
  const rows = await db.query<StoredDashboard>(
    `SELECT ${columns} FROM dashboards WHERE project = $1 AND owner IN ('', $2) ORDER BY name`,
    [project, owner],
  );
  return decodeReadable(rows, decodeDashboard);
}

export interface DashboardKey {
  readonly project: string;
  readonly id: string;
}

export async function findDashboard(
  db: SqlRunner,
  { project, id }: DashboardKey,
): Promise<StoredDashboard | undefined> {
  const [row] = await db.query<StoredDashboard>(
    `SELECT ${columns} FROM dashboards WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : decodeDashboard(row);
}

/** How many a project has, whoever lists them. */
export async function countDashboards(db: SqlRunner, project: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM dashboards WHERE project = $1',
    [project],
  );
  return row?.count ?? 0;
}

/** Undefined where the project has one of this name. */
export async function createDashboard(
  db: CatalogDatabase,
  { project, owner }: { readonly project: string; readonly owner: string },
  input: DashboardInput,
): Promise<StoredDashboard | undefined> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<StoredDashboard>(
      `INSERT INTO dashboards (project, name, document, owner) VALUES ($1, $2, $3, $4)
       ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
      [project, input.name, JSON.stringify(input), owner],
    );
    if (row !== undefined) await keepVersion(tx, row);
    return row === undefined ? undefined : decodeDashboard(row);
  });
}

export type DashboardChange =
  | { readonly type: 'changed'; readonly stored: StoredDashboard }
  /** Somebody changed it meanwhile: it has this version now. */
  | { readonly type: 'stale'; readonly version: number }
  | { readonly type: 'name_taken' | 'absent' };

/** Changes it, where `expected` is undefined or its version. What it was stays among its versions. */
export async function changeDashboard(
  db: CatalogDatabase,
  {
    project,
    id,
    expected,
    owner,
  }: DashboardKey & { readonly expected: number | undefined; readonly owner?: string | undefined },
  input: DashboardInput,
): Promise<DashboardChange> {
  return db.transaction(async (tx) => {
    const [now] = await tx.query<{ version: number }>(
      'SELECT version FROM dashboards WHERE project = $1 AND id::text = $2 FOR UPDATE',
      [project, id],
    );
    if (now === undefined) return { type: 'absent' };
    if (expected !== undefined && expected !== now.version) return { type: 'stale', version: now.version };
    const others = await tx.query(
      'SELECT 1 FROM dashboards WHERE project = $1 AND name = $2 AND id::text != $3',
      [project, input.name, id],
    );
    if (others.length > 0) return { type: 'name_taken' };
    const [row] = await tx.query<StoredDashboard>(
      `UPDATE dashboards SET name = $3, document = $4, owner = coalesce($5, owner), version = version + 1, updated_at = now()
       WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
      [project, id, input.name, JSON.stringify(input), owner ?? null],
    );
    if (row === undefined) return { type: 'absent' };
    await keepVersion(tx, row);
    return { type: 'changed', stored: decodeDashboard(row) };
  });
}

async function keepVersion(tx: SqlRunner, { id, version }: StoredDashboard): Promise<void> {
  await tx.query(
    `INSERT INTO dashboard_versions (dashboard_id, version, document)
     SELECT id, version, document FROM dashboards WHERE id = $1`,
    [id],
  );
  await tx.query('DELETE FROM dashboard_versions WHERE dashboard_id = $1 AND version <= $2', [
    id,
    version - versionsKept,
  ]);
}

export async function deleteDashboard(db: SqlRunner, { project, id }: DashboardKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM dashboards WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

export interface DashboardVersion {
  readonly version: number;
  readonly savedAt: Date;
  readonly dashboard: DashboardInput;
}

/** The newest first. */
export async function listDashboardVersions(db: SqlRunner, id: string): Promise<readonly DashboardVersion[]> {
  const rows = await db.query<DashboardVersion>(
    `SELECT version, saved_at AS "savedAt", document AS dashboard FROM dashboard_versions
     WHERE dashboard_id::text = $1 ORDER BY version DESC`,
    [id],
  );
  return decodeReadable(rows, (row) => ({
    ...row,
    dashboard: readDocument(dashboardInput, row.dashboard, `version ${row.version} of the dashboard`),
  }));
}

export function decodeDashboard(row: StoredDashboard): StoredDashboard {
  return { ...row, dashboard: readDocument(dashboardInput, row.dashboard, `dashboard ${row.id}`) };
}
