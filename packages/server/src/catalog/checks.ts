/** Checks in the control plane: what they are, how they stand, and who looks next. Times are the database's, so that any number of servers agree. */
import { storableText } from '@sightline/base';
import { type CheckInput, type CheckReport, type CheckStatus, checkTarget } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredCheck extends CheckInput {
  readonly id: string;
  readonly project: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly status: CheckStatus;
  readonly since: Date;
  readonly lastAt: Date | null;
  readonly lastMs: number | null;
  readonly lastReason: string | null;
  readonly certificateDays: number | null;
  readonly version: number;
  readonly hasPinged: boolean;
  /** Since its last ping, or since it was made or changed. */
  readonly pingAgeS: number;
}

export interface CheckOutcome {
  readonly ok: boolean;
  readonly ms: number | null;
  /** Why it failed. */
  readonly reason: string | null;
  readonly certificateDays: number | null;
}

export interface CheckSpell {
  readonly status: CheckStatus;
  readonly from: Date;
  readonly to: Date | null;
}

/** A project has at most so many. */
export const checksMax = 200;
const resultsKept = 1_000;
const spellDaysKept = 92;
/** A server that takes longer over one look than its attempts may take is gone. */
const leaseSlackS = 30;

const columns = `id, project, name, target, interval_s AS "intervalS", timeout_ms AS "timeoutMs", retries, enabled, on_status_page AS "onStatusPage",
  created_at AS "createdAt", updated_at AS "updatedAt", status, since, last_at AS "lastAt", last_ms AS "lastMs", last_reason AS "lastReason",
  certificate_days AS "certificateDays", version,
  pinged_at IS NOT NULL AS "hasPinged", extract(epoch FROM now() - greatest(pinged_at, updated_at))::double precision AS "pingAgeS"`;

export async function listChecks(db: SqlRunner, project: string): Promise<readonly StoredCheck[]> {
  const rows = await db.query<StoredCheck>(`SELECT ${columns} FROM checks WHERE project = $1 ORDER BY name`, [
    project,
  ]);
  return decodeReadable(rows, decode);
}

interface CheckKey {
  readonly project: string;
  readonly id: string;
}

