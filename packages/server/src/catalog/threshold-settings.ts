import { defaultThresholds, type Thresholds, thresholds } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';

const nameOf = (project: string): string => `thresholds:${project}`;

/** What the project calls too slow, too expensive and failing too often; the defaults where nobody changed them. */
export async function readThresholds(db: SqlRunner, project: string): Promise<Thresholds> {
  const [row] = await db.query<{ value: unknown }>('SELECT value FROM settings WHERE name = $1', [
    nameOf(project),
  ]);
  return row === undefined ? defaultThresholds : thresholds.parse(row.value);
}

export async function writeThresholds(db: SqlRunner, project: string, value: Thresholds): Promise<void> {
  await db.query(
    `INSERT INTO settings (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [nameOf(project), JSON.stringify(value)],
  );
}
