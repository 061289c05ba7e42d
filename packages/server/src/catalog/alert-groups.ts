/** Alerts that make one message, and who of them was told of. */
import type { SqlRunner } from './catalog-database.ts';

export interface MemberChange {
  readonly project: string;
  readonly instanceId: string;
  /** When it began to fire: each time is told by itself. */
  readonly since: string;
  readonly key: string;
  readonly channel: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly waitS: number;
  readonly intervalS: number;
  readonly repeatS: number;
  readonly line: unknown;
}

/** What fires, in the groups in which it is told. A new group is due after its wait, another when its interval since the last message is over. */
export async function addFiringMembers(tx: SqlRunner, changes: readonly MemberChange[]): Promise<void> {
  if (changes.length === 0) return;
  const groups = new Map(
    changes.map((change) => [JSON.stringify([change.project, change.key, change.channel]), change]),
  );
  await tx.query(
    `INSERT INTO alert_groups (project, key, channel, labels, interval_s, repeat_s, due_at)
     SELECT project, key, channel, labels, "intervalS", "repeatS", now() + "waitS" * interval '1 second'
     FROM jsonb_to_recordset($1::jsonb) AS r(project text, key text, channel text, labels jsonb, "waitS" integer, "intervalS" integer, "repeatS" integer)
     ON CONFLICT (project, key, channel) DO UPDATE SET interval_s = excluded.interval_s, repeat_s = excluded.repeat_s,
       due_at = least(coalesce(alert_groups.due_at, 'infinity'), greatest(excluded.due_at, alert_groups.made_at + excluded.interval_s * interval '1 second'))`,
    [JSON.stringify([...groups.values()])],
  );
  await tx.query(
    `INSERT INTO alert_members (group_id, instance_id, since, state, line)
     SELECT g.id, r."instanceId", r.since, 'firing', r.line
     FROM jsonb_to_recordset($1::jsonb) AS r(project text, key text, channel text, "instanceId" text, since timestamptz, line jsonb)
     JOIN alert_groups g ON g.project = r.project AND g.key = r.key AND g.channel = r.channel
     ON CONFLICT (group_id, instance_id, since) DO NOTHING`,
    [JSON.stringify(changes)],
  );
}

/** What is over, wherever it was to be told. */
export async function resolveMembers(
  tx: SqlRunner,
  changes: readonly {
    readonly instanceId: string;
    readonly endedAt: string;
    readonly value: number | null;
  }[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `UPDATE alert_members SET state = 'resolved', resolved_sequence = NULL,
       line = line || jsonb_build_object('state', 'resolved', 'endedAt', r."endedAt", 'value', coalesce(to_jsonb(r.value), line->'value'))
     FROM jsonb_to_recordset($1::jsonb) AS r("instanceId" text, "endedAt" text, value double precision)
     WHERE instance_id = r."instanceId" AND alert_members.state = 'firing'`,
    [JSON.stringify(changes)],
  );
  await tx.query(
    `UPDATE alert_groups SET due_at = least(coalesce(due_at, 'infinity'), greatest(now(), made_at + interval_s * interval '1 second'))
     WHERE id IN (SELECT group_id FROM alert_members WHERE instance_id = ANY($1::text[]))`,
    [changes.map(({ instanceId }) => instanceId)],
  );
}

export interface DueGroup {
  readonly id: string;
  readonly project: string;
  readonly key: string;
  readonly channel: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly repeatS: number;
  readonly sequence: number;
  readonly deliveredSequence: number;
  /** The interval of repetition since the last message is over. */
  readonly isRepeatDue: boolean;
  /** A message of it is being sent right now. */
  readonly isSending: boolean;
  readonly now: Date;
}

export interface Member {
  readonly id: string;
  readonly groupId: string;
  readonly instanceId: string;
  readonly state: 'firing' | 'resolved';
  readonly line: unknown;
  readonly toldSequence: number | null;
  readonly resolvedSequence: number | null;
}

