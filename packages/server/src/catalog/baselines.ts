/** How services were in times of their own, kept beyond their telemetry. */
import { storableText } from '@sightline/base';
import type { SqlRunner } from './catalog-database.ts';

export interface StoredBaseline {
  readonly name: string;
  readonly service: string;
  readonly from: Date;
  readonly to: Date;
  readonly cellCount: number;
  readonly createdAt: Date;
}

const listedMax = 200;
const columns = `name, service, from_time AS "from", to_time AS "to", jsonb_array_length(cells) AS "cellCount", created_at AS "createdAt"`;

export async function listBaselines(db: SqlRunner, project: string): Promise<readonly StoredBaseline[]> {
  return db.query<StoredBaseline>(
    `SELECT ${columns} FROM baselines WHERE project = $1 ORDER BY name LIMIT ${listedMax}`,
    [project],
  );
}

interface BaselineKey {
  readonly project: string;
  readonly name: string;
}

export async function findBaseline<Cell>(
  db: SqlRunner,
  { project, name }: BaselineKey,
): Promise<{ readonly name: string; readonly cells: readonly Cell[] } | undefined> {
  const [row] = await db.query<{ name: string; cells: readonly Cell[] }>(
    'SELECT name, cells FROM baselines WHERE project = $1 AND name = $2',
    [project, name],
  );
  return row;
}

/** One of the same name is replaced. */
export async function saveBaseline(
  db: SqlRunner,
  {
    project,
    name,
    service,
    from,
    to,
    cells,
  }: BaselineKey & {
    readonly service: string;
    readonly from: Date;
    readonly to: Date;
    readonly cells: readonly unknown[];
  },
): Promise<StoredBaseline> {
  const [row] = await db.query<StoredBaseline>(
    `INSERT INTO baselines (project, name, service, from_time, to_time, cells) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
     ON CONFLICT (project, name) DO UPDATE SET service = excluded.service, from_time = excluded.from_time, to_time = excluded.to_time,
       cells = excluded.cells, created_at = now() RETURNING ${columns}`,
    [project, storableText(name), storableText(service), from, to, JSON.stringify(cells)],
  );
  if (row === undefined) throw new Error('A baseline that was written is not there.');
  return row;
}

export async function deleteBaseline(db: SqlRunner, { project, name }: BaselineKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM baselines WHERE project = $1 AND name = $2 RETURNING id', [
    project,
    name,
  ]);
  return rows.length > 0;
}
