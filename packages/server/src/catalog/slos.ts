/** Service level objectives in the control plane: what they are, and what was counted of them. */
import { sloInput, type SloBurn, type SloInput } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredSlo {
  readonly id: string;
  readonly project: string;
  readonly slo: SloInput;
  /** Ids of its rules. */
  readonly rules: SloRules;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** What was between is counted; null: nothing yet. */
  readonly countedFrom: Date | null;
  readonly countedTo: Date | null;
  readonly problem: string | null;
}

export type SloRules = Readonly<Partial<Record<SloBurn['key'], string>>>;

export interface StoredHour {
  readonly hourMs: number;
  readonly good: number;
  readonly total: number;
  /** Minute of the hour, good, total; null where only the sum is kept. */
  readonly minutes: readonly MinuteCount[] | null;
}

export type MinuteCount = readonly [minute: number, good: number, total: number];

/** Each is counted every minute. */
export const slosMax = 200;

interface Row extends Omit<StoredSlo, 'slo'> {
  readonly slo: unknown;
}

const columns = `id::text AS id, project, slo, rules, version, created_at AS "createdAt", updated_at AS "updatedAt", counted_from AS "countedFrom",
  counted_to AS "countedTo", problem`;

const decode = (row: Row): StoredSlo => ({ ...row, slo: readDocument(sloInput, row.slo, `SLO ${row.id}`) });

export async function listSlos(db: SqlRunner, project: string): Promise<readonly StoredSlo[]> {
  const rows = await db.query<Row>(`SELECT ${columns} FROM slos WHERE project = $1 ORDER BY name`, [project]);
  return decodeReadable(rows, decode);
}

/** Projects that have some. */
export async function projectsWithSlos(db: SqlRunner): Promise<readonly string[]> {
  const rows = await db.query<{ project: string }>('SELECT DISTINCT project FROM slos ORDER BY project');
  return rows.map(({ project }) => project);
}

interface Place {
  readonly project: string;
  readonly id: string;
}

