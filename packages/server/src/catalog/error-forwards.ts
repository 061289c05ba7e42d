import type { SqlRunner } from './catalog-database.ts';

/** Where the errors of a project are sent on to, and how far that has come. */
export interface ErrorForward {
  readonly project: string;
  /** With its key: what leaves the server is masked. */
  readonly dsn: string;
  readonly isActive: boolean;
  readonly storedMs: number;
  readonly storedKey: string;
  readonly sent: number;
  /** By the receiver. */
  readonly refused: number;
  /** Too old when they could have been sent. */
  readonly skipped: number;
  readonly lastSentAt: Date | null;
  /** Why the last attempt failed; null where it did not. */
  readonly failure: string | null;
  /** That failed one after the other. */
  readonly attempts: number;
  readonly retryAt: Date | null;
}

const columns = `project, dsn, is_active AS "isActive", stored_ms AS "storedMs", stored_key AS "storedKey", sent, refused, skipped,
  last_sent_at AS "lastSentAt", failure, attempts, retry_at AS "retryAt"`;

export async function findErrorForward(db: SqlRunner, project: string): Promise<ErrorForward | undefined> {
  const [row] = await db.query<ErrorForward>(`SELECT ${columns} FROM error_forwards WHERE project = $1`, [
    project,
  ]);
  return row === undefined ? undefined : decode(row);
}

/** Another receiver, or one that was paused, begins with what is stored from now on. */
export async function keepErrorForward(
  db: SqlRunner,
  { project, dsn, isActive }: Pick<ErrorForward, 'project' | 'dsn' | 'isActive'>,
  nowMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO error_forwards (project, dsn, is_active, stored_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project) DO UPDATE SET dsn = $2, is_active = $3, failure = NULL, attempts = 0, retry_at = NULL,
       stored_ms = CASE WHEN error_forwards.dsn = $2 AND error_forwards.is_active THEN error_forwards.stored_ms ELSE $4 END,
       stored_key = CASE WHEN error_forwards.dsn = $2 AND error_forwards.is_active THEN error_forwards.stored_key ELSE '0' END`,
    [project, dsn, isActive, nowMs],
  );
}

export async function deleteErrorForward(db: SqlRunner, project: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM error_forwards WHERE project = $1 RETURNING project', [project]);
  return rows.length > 0;
}

/** Forwards that are due and free, for this server until the lease runs out. */
export async function claimErrorForwards(
  db: SqlRunner,
  { owner, leaseMs }: { readonly owner: string; readonly leaseMs: number },
): Promise<readonly ErrorForward[]> {
  const rows = await db.query<ErrorForward>(
    `UPDATE error_forwards SET owner = $1, lease_until = now() + $2 * interval '1 millisecond'
     WHERE is_active AND (owner = $1 OR lease_until < now()) AND (retry_at IS NULL OR retry_at <= now()) RETURNING ${columns}`,
    [owner, leaseMs],
  );
  return rows.map(decode);
}

export interface ForwardProgress {
  readonly sent: number;
  readonly refused: number;
  readonly skipped: number;
  readonly storedMs: number;
  readonly storedKey: string;
  readonly failure: string | null;
  /** Undefined where nothing stands in the way. */
  readonly retryInMs: number | undefined;
}

/** False where the forward is another's by now, was changed or deleted. */
export async function writeForwardProgress(
  db: SqlRunner,
  { project, dsn, owner }: { readonly project: string; readonly dsn: string; readonly owner: string },
  { sent, refused, skipped, storedMs, storedKey, failure, retryInMs }: ForwardProgress,
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE error_forwards SET sent = sent + $4, refused = refused + $5, skipped = skipped + $6, stored_ms = $7, stored_key = $8, failure = $9,
       last_sent_at = CASE WHEN $4 > 0 THEN now() ELSE last_sent_at END,
       attempts = CASE WHEN $10::bigint IS NULL THEN 0 ELSE attempts + 1 END,
       retry_at = now() + $10::bigint * interval '1 millisecond'
     WHERE project = $1 AND dsn = $2 AND owner = $3 AND is_active RETURNING project`,
    [project, dsn, owner, sent, refused, skipped, storedMs, storedKey, failure, retryInMs ?? null],
  );
  return rows.length > 0;
}

/** Lets another server go on at once. */
export async function giveUpForwardLeases(db: SqlRunner, owner: string): Promise<void> {
  await db.query("UPDATE error_forwards SET lease_until = '-infinity' WHERE owner = $1", [owner]);
}

function decode(row: ErrorForward): ErrorForward {
  const { storedMs, sent, refused, skipped } = row;
  return {
    ...row,
    storedMs: Number(storedMs),
    sent: Number(sent),
    refused: Number(refused),
    skipped: Number(skipped),
  };
}