const dueMax = 100;

export async function isGroupDue(db: SqlRunner): Promise<boolean> {
  const rows = await db.query('SELECT 1 FROM alert_groups WHERE due_at <= now() LIMIT 1');
  return rows.length > 0;
}

/** Locks groups that are due until the end of the transaction. */
export async function takeDueGroups(tx: SqlRunner): Promise<readonly DueGroup[]> {
  return tx.query(
    `SELECT id::text AS id, project, key, channel, labels, repeat_s AS "repeatS", sequence, delivered_sequence AS "deliveredSequence", now() AS now,
       made_at IS NOT NULL AND made_at + repeat_s * interval '1 second' <= now() AS "isRepeatDue",
       EXISTS (SELECT 1 FROM alert_outbox o WHERE o.group_id = g.id AND o.state = 'sending' AND o.lease_until > now()) AS "isSending"
     FROM alert_groups g WHERE due_at <= now() ORDER BY due_at, id LIMIT ${dueMax} FOR UPDATE SKIP LOCKED`,
  );
}

export async function membersOf(tx: SqlRunner, groupIds: readonly string[]): Promise<readonly Member[]> {
  return tx.query(
    `SELECT id::text AS id, group_id::text AS "groupId", instance_id AS "instanceId", state, line, told_sequence AS "toldSequence", resolved_sequence AS "resolvedSequence"
     FROM alert_members WHERE group_id = ANY($1::bigint[]) ORDER BY alert_members.group_id, alert_members.id`,
    [[...groupIds]],
  );
}

/** When the group is looked at again; null for not before something changes. */
export async function putOffGroup(tx: SqlRunner, id: string, seconds: number | null): Promise<void> {
  await tx.query(
    `UPDATE alert_groups SET due_at = now() + $2::double precision * interval '1 second' WHERE id = $1`,
    [id, seconds],
  );
}

/** Forgets members that nobody has to be told of any more. */
export async function dropMembers(tx: SqlRunner, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query('DELETE FROM alert_members WHERE id = ANY($1::bigint[])', [[...ids]]);
}

export interface NewMessage {
  readonly group: DueGroup;
  readonly sequence: number;
  readonly dedupeKey: string;
  readonly body: unknown;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

/** Puts a message into the outbox, in the place of one of the group that is still unsent. */
export async function addMessage(
  tx: SqlRunner,
  { group, sequence, dedupeKey, body, firing, resolved }: NewMessage,
): Promise<void> {
  await tx.query(
    `UPDATE alert_outbox SET state = 'replaced' WHERE group_id = $1 AND state IN ('waiting', 'sending')`,
    [group.id],
  );
  await tx.query(
    `INSERT INTO alert_outbox (project, group_id, channel, sequence, dedupe_key, body) VALUES ($1, $2, $3, $4, $5, $6)`,
    [group.project, group.id, group.channel, sequence, dedupeKey, JSON.stringify(body)],
  );
  await tx.query('UPDATE alert_groups SET sequence = $2, made_at = now() WHERE id = $1', [
    group.id,
    sequence,
  ]);
  await tx.query(
    `UPDATE alert_members SET told_sequence = $2 WHERE group_id = $1 AND id = ANY($3::bigint[]) AND (told_sequence IS NULL OR told_sequence > $4)`,
    [group.id, sequence, [...firing], group.deliveredSequence],
  );
  await tx.query(
    'UPDATE alert_members SET resolved_sequence = $2 WHERE group_id = $1 AND id = ANY($3::bigint[])',
    [group.id, sequence, [...resolved]],
  );
}

/** Groups of which nobody was told for long; their numbering begins anew. */
export async function trimGroups(db: SqlRunner, days: number): Promise<void> {
  await db.query(
    `DELETE FROM alert_groups WHERE made_at < now() - $1 * interval '1 day' AND due_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM alert_members WHERE group_id = id)`,
    [days],
  );
}