export async function findSlo(db: SqlRunner, { project, id }: Place): Promise<StoredSlo | undefined> {
  const [row] = await db.query<Row>(`SELECT ${columns} FROM slos WHERE project = $1 AND id::text = $2`, [
    project,
    id,
  ]);
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has one of this name. */
export async function createSlo(
  db: SqlRunner,
  project: string,
  slo: SloInput,
): Promise<StoredSlo | undefined> {
  const [row] = await db.query<Row>(
    `INSERT INTO slos (project, name, slo) VALUES ($1, $2, $3) ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, slo.name, JSON.stringify(slo)],
  );
  return row === undefined ? undefined : decode(row);
}

/** What was counted goes where something else is counted now. Undefined where the project has none of this id. */
export async function changeSlo(
  tx: SqlRunner,
  { project, id }: Place,
  { slo, isRecounted }: { readonly slo: SloInput; readonly isRecounted: boolean },
): Promise<StoredSlo | undefined> {
  const anew = isRecounted
    ? ', version = version + 1, counted_from = NULL, counted_to = NULL, problem = NULL'
    : '';
  const [row] = await tx.query<Row>(
    `UPDATE slos SET name = $3, slo = $4, updated_at = date_trunc('milliseconds', clock_timestamp())${anew}
     WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [project, id, slo.name, JSON.stringify(slo)],
  );
  if (row !== undefined && isRecounted) await tx.query('DELETE FROM slo_hours WHERE slo_id::text = $1', [id]);
  return row === undefined ? undefined : decode(row);
}

export async function writeSloRules(tx: SqlRunner, id: string, rules: SloRules): Promise<void> {
  await tx.query('UPDATE slos SET rules = $2 WHERE id::text = $1', [id, JSON.stringify(rules)]);
}

export async function deleteSlo(tx: SqlRunner, { project, id }: Place): Promise<void> {
  await tx.query('DELETE FROM slos WHERE project = $1 AND id::text = $2', [project, id]);
}

export interface Counted {
  readonly id: string;
  /** As the SLO was when it was counted. */
  readonly version: number;
  readonly from: Date;
  readonly to: Date;
  readonly hours: readonly StoredHour[];
}

/** Whole hours take the place of what was known of them. What is counted ahead of the clock is from before it was set back. Nothing is written where the SLO counts something else by now. */
export async function writeCounts(db: CatalogDatabase, counted: Counted): Promise<void> {
  const { id, version, from, to, hours } = counted;
  await db.transaction(async (tx) => {
    const known = await tx.query(
      `UPDATE slos SET counted_from = least(counted_from, $3), problem = NULL,
         counted_to = CASE WHEN counted_to > now() + interval '1 minute' THEN $4 ELSE greatest(counted_to, $4) END
       WHERE id::text = $1 AND version = $2 RETURNING id`,
      [id, version, from, to],
    );
    if (known.length === 0) return;
    await tx.query(
      `INSERT INTO slo_hours (slo_id, hour, good, total, minutes)
       SELECT $1::uuid, to_timestamp(r."hourMs" / 1000.0), r.good, r.total, r.minutes
       FROM jsonb_to_recordset($2::jsonb) AS r("hourMs" bigint, good double precision, total double precision, minutes jsonb)
       ON CONFLICT (slo_id, hour) DO UPDATE SET good = excluded.good, total = excluded.total, minutes = excluded.minutes`,
      [id, JSON.stringify(hours)],
    );
  });
}

export async function noteSloProblem(db: SqlRunner, id: string, problem: string): Promise<void> {
  await db.query('UPDATE slos SET problem = $2 WHERE id::text = $1 AND problem IS DISTINCT FROM $2', [
    id,
    problem,
  ]);
}

/** Hours of SLOs from a time on, in their order. */
export async function readHours(
  db: SqlRunner,
  ids: readonly string[],
  from: Date,
): Promise<ReadonlyMap<string, readonly StoredHour[]>> {
  const rows = await db.query<StoredHour & { readonly id: string }>(
    `SELECT slo_id::text AS id, (extract(epoch FROM hour) * 1000)::double precision AS "hourMs", good, total, minutes FROM slo_hours
     WHERE slo_id::text = ANY($1::text[]) AND hour >= $2 ORDER BY hour`,
    [[...ids], from],
  );
  return Map.groupBy(rows, ({ id }) => id);
}

/** What was counted in the hours that begin between two times of each SLO. */
export async function sumHours(
  db: SqlRunner,
  asked: readonly { readonly id: string; readonly fromMs: number; readonly toMs: number }[],
): Promise<ReadonlyMap<string, { readonly good: number; readonly total: number }>> {
  const rows = await db.query<{ id: string; good: number; total: number }>(
    `SELECT slo_id::text AS id, sum(good) AS good, sum(total) AS total
     FROM jsonb_to_recordset($1::jsonb) AS a(id uuid, "fromMs" double precision, "toMs" double precision)
     JOIN slo_hours ON slo_id = a.id AND hour >= to_timestamp(a."fromMs" / 1000.0) AND hour < to_timestamp(a."toMs" / 1000.0)
     GROUP BY slo_id`,
    [JSON.stringify(asked)],
  );
  return new Map(rows.map(({ id, good, total }) => [id, { good: Number(good), total: Number(total) }]));
}

/** Minutes are kept for short windows only, hours as long as the longest window. */
export async function trimSloHours(
  db: SqlRunner,
  keep: { readonly minutes: Date; readonly hours: Date },
): Promise<void> {
  await db.query('UPDATE slo_hours SET minutes = NULL WHERE minutes IS NOT NULL AND hour < $1', [
    keep.minutes,
  ]);
  await db.query('DELETE FROM slo_hours WHERE hour < $1', [keep.hours]);
}
