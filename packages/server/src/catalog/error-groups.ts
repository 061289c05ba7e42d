/** What people decided about groups of errors: states, and what was merged and split. Times are the database's. */
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

interface StoredErrorState {
  readonly id: string;
  readonly status: 'unresolved' | 'resolved' | 'ignored';
  readonly changedAt: Date;
  readonly changedBy: string | null;
  /** Versions that were known when it was resolved in the next one. */
  readonly knownVersions: readonly string[] | null;
  readonly ignoredUntil: Date | null;
  readonly assignee: string | null;
}

/** Errors of `part` belong to `group`. A move of a variant comes before that of its fingerprint. */
interface StoredErrorMove {
  readonly kind: 'fingerprint' | 'variant';
  readonly part: string;
  readonly group: string;
}

interface ErrorStateChange {
  readonly project: string;
  readonly id: string;
  readonly by: string | null;
  /** Undefined leaves it. */
  readonly state:
    | (Pick<StoredErrorState, 'status' | 'knownVersions'> & { readonly ignoredUntil: string | null })
    | undefined;
  /** Undefined leaves it. */
  readonly assignee: string | null | undefined;
}

/** A statement names all of them. */
export const errorMovesMax = 1_000;
/** Groups with a decision; the newest decisions count. */
const statesMax = 10_000;

const columns = `id, status, changed_at AS "changedAt", changed_by AS "changedBy", known_versions AS "knownVersions",
  ignored_until AS "ignoredUntil", assignee`;

export async function listErrorStates(db: SqlRunner, project: string): Promise<readonly StoredErrorState[]> {
  return db.query(
    `SELECT ${columns} FROM error_groups WHERE project = $1 ORDER BY changed_at DESC LIMIT ${statesMax}`,
    [project],
  );
}

export async function changeErrorState(db: SqlRunner, change: ErrorStateChange): Promise<void> {
  const { project, id, by, state, assignee } = change;
  await db.query(
    `INSERT INTO error_groups (project, id, changed_by, status, known_versions, ignored_until, assignee)
     VALUES ($1, $2, $3, coalesce($4, 'unresolved'), $5, $6, $7)
     ON CONFLICT (project, id) DO UPDATE SET changed_by = $3,
       changed_at = CASE WHEN $4::text IS NULL THEN error_groups.changed_at ELSE now() END,
       status = coalesce($4, error_groups.status),
       known_versions = CASE WHEN $4::text IS NULL THEN error_groups.known_versions ELSE $5 END,
       ignored_until = CASE WHEN $4::text IS NULL THEN error_groups.ignored_until ELSE $6 END,
       assignee = CASE WHEN $8 THEN $7 ELSE error_groups.assignee END`,
    [
      project,
      id,
      by,
      state?.status ?? null,
      state?.knownVersions === undefined || state.knownVersions === null
        ? null
        : JSON.stringify(state.knownVersions),
      state?.ignoredUntil ?? null,
      assignee ?? null,
      assignee !== undefined,
    ],
  );
}

export async function listErrorMoves(db: SqlRunner, project: string): Promise<readonly StoredErrorMove[]> {
  return db.query(
    `SELECT kind, part, group_id AS "group" FROM error_moves WHERE project = $1 ORDER BY part LIMIT ${errorMovesMax}`,
    [project],
  );
}

interface Merge {
  readonly project: string;
  readonly into: string;
  readonly groups: readonly string[];
}

/** All that is in the groups belongs to `into` from now on. False where there are too many moves already. */
export async function mergeErrorGroups(
  db: CatalogDatabase,
  { project, into, groups }: Merge,
): Promise<boolean> {
  const others = [...new Set(groups)].filter((group) => group !== into);
  if (others.length === 0) return true;
  return db.transaction(async (tx) => {
    if (!(await hasRoom(tx, project, others.length))) return false;
    await tx.query(
      'UPDATE error_moves SET group_id = $2, moved_at = now() WHERE project = $1 AND group_id = ANY($3::text[])',
      [project, into, others],
    );
    await tx.query(
      `INSERT INTO error_moves (project, kind, part, group_id)
       SELECT $1, 'fingerprint', each, $2 FROM unnest($3::text[]) AS each
       WHERE NOT EXISTS (SELECT 1 FROM error_moves WHERE project = $1 AND kind = 'variant' AND part = each)
       ON CONFLICT (project, kind, part) DO UPDATE SET group_id = $2, moved_at = now()`,
      [project, into, others],
    );
    // What comes home needs no move.
    await tx.query(
      `DELETE FROM error_moves WHERE project = $1 AND kind = 'fingerprint' AND part = group_id`,
      [project],
    );
    await tx.query('DELETE FROM error_groups WHERE project = $1 AND id = ANY($2::text[])', [project, others]);
    return true;
  });
}

interface Split {
  readonly project: string;
  readonly parts: readonly string[];
}

/** The variants are a group of their own from now on, named after the first of them. Undefined where there are too many moves already. */
export async function splitErrorGroup(
  db: CatalogDatabase,
  { project, parts }: Split,
): Promise<string | undefined> {
  const once = [...new Set(parts)].toSorted();
  const group = once[0] as string;
  return db.transaction(async (tx) => {
    if (!(await hasRoom(tx, project, once.length))) return undefined;
    await tx.query(
      `INSERT INTO error_moves (project, kind, part, group_id) SELECT $1, 'variant', each, $2 FROM unnest($3::text[]) AS each
       ON CONFLICT (project, kind, part) DO UPDATE SET group_id = $2, moved_at = now()`,
      [project, group, once],
    );
    return group;
  });
}

/**
 * Takes a fingerprint or a variant out of the group that it was put into by hand: either stands alone then. A variant that stands
 * alone goes back to the group of its fingerprint. False where it was in none.
 */
export async function unmergeErrorGroup(
  db: SqlRunner,
  { project, group, part }: { readonly project: string; readonly group: string; readonly part: string },
): Promise<boolean> {
  const asked = [project, group, part];
  // Without a move a variant would belong to its fingerprint's group, which may be the one it is taken out of.
  const alone = await db.query(
    `UPDATE error_moves SET group_id = part, moved_at = now()
     WHERE project = $1 AND kind = 'variant' AND group_id = $2 AND part = $3 AND part <> group_id RETURNING part`,
    asked,
  );
  if (alone.length > 0) return true;
  const back = await db.query(
    'DELETE FROM error_moves WHERE project = $1 AND group_id = $2 AND part = $3 RETURNING part',
    asked,
  );
  return back.length > 0;
}

async function hasRoom(tx: SqlRunner, project: string, more: number): Promise<boolean> {
  // Whoever moves at the same time waits.
  await tx.query('SELECT id FROM projects WHERE id = $1 FOR UPDATE', [project]);
  const [row] = await tx.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM error_moves WHERE project = $1',
    [project],
  );
  return Number(row?.count ?? 0) + more <= errorMovesMax;
}
