/** Reports that are made at times, and those that were made. */
import { type ReportResponse, type ReportScheduleInput, reportScheduleInput } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredSchedule extends ReportScheduleInput {
  readonly id: string;
  readonly project: string;
  /** Null while it is paused. */
  readonly nextAt: Date | null;
  readonly lastAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type Row = Pick<StoredSchedule, 'id' | 'project' | 'nextAt' | 'lastAt' | 'createdAt' | 'updatedAt'> & {
  readonly settings: unknown;
};

/** A project has at most so many. */
export const schedulesMax = 100;
/** Made reports that are kept of a schedule. */
const reportsKept = 100;

const columns = `id::text AS id, project, settings, next_at AS "nextAt", created_at AS "createdAt", updated_at AS "updatedAt",
  (SELECT max(made_at) FROM reports WHERE schedule_id = report_schedules.id) AS "lastAt"`;

export async function listSchedules(db: SqlRunner, project: string): Promise<readonly StoredSchedule[]> {
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM report_schedules WHERE project = $1 ORDER BY name`,
    [project],
  );
  return decodeReadable(rows, decode);
}

interface Place {
  readonly project: string;
  readonly id: string;
}

export async function findSchedule(
  db: SqlRunner,
  { project, id }: Place,
): Promise<StoredSchedule | undefined> {
  const [row] = await db.query<Row>(
    `SELECT ${columns} FROM report_schedules WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : decode(row);
}

interface Saved {
  readonly settings: ReportScheduleInput;
  /** Null to pause it. */
  readonly nextAt: Date | null;
}

/** Undefined where the project has one of this name, or as many as it may have. */
export async function createSchedule(
  db: SqlRunner,
  project: string,
  { settings, nextAt }: Saved,
): Promise<StoredSchedule | undefined> {
  const [row] = await db.query<Row>(
    `INSERT INTO report_schedules (project, name, settings, next_at) SELECT $1, $2, $3::jsonb, $4::timestamptz
     WHERE (SELECT count(*) FROM report_schedules WHERE project = $1) < ${schedulesMax}
     ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, settings.name, JSON.stringify(settings), nextAt],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has none of this id, or another of this name. */
export async function changeSchedule(
  db: SqlRunner,
  { project, id }: Place,
  { settings, nextAt }: Saved,
): Promise<StoredSchedule | undefined> {
  const [row] = await db.query<Row>(
    `UPDATE report_schedules SET name = $3, settings = $4::jsonb, next_at = $5, updated_at = now() WHERE project = $1 AND id::text = $2
       AND NOT EXISTS (SELECT FROM report_schedules AS other WHERE other.project = $1 AND other.name = $3 AND other.id::text <> $2)
     RETURNING ${columns}`,
    [project, id, settings.name, JSON.stringify(settings), nextAt],
  );
  return row === undefined ? undefined : decode(row);
}

export async function deleteSchedule(db: SqlRunner, { project, id }: Place): Promise<boolean> {
  const rows = await db.query(
    'DELETE FROM report_schedules WHERE project = $1 AND id::text = $2 RETURNING id',
    [project, id],
  );
  return rows.length > 0;
}

/** The schedules that are due, the longest first, and the time of the database. */
export async function dueSchedules(
  db: SqlRunner,
): Promise<readonly (StoredSchedule & { readonly nextAt: Date; readonly now: Date })[]> {
  const rows = await db.query<Row & { readonly nextAt: Date; readonly now: Date }>(
    `SELECT ${columns}, now() AS now FROM report_schedules WHERE next_at <= now() ORDER BY next_at, id`,
  );
  return decodeReadable(rows, (row) => ({ ...decode(row), nextAt: row.nextAt, now: row.now }));
}

export async function readDatabaseTime(db: SqlRunner): Promise<Date> {
  const [row] = await db.query<{ now: Date }>('SELECT now() AS now');
  return row?.now ?? new Date(0);
}

/** Moves a schedule on from the time at which it was due. False where another server did, or somebody changed it meanwhile. */
export async function moveSchedule(
  tx: SqlRunner,
  { id, from, to }: { readonly id: string; readonly from: Date; readonly to: Date },
): Promise<boolean> {
  const rows = await tx.query(
    'UPDATE report_schedules SET next_at = $3 WHERE id::text = $1 AND next_at = $2 RETURNING id',
    [id, from, to],
  );
  return rows.length > 0;
}

export interface NewReport {
  readonly project: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly dueAt: Date | null;
  readonly missed: number;
  readonly timeZone: string;
  readonly report: ReportResponse;
}

/** Keeps a report; undefined where the one of this time is kept already, or the schedule is gone. */
export async function addReport(
  tx: SqlRunner,
  { project, scheduleId, name, dueAt, missed, timeZone, report }: NewReport,
): Promise<{ readonly id: string; readonly madeAt: Date } | undefined> {
  const [row] = await tx.query<{ id: string; madeAt: Date }>(
    `INSERT INTO reports (project, schedule_id, name, due_at, missed, time_zone, report)
     SELECT $1, id, $3, $4::timestamptz, $5::integer, $6, $7::jsonb FROM report_schedules WHERE id::text = $2
     ON CONFLICT (schedule_id, due_at) DO NOTHING RETURNING id::text AS id, made_at AS "madeAt"`,
    [project, scheduleId, name, dueAt, missed, timeZone, JSON.stringify(report)],
  );
  if (row !== undefined)
    await tx.query(
      `DELETE FROM reports WHERE schedule_id::text = $1 AND id NOT IN (
         SELECT id FROM reports WHERE schedule_id::text = $1 ORDER BY made_at DESC, id LIMIT ${reportsKept})`,
      [scheduleId],
    );
  return row;
}

/** Puts the message of a report into the outbox, once for each channel. */
export async function addReportMessages(
  tx: SqlRunner,
  messages: readonly {
    readonly project: string;
    readonly channel: string;
    readonly dedupeKey: string;
    readonly body: unknown;
  }[],
): Promise<void> {
  for (const { project, channel, dedupeKey, body } of messages)
    await tx.query(
      `INSERT INTO alert_outbox (project, channel, sequence, dedupe_key, body) VALUES ($1, $2, 1, $3, $4::jsonb)
       ON CONFLICT (dedupe_key) DO NOTHING`,
      [project, channel, dedupeKey, JSON.stringify(body)],
    );
}

export interface StoredReport {
  readonly id: string;
  readonly scheduleId: string;
  readonly name: string;
  readonly dueAt: Date | null;
  readonly madeAt: Date;
  readonly missed: number;
  readonly timeZone: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly summary: string;
}

const reportColumns = `id::text AS id, schedule_id::text AS "scheduleId", name, due_at AS "dueAt", made_at AS "madeAt", missed, time_zone AS "timeZone",
  report->>'startTime' AS "startTime", report->>'endTime' AS "endTime", report->>'summary' AS summary`;

export async function listReports(
  db: SqlRunner,
  { project, scheduleId }: { readonly project: string; readonly scheduleId?: string | undefined },
): Promise<readonly StoredReport[]> {
  return db.query(
    `SELECT ${reportColumns} FROM reports WHERE project = $1 AND ($2::text IS NULL OR schedule_id::text = $2) ORDER BY made_at DESC, id LIMIT 100`,
    [project, scheduleId ?? null],
  );
}

export async function findReport(
  db: SqlRunner,
  { project, id }: Place,
): Promise<(StoredReport & { readonly report: unknown }) | undefined> {
  const [row] = await db.query<StoredReport & { readonly report: unknown }>(
    `SELECT ${reportColumns}, report FROM reports WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row;
}

export interface StoredDelivery {
  readonly dedupeKey: string;
  readonly channel: string;
  readonly state: 'waiting' | 'sending' | 'delivered' | 'replaced' | 'dead';
  readonly attempts: number;
  readonly deliveredAt: Date | null;
  readonly lastError: string | null;
}

export async function listReportDeliveries(
  db: SqlRunner,
  project: string,
  reportIds: readonly string[],
): Promise<readonly StoredDelivery[]> {
  if (reportIds.length === 0) return [];
  return db.query(
    `SELECT dedupe_key AS "dedupeKey", channel, state, attempts, delivered_at AS "deliveredAt", last_error AS "lastError"
     FROM alert_outbox WHERE project = $1 AND group_id IS NULL AND body->>'key' = ANY($2::text[]) ORDER BY alert_outbox.id`,
    [project, reportIds.map(reportKey)],
  );
}

/** Of the messages of a report: `key` of the notification. */
export const reportKey = (reportId: string): string => `report-${reportId}`;

function decode({ settings, ...row }: Row): StoredSchedule {
  return { ...readDocument(reportScheduleInput, settings, `report schedule ${row.id}`), ...row };
}
