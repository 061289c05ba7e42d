/** Prompts in the control plane: versions that never change, and labels that say which one is used where. */
import type { NewPromptVersion, PromptContent } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface StoredPrompt {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly latestVersion: number;
  readonly labels: Readonly<Record<string, number>>;
  readonly updatedAt: Date;
}

export interface StoredPromptVersion {
  readonly version: number;
  readonly content: PromptContent;
  readonly note: string;
  readonly who: string | null;
  readonly createdAt: Date;
}

export interface PromptKey {
  readonly project: string;
  readonly name: string;
}

/** A project has at most so many prompts, and a prompt so many versions and labels. */
export const promptsMax = 2_000;
export const promptVersionsMax = 10_000;
const labelsMax = 50;
const versionsShown = 200;

const columns = `id::text AS id, name, description, latest_version AS "latestVersion", updated_at AS "updatedAt",
  coalesce((SELECT jsonb_object_agg(label, version) FROM prompt_labels WHERE prompt_id = prompts.id), '{}') AS labels`;

export async function listPrompts(db: SqlRunner, project: string): Promise<readonly StoredPrompt[]> {
  return db.query(`SELECT ${columns} FROM prompts WHERE project = $1 ORDER BY name LIMIT ${promptsMax}`, [
    project,
  ]);
}

export async function findPrompt(
  db: SqlRunner,
  { project, name }: PromptKey,
): Promise<StoredPrompt | undefined> {
  const [row] = await db.query<StoredPrompt>(
    `SELECT ${columns} FROM prompts WHERE project = $1 AND name = $2`,
    [project, name],
  );
  return row;
}

export type SavedPrompt =
  | { readonly saved: StoredPromptVersion; readonly isNew: boolean }
  | { readonly full: 'prompts' | 'versions' | 'labels' };

/** A new version, unless the newest says just this already. The labels that are given move to it. */
export async function savePromptVersion(
  db: CatalogDatabase,
  project: string,
  input: NewPromptVersion,
): Promise<SavedPrompt> {
  return db
    .transaction(async (tx) => {
      const [counted] = await tx.query<{ others: number }>(
        'SELECT count(*)::int AS others FROM prompts WHERE project = $1 AND name <> $2',
        [project, input.name],
      );
      if ((counted?.others ?? 0) >= promptsMax) return { full: 'prompts' as const };
      await tx.query(
        'INSERT INTO prompts (project, name) VALUES ($1, $2) ON CONFLICT (project, name) DO NOTHING',
        [project, input.name],
      );
      const [prompt] = await tx.query<{ id: string; latest: number }>(
        'SELECT id::text AS id, latest_version AS latest FROM prompts WHERE project = $1 AND name = $2 FOR UPDATE',
        [project, input.name],
      );
      const { id, latest } = prompt ?? { id: '', latest: 0 };
      const content = JSON.stringify(input.content);
      const [newest] = await tx.query<{ text: string }>(
        'SELECT content::text AS text FROM prompt_versions WHERE prompt_id = $1::uuid AND version = $2',
        [id, latest],
      );
      const isNew = newest?.text !== content;
      if (isNew && latest >= promptVersionsMax) return { full: 'versions' as const };
      const version = isNew ? latest + 1 : latest;
      if (isNew)
        await tx.query(
          'INSERT INTO prompt_versions (prompt_id, version, content, note, who) VALUES ($1::uuid, $2, $3, $4, $5)',
          [id, version, content, input.note, input.who ?? null],
        );
      await tx.query(
        `UPDATE prompts SET latest_version = $2, description = coalesce($3, description), updated_at = now() WHERE id = $1::uuid`,
        [id, version, input.description ?? null],
      );
      if (!(await putLabels(tx, { id, version }, input.labels))) throw new TooManyLabels();
      const [saved] = await readVersions(tx, id, [version]);
      if (saved === undefined) throw new Error('A version that was just written is not there.');
      return { saved, isNew };
    })
    .catch((error: unknown) => {
      if (error instanceof TooManyLabels) return { full: 'labels' as const };
      throw error;
    });
}

/** Rolls a transaction back. */
class TooManyLabels extends Error {}

/** False where the prompt has no such version, or as many labels as it may have. */
export async function labelPrompt(
  db: CatalogDatabase,
  prompt: { readonly id: string; readonly version: number },
  label: string,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT id FROM prompts WHERE id = $1::uuid FOR UPDATE', [prompt.id]);
    const [version] = await tx.query(
      'SELECT version FROM prompt_versions WHERE prompt_id = $1::uuid AND version = $2',
      [prompt.id, prompt.version],
    );
    return version !== undefined && putLabels(tx, prompt, [label]);
  });
}

async function putLabels(
  tx: SqlRunner,
  { id, version }: { readonly id: string; readonly version: number },
  labels: readonly string[],
): Promise<boolean> {
  if (labels.length === 0) return true;
  await tx.query(
    `INSERT INTO prompt_labels (prompt_id, label, version) SELECT $1::uuid, unnest($2::text[]), $3
     ON CONFLICT (prompt_id, label) DO UPDATE SET version = EXCLUDED.version, changed_at = now()`,
    [id, [...new Set(labels)], version],
  );
  const [row] = await tx.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM prompt_labels WHERE prompt_id = $1::uuid',
    [id],
  );
  return (row?.count ?? 0) <= labelsMax;
}

export async function unlabelPrompt(
  db: SqlRunner,
  { id }: Pick<StoredPrompt, 'id'>,
  label: string,
): Promise<boolean> {
  const rows = await db.query(
    'DELETE FROM prompt_labels WHERE prompt_id = $1::uuid AND label = $2 RETURNING label',
    [id, label],
  );
  return rows.length > 0;
}

export async function deletePrompt(db: SqlRunner, { project, name }: PromptKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM prompts WHERE project = $1 AND name = $2 RETURNING id', [
    project,
    name,
  ]);
  return rows.length > 0;
}

/** The newest first, at most 200. */
export async function listPromptVersions(
  db: SqlRunner,
  id: string,
): Promise<readonly (Omit<StoredPromptVersion, 'content'> & { readonly model: string | null })[]> {
  return db.query(
    `SELECT version, note, who, created_at AS "createdAt", content ->> 'model' AS model FROM prompt_versions
     WHERE prompt_id = $1::uuid ORDER BY version DESC LIMIT ${versionsShown}`,
    [id],
  );
}

export async function readVersions(
  db: SqlRunner,
  id: string,
  versions: readonly number[],
): Promise<readonly StoredPromptVersion[]> {
  return db.query(
    `SELECT version, content, note, who, created_at AS "createdAt" FROM prompt_versions
     WHERE prompt_id = $1::uuid AND version = ANY($2::int[]) ORDER BY version`,
    [id, [...versions]],
  );
}