export async function findCheck(db: SqlRunner, { project, id }: CheckKey): Promise<StoredCheck | undefined> {
  const [row] = await db.query<StoredCheck>(
    `SELECT ${columns} FROM checks WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has one of this name. */
export async function createCheck(
  db: SqlRunner,
  project: string,
  input: CheckInput,
): Promise<StoredCheck | undefined> {
  const [row] = await db.query<StoredCheck>(
    `INSERT INTO checks (project, name, target, interval_s, timeout_ms, retries, enabled, on_status_page)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, ...valuesOf(input)],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has none of this id. It is looked at again at once. */
export async function changeCheck(
  db: SqlRunner,
  { project, id }: CheckKey,
  input: CheckInput,
): Promise<StoredCheck | undefined> {
  const [row] = await db.query<StoredCheck>(
    `UPDATE checks SET name = $3, target = $4, interval_s = $5, timeout_ms = $6, retries = $7, enabled = $8, on_status_page = $9,
       updated_at = now(), version = version + 1, next_at = now(), leased_until = NULL WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [project, id, ...valuesOf(input)],
  );
  return row === undefined ? undefined : decode(row);
}

function valuesOf(input: CheckInput): readonly unknown[] {
  return [
    input.name,
    JSON.stringify(input.target),
    input.intervalS,
    input.timeoutMs,
    input.retries,
    input.enabled,
    input.onStatusPage,
  ];
}

export async function deleteCheck(db: SqlRunner, { project, id }: CheckKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM checks WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

/** A program says that it lives; its check is looked at at once. */
export async function recordPing(db: SqlRunner, { project, id }: CheckKey): Promise<boolean> {
  const rows = await db.query(
    `UPDATE checks SET pinged_at = now(), next_at = now()
     WHERE project = $1 AND id::text = $2 AND target ->> 'kind' = 'heartbeat' RETURNING id`,
    [project, id],
  );
  return rows.length > 0;
}

/** Where a program said that it ends, nobody is missed. */
const reportedSql = `pinged_at = CASE WHEN $4 THEN NULL ELSE now() END, leased_until = NULL,
  next_at = now() + make_interval(secs => interval_s + (target ->> 'graceS')::double precision)`;

/**
 * Takes a report in: the check of a program is made by its first. Undefined where its name is that of another kind of check, or the project has as many as
 * it may have.
 */
export async function recordReport(
  db: SqlRunner,
  project: string,
  { service, name, intervalS, ended }: Pick<CheckReport, 'service' | 'name' | 'intervalS' | 'ended'>,
): Promise<StoredCheck | undefined> {
  const fullName = `${service}/${name}`;
  const [known] = await db.query<StoredCheck>(
    `UPDATE checks SET interval_s = $3, ${reportedSql}
     WHERE project = $1 AND name = $2 AND target ->> 'kind' = 'program' RETURNING ${columns}`,
    [project, fullName, intervalS, ended],
  );
  if (known !== undefined) return decode(known);
  const graceS = Math.max(15, Math.round(intervalS / 2));
  const [made] = await db.query<StoredCheck>(
    // Names of programs are not for the public unless somebody says so.
    `INSERT INTO checks (project, name, target, interval_s, timeout_ms, retries, enabled, on_status_page, pinged_at, next_at)
     SELECT $1, $2, $3::jsonb, $4, 10000, 0, true, false, CASE WHEN $5 THEN NULL ELSE now() END, now() + make_interval(secs => $6)
     WHERE (SELECT count(*) FROM checks WHERE project = $1) < ${checksMax}
     ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [
      project,
      fullName,
      JSON.stringify({ kind: 'program', service, graceS }),
      intervalS,
      ended,
      intervalS + graceS,
    ],
  );
  return made === undefined ? undefined : decode(made);
}

/** Takes checks whose time has come; no other server takes them until their lease ends. */
export async function takeDueChecks(db: SqlRunner, limit: number): Promise<readonly StoredCheck[]> {
  const rows = await db.query<StoredCheck>(
    `UPDATE checks SET next_at = now() + make_interval(secs => interval_s),
       leased_until = now() + make_interval(secs => (retries + 1) * (timeout_ms / 1000.0 + 1) + ${leaseSlackS})
     WHERE id IN (
       SELECT id FROM checks WHERE enabled AND next_at <= now() AND (leased_until IS NULL OR leased_until < now())
       ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING ${columns}`,
    [limit],
  );
  return decodeReadable(rows, decode);
}

/** Gives a check back that was taken and not looked at. */
export async function giveCheckBack(db: SqlRunner, { id, version }: StoredCheck): Promise<void> {
  await db.query('UPDATE checks SET leased_until = NULL WHERE id::text = $1 AND version = $2', [id, version]);
}

/** Milliseconds until a check is due, as far as known now; undefined where there is none. */
export async function nextCheckInMs(db: SqlRunner): Promise<number | undefined> {
  const [row] = await db.query<{ ms: number | null }>(
    `SELECT extract(epoch FROM min(greatest(next_at, coalesce(leased_until, next_at))) - now())::double precision * 1000 AS ms
     FROM checks WHERE enabled`,
  );
  return row?.ms === null || row === undefined ? undefined : Number(row.ms);
}

/**
 * Writes a look down. Time in which the check was not looked at, longer than two intervals, is unknown. False where the check was changed or deleted
 * meanwhile: what was found then is of another check.
 */
export async function recordOutcome(
  db: CatalogDatabase,
  check: StoredCheck,
  outcome: CheckOutcome,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<Omit<Closing, 'next'>>(
      `SELECT now() AS now, status, since, last_at AS "lastAt" FROM checks
       WHERE id::text = $1 AND version = $2 FOR UPDATE`,
      [check.id, check.version],
    );
    if (row === undefined) return false;
    const status: CheckStatus = outcome.ok ? 'up' : 'down';
    const since = await closeSpells(tx, check, { ...row, next: status });
    await tx.query(
      `UPDATE checks SET status = $2, since = $3, last_at = $4, last_ms = $5, last_reason = $6, certificate_days = $7, leased_until = NULL
       WHERE id::text = $1`,
      [check.id, status, since, row.now, outcome.ms, cleanReason(outcome), outcome.certificateDays],
    );
    const [result] = await tx.query<{ id: number }>(
      'INSERT INTO check_results (check_id, time, ok, ms, reason) VALUES ($1, $2, $3, $4, $5) RETURNING id',
      [check.id, row.now, outcome.ok, outcome.ms, cleanReason(outcome)],
    );
    if (Number(result?.id) % 100 === 0) await forgetOld(tx, check.id);
    return true;
  });
}

/** From now on nobody knows how it is. */
export async function recordUnknown(db: CatalogDatabase, check: StoredCheck): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.query<Omit<Closing, 'next'>>(
      'SELECT now() AS now, status, since, last_at AS "lastAt" FROM checks WHERE id::text = $1 FOR UPDATE',
      [check.id],
    );
    if (row === undefined || row.status === 'unknown') return;
    const since = await closeSpells(tx, check, { ...row, next: 'unknown' });
    await tx.query(`UPDATE checks SET status = 'unknown', since = $2 WHERE id::text = $1`, [check.id, since]);
  });
}

