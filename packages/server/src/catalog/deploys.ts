/** Versions that began to run: seen by their first spans, or said. Times are of the telemetry. */
import { storableText } from '@sightline/base';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface StoredDeploy {
  readonly id: string;
  readonly project: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly time: Date;
  readonly source: 'spans' | 'reported';
  readonly note: string;
  /** The last of its looks, in minutes after its time; 0 before the first. */
  readonly judgedMinutes: number;
}

export interface DeployInput {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly time: Date;
  readonly note: string;
}

export interface StoredLook<Answer> {
  readonly minutes: number;
  readonly time: Date;
  readonly answer: Answer;
}

const listedMax = 500;
const keptDays = 400;
const columns = `id::text AS id, project, service, environment, version, time, source, note, judged_minutes AS "judgedMinutes"`;

/** Of which deploys are looked for. */
export async function listProjects(db: SqlRunner): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>('SELECT id FROM projects ORDER BY id LIMIT 1000');
  return rows.map(({ id }) => id);
}

/** The newest first. */
export async function listDeploys(
  db: SqlRunner,
  {
    project,
    from,
    to,
    service,
  }: {
    readonly project: string;
    readonly from: Date;
    readonly to: Date;
    readonly service?: string | undefined;
  },
): Promise<readonly StoredDeploy[]> {
  return db.query<StoredDeploy>(
    `SELECT ${columns} FROM deploys WHERE project = $1 AND time >= $2 AND time < $3 AND ($4::text IS NULL OR service = $4)
     ORDER BY time DESC, id LIMIT ${listedMax}`,
    [project, from, to, service ?? null],
  );
}

export async function findDeploy(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredDeploy | undefined> {
  const [row] = await db.query<StoredDeploy>(
    `SELECT ${columns} FROM deploys WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row;
}

/** What somebody says of a deploy counts more than its first spans; it is judged anew where its time changes. */
export async function reportDeploy(
  db: CatalogDatabase,
  project: string,
  { service, environment, version, time, note }: DeployInput,
): Promise<StoredDeploy> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<StoredDeploy>(
      `INSERT INTO deploys (project, service, environment, version, time, source, note) VALUES ($1, $2, $3, $4, $5, 'reported', $6)
       ON CONFLICT (project, service, environment, version)
       DO UPDATE SET time = excluded.time, source = 'reported', note = excluded.note, judged_minutes = 0
       RETURNING ${columns}`,
      [project, ...[service, environment, version].map(storableText), time, storableText(note)],
    );
    if (row === undefined) throw new Error('A deploy that was written is not there.');
    await tx.query('DELETE FROM deploy_looks WHERE deploy_id::text = $1', [row.id]);
    return row;
  });
}

/** Versions seen by their spans; those that are known stay as they are, unless an earlier span came. */
export async function seeDeploys(
  db: SqlRunner,
  project: string,
  seen: readonly Omit<DeployInput, 'note'>[],
): Promise<void> {
  if (seen.length === 0) return;
  await db.query(
    `INSERT INTO deploys (project, service, environment, version, time, source)
     SELECT $1, service, environment, version, time, 'spans'
     FROM jsonb_to_recordset($2::jsonb) AS r(service text, environment text, version text, time timestamptz)
     ON CONFLICT (project, service, environment, version)
     DO UPDATE SET time = excluded.time WHERE deploys.source = 'spans' AND excluded.time < deploys.time`,
    [
      project,
      JSON.stringify(
        seen.map(({ service, environment, version, time }) => ({
          service: storableText(service),
          environment: storableText(environment),
          version: storableText(version),
          time: time.toISOString(),
        })),
      ),
    ],
  );
}

/** Keeps what a look found; a look that was kept already stays as it is. */
export async function keepLook(
  db: CatalogDatabase,
  { id, minutes, answer }: { readonly id: string; readonly minutes: number; readonly answer: unknown },
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO deploy_looks (deploy_id, minutes, time, answer) SELECT id, $2, now(), $3::jsonb FROM deploys WHERE id::text = $1
       ON CONFLICT (deploy_id, minutes) DO NOTHING`,
      [id, minutes, JSON.stringify(answer)],
    );
    await tx.query('UPDATE deploys SET judged_minutes = greatest(judged_minutes, $2) WHERE id::text = $1', [
      id,
      minutes,
    ]);
  });
}

/** By deploy, the newest look first. */
export async function listLooks<Answer>(
  db: SqlRunner,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredLook<Answer>[]>> {
  const rows = await db.query<StoredLook<Answer> & { id: string }>(
    `SELECT deploy_id::text AS id, minutes, time, answer FROM deploy_looks WHERE deploy_id::text = ANY($1::text[]) ORDER BY minutes DESC`,
    [[...ids]],
  );
  return Map.groupBy(rows, ({ id }) => id);
}

export async function trimDeploys(db: SqlRunner): Promise<void> {
  await db.query(`DELETE FROM deploys WHERE time < now() - interval '${keptDays} days'`);
}
