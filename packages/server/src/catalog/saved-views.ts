/** Views of lists in the control plane: those of the project, and those of one browser. */
import { type View, viewInput, type ViewInput } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

/** A project has at most so many. */
export const viewsMax = 2_000;

const columns = 'id::text AS id, page, name, owner, search, is_default AS "isDefault"';

export async function listViews(db: SqlRunner, project: string, owner: string): Promise<View[]> {
  const rows = await db.query<View>(
    `SELECT ${columns} FROM saved_views WHERE project = $1 AND owner IN ('', $2) ORDER BY page, name`,
    [project, owner],
  );
  return decodeReadable(rows, decode);
}

/** One of the same page, owner and name takes what this one says. Undefined where the project has no room. */
export async function saveView(
  db: CatalogDatabase,
  project: string,
  input: ViewInput,
): Promise<View | undefined> {
  return db.transaction(async (tx) => {
    const { page, owner, isDefault } = input;
    if (isDefault)
      await tx.query(
        'UPDATE saved_views SET is_default = false WHERE project = $1 AND page = $2 AND owner = $3 AND is_default',
        [project, page, owner],
      );
    return insertView(tx, project, input);
  });
}

async function insertView(
  tx: SqlRunner,
  project: string,
  { page, name, owner, search, isDefault }: ViewInput,
): Promise<View | undefined> {
  const [row] = await tx.query<View>(
    `INSERT INTO saved_views (project, page, name, owner, search, is_default)
     SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM saved_views WHERE project = $1) < ${viewsMax}
     ON CONFLICT (project, page, owner, name) DO UPDATE SET search = excluded.search, is_default = excluded.is_default, updated_at = now()
     RETURNING ${columns}`,
    [project, page, name, owner, JSON.stringify(search), isDefault],
  );
  return row === undefined ? undefined : decode(row);
}

export async function deleteView(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<boolean> {
  const rows = await db.query('DELETE FROM saved_views WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

function decode({ id, ...row }: View): View {
  return { id, ...readDocument(viewInput, row, `view "${row.name}"`) };
}
