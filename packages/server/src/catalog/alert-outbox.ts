/** Messages on their way. A group has at most one that is unsent, so that its messages arrive in their order. */
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface ClaimedMessage {
  readonly id: string;
  readonly project: string;
  readonly channel: string;
  readonly body: unknown;
  readonly attempts: number;
  readonly reference: string | null;
}

/** Takes a message that is due, of none of these channels, for so long; undefined where there is none. */
export async function claimMessage(
  db: SqlRunner,
  {
    holder,
    leaseMs,
    except,
  }: { readonly holder: string; readonly leaseMs: number; readonly except: readonly string[] },
): Promise<ClaimedMessage | undefined> {
  const [row] = await db.query<ClaimedMessage>(
    `UPDATE alert_outbox SET state = 'sending', holder = $1, attempts = attempts + 1, lease_until = now() + $2 * interval '1 millisecond'
     WHERE id = (SELECT id FROM alert_outbox
       WHERE ((state = 'waiting' AND due_at <= now()) OR (state = 'sending' AND lease_until < now())) AND NOT channel = ANY($3::text[])
       ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id::text AS id, project, channel, body, attempts, (SELECT reference FROM alert_groups WHERE alert_groups.id = group_id) AS reference`,
    [holder, leaseMs, [...except]],
  );
  return row;
}

/** What this holder was sending when it ended is to be sent again at once. */
export async function releaseMessages(db: SqlRunner, holder: string): Promise<void> {
  await db.query(
    `UPDATE alert_outbox SET state = 'waiting', due_at = now() WHERE state = 'sending' AND holder = $1`,
    [holder],
  );
}

interface Mine {
  readonly id: string;
  readonly holder: string;
}

/** Whoever was told that it is over is no member any more. */
export async function markDelivered(
  db: CatalogDatabase,
  { id, holder }: Mine,
  reference: string | undefined,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.query<{ groupId: string; sequence: number }>(
      `UPDATE alert_outbox SET state = 'delivered', delivered_at = now(), lease_until = NULL, last_error = NULL
       WHERE id = $1 AND state = 'sending' AND holder = $2 RETURNING group_id::text AS "groupId", sequence`,
      [id, holder],
    );
    if (row === undefined) return;
    await tx.query(
      `UPDATE alert_groups SET delivered_sequence = greatest(delivered_sequence, $2), reference = coalesce($3, reference) WHERE id = $1`,
      [row.groupId, row.sequence, reference ?? null],
    );
    await tx.query(
      `DELETE FROM alert_members WHERE group_id = $1 AND state = 'resolved' AND resolved_sequence <= $2`,
      [row.groupId, row.sequence],
    );
  });
}

/** It is tried again after a time, unless it was tried for a day already. */
export async function markFailed(
  db: SqlRunner,
  { id, holder }: Mine,
  {
    reason,
    afterMs,
    hoursMax,
  }: { readonly reason: string; readonly afterMs: number | undefined; readonly hoursMax: number },
): Promise<void> {
  await db.query(
    `UPDATE alert_outbox SET last_error = $3, lease_until = NULL, due_at = now() + coalesce($4::double precision, 0) * interval '1 millisecond',
       state = CASE WHEN $4::double precision IS NULL OR created_at < now() - $5 * interval '1 hour' THEN 'dead' ELSE 'waiting' END
     WHERE id = $1 AND state = 'sending' AND holder = $2`,
    [id, holder, reason.slice(0, 2_000), afterMs ?? null, hoursMax],
  );
}

export interface StoredMessage {
  readonly id: string;
  readonly channel: string;
  readonly sequence: number;
  readonly dedupeKey: string;
  readonly body: unknown;
  readonly state: 'waiting' | 'sending' | 'delivered' | 'replaced' | 'dead';
  readonly attempts: number;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly deliveredAt: Date | null;
  readonly lastError: string | null;
}

const columns = `id::text AS id, channel, sequence, dedupe_key AS "dedupeKey", body, state, attempts, created_at AS "createdAt", due_at AS "dueAt",
  delivered_at AS "deliveredAt", last_error AS "lastError"`;

export async function listMessages(
  db: SqlRunner,
  wanted: {
    readonly project: string;
    readonly state?: string | undefined;
    readonly channel?: string | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly StoredMessage[]> {
  const { project, state, channel, before, limit } = wanted;
  return db.query(
    `SELECT ${columns} FROM alert_outbox WHERE project = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR channel = $3)
       AND ($4::bigint IS NULL OR id < $4) ORDER BY alert_outbox.id DESC LIMIT $5`,
    [project, state ?? null, channel ?? null, before ?? null, limit],
  );
}

/** A dead message is sent once more, as if it were new; undefined where there is no dead one of this id. */
export async function reviveMessage(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredMessage | undefined> {
  const [row] = await db.query<StoredMessage>(
    `UPDATE alert_outbox SET state = 'waiting', due_at = now(), created_at = now(), attempts = 0
     WHERE project = $1 AND id::text = $2 AND state = 'dead' RETURNING ${columns}`,
    [project, id],
  );
  return row;
}

export interface OutboxState {
  readonly waiting: number;
  readonly dead: number;
  readonly oldestWaitingS: number;
}

export async function readOutboxState(db: SqlRunner, project?: string): Promise<OutboxState> {
  const [row] = await db.query<{ waiting: string; dead: string; oldest: number | null }>(
    `SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting, count(*) FILTER (WHERE state = 'dead') AS dead,
       extract(epoch FROM now() - min(created_at) FILTER (WHERE state IN ('waiting', 'sending')))::double precision AS oldest
     FROM alert_outbox WHERE $1::text IS NULL OR project = $1`,
    [project ?? null],
  );
  return {
    waiting: Number(row?.waiting ?? 0),
    dead: Number(row?.dead ?? 0),
    oldestWaitingS: Number(row?.oldest ?? 0),
  };
}

/** Forgets what was sent long ago. */
export async function trimMessages(db: SqlRunner, days: number): Promise<void> {
  await db.query(
    `DELETE FROM alert_outbox WHERE state IN ('delivered', 'replaced', 'dead') AND created_at < now() - $1 * interval '1 day'`,
    [days],
  );
}