interface Closing {
  readonly now: Date;
  readonly status: CheckStatus;
  readonly since: Date;
  readonly lastAt: Date | null;
  readonly next: CheckStatus;
}

/** Ends the state that is over, and tells since when the new one is. */
async function closeSpells(tx: SqlRunner, check: StoredCheck, at: Closing): Promise<Date> {
  const isGap =
    at.status !== 'unknown' &&
    at.lastAt !== null &&
    at.now.getTime() - at.lastAt.getTime() > patienceMs(check);
  if (!isGap && at.status === at.next) return at.since;
  const knownUntil = isGap && at.lastAt !== null ? at.lastAt : at.now;
  await endSpell(tx, check.id, { status: at.status, from: at.since, to: knownUntil });
  if (isGap) await endSpell(tx, check.id, { status: 'unknown', from: knownUntil, to: at.now });
  return at.now;
}

async function endSpell(
  tx: SqlRunner,
  id: string,
  spell: { readonly status: CheckStatus; readonly from: Date; readonly to: Date },
): Promise<void> {
  if (spell.to <= spell.from) return;
  await tx.query(
    `INSERT INTO check_spells (check_id, from_time, to_time, status) VALUES ($1, $2, $3, $4)
     ON CONFLICT (check_id, from_time) DO NOTHING`,
    [id, spell.from, spell.to, spell.status],
  );
}

async function forgetOld(tx: SqlRunner, id: string): Promise<void> {
  await tx.query(
    `DELETE FROM check_results WHERE check_id::text = $1 AND id < (
       SELECT min(id) FROM (SELECT id FROM check_results WHERE check_id::text = $1 ORDER BY id DESC LIMIT ${resultsKept}) AS newest)`,
    [id],
  );
  await tx.query(
    `DELETE FROM check_spells WHERE check_id::text = $1 AND to_time < now() - interval '${spellDaysKept} days'`,
    [id],
  );
}

export async function listCheckResults(
  db: SqlRunner,
  id: string,
  limit: number,
): Promise<
  readonly {
    readonly time: Date;
    readonly ok: boolean;
    readonly ms: number | null;
    readonly reason: string | null;
  }[]
> {
  return db.query(
    'SELECT time, ok, ms, reason FROM check_results WHERE check_id::text = $1 ORDER BY id DESC LIMIT $2',
    [id, limit],
  );
}

/** States of the last 30 days of these checks, those that go on included, the newest first. */
export async function listCheckSpells(
  db: SqlRunner,
  checks: readonly StoredCheck[],
): Promise<{ readonly now: Date; readonly spells: ReadonlyMap<string, readonly CheckSpell[]> }> {
  const rows = await db.query<CheckSpell & { id: string }>(
    `SELECT check_id::text AS id, status, from_time AS "from", to_time AS "to" FROM check_spells
     WHERE check_id::text = ANY($1::text[]) AND to_time > now() - interval '30 days' ORDER BY from_time DESC`,
    [checks.map(({ id }) => id)],
  );
  const [time] = await db.query<{ now: Date }>('SELECT now() AS now');
  const now = time?.now ?? new Date(0);
  const spells = new Map<string, CheckSpell[]>(checks.map((one) => [one.id, openSpells(one, now)]));
  for (const { id, status, from, to } of rows) spells.get(id)?.push({ status, from, to });
  return { now, spells };
}

/** The state that goes on; where nobody looked for long it is unknown since then. */
function openSpells(one: StoredCheck, now: Date): CheckSpell[] {
  if (
    one.status === 'unknown' ||
    one.lastAt === null ||
    now.getTime() - one.lastAt.getTime() <= patienceMs(one)
  )
    return [{ status: one.status, from: one.since, to: null }];
  return [
    { status: 'unknown', from: one.lastAt, to: null },
    { status: one.status, from: one.since, to: one.lastAt },
  ];
}

/** After so long without a look nobody knows how it is. */
function patienceMs({ intervalS, retries, timeoutMs }: CheckInput): number {
  return 2 * intervalS * 1000 + (retries + 1) * (timeoutMs + 1000);
}

function cleanReason({ reason }: CheckOutcome): string | null {
  return reason === null ? null : storableText(reason.slice(0, 500));
}

function decode(row: StoredCheck): StoredCheck {
  return { ...row, target: readDocument(checkTarget, row.target, `check "${row.name}"`) };
}
