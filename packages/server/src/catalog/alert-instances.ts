/** Label sets of rules that are not inactive, and what happened to them. */
import type { SqlRunner } from './catalog-database.ts';

export interface StoredInstance {
  readonly id: string;
  readonly project: string;
  readonly ruleId: string;
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing' | 'recovering';
  readonly reason: 'condition' | 'no_data' | 'error' | 'too_many';
  readonly value: number | null;
  readonly activeSince: Date;
  readonly firingSince: Date | null;
  readonly heldMs: number;
  readonly goneTicks: number;
  readonly updatedAt: Date;
  readonly sampleTraces: readonly string[];
  readonly ackWho: string | null;
  readonly ackComment: string | null;
  readonly ackAt: Date | null;
  readonly ackSeverity: string | null;
  /** Why, in words; '' where the condition alone says it. */
  readonly note: string;
}

const columns = `id, project, rule_id::text AS "ruleId", key, labels, state, reason, value, active_since AS "activeSince", firing_since AS "firingSince", held_ms AS "heldMs",
  gone_ticks AS "goneTicks", updated_at AS "updatedAt", sample_traces AS "sampleTraces", ack_who AS "ackWho", ack_comment AS "ackComment", ack_at AS "ackAt",
  ack_severity AS "ackSeverity", note`;

/** More are not listed: the bound of label sets of a rule holds each rule below it. */
const listedMax = 20_000;

export async function listInstances(db: SqlRunner, project?: string): Promise<readonly StoredInstance[]> {
  const rows = await db.query<StoredInstance>(
    `SELECT ${columns} FROM alert_instances WHERE $1::text IS NULL OR project = $1 ORDER BY id LIMIT ${listedMax}`,
    [project ?? null],
  );
  return rows.map((row) => ({ ...row, heldMs: Number(row.heldMs) }));
}

export async function findInstance(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredInstance | undefined> {
  const rows = await db.query<StoredInstance>(
    `SELECT ${columns} FROM alert_instances WHERE project = $1 AND id = $2`,
    [project, id],
  );
  return rows.map((row) => ({ ...row, heldMs: Number(row.heldMs) }))[0];
}

export interface InstanceRow {
  readonly id: string;
  readonly project: string;
  readonly ruleId: string;
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
  readonly reason: string;
  readonly value: number | null;
  readonly activeSince: string;
  readonly firingSince: string | null;
  readonly heldMs: number;
  readonly goneTicks: number;
  readonly updatedAt: string;
  /** Null where they stay as they are. */
  readonly sampleTraces: readonly string[] | null;
  readonly severity: string;
  readonly note: string;
}

const severityRank = (column: string): string =>
  `array_position('{info,warning,critical}'::text[], ${column})`;

/** An acknowledgement ends where the severity is higher than when it was given. */
export async function putInstances(tx: SqlRunner, rows: readonly InstanceRow[]): Promise<void> {
  if (rows.length === 0) return;
  const isHigher = `${severityRank('alert_instances.ack_severity')} < ${severityRank('r.severity')}`;
  const kept = ['who', 'comment', 'at', 'severity']
    .map((name) => `ack_${name} = CASE WHEN ${isHigher} THEN NULL ELSE alert_instances.ack_${name} END`)
    .join(', ');
  const given = `jsonb_to_recordset($1::jsonb) AS r(id text, project text, "ruleId" uuid, key text, labels jsonb, state text, reason text, value double precision, "activeSince" timestamptz,
    "firingSince" timestamptz, "heldMs" bigint, "goneTicks" integer, "updatedAt" timestamptz, "sampleTraces" jsonb, severity text, note text)`;
  const isThere = `SELECT id FROM alert_rules WHERE alert_rules.id = r."ruleId"`;
  await tx.query(
    `UPDATE alert_instances SET state = r.state, reason = r.reason, value = r.value, active_since = r."activeSince", firing_since = r."firingSince", held_ms = r."heldMs",
       gone_ticks = r."goneTicks", updated_at = r."updatedAt", note = r.note, sample_traces = CASE WHEN jsonb_typeof(r."sampleTraces") = 'array' THEN r."sampleTraces" ELSE alert_instances.sample_traces END, ${kept}
     FROM ${given} WHERE alert_instances.id = r.id`,
    [JSON.stringify(rows)],
  );
  await tx.query(
    `INSERT INTO alert_instances (id, project, rule_id, key, labels, state, reason, value, active_since, firing_since, held_ms, gone_ticks, updated_at, note, sample_traces)
     SELECT id, project, "ruleId", key, labels, state, reason, value, "activeSince", "firingSince", "heldMs", "goneTicks", "updatedAt", note,
       CASE WHEN jsonb_typeof("sampleTraces") = 'array' THEN "sampleTraces" ELSE '[]' END
     FROM ${given} WHERE EXISTS (${isThere}) ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

export async function dropInstances(tx: SqlRunner, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query('DELETE FROM alert_instances WHERE id = ANY($1::text[])', [[...ids]]);
}

/** Undefined where nothing of this id is firing, pending or recovering. */
export async function acknowledgeInstance(
  tx: SqlRunner,
  {
    project,
    id,
    ack,
  }: {
    readonly project: string;
    readonly id: string;
    readonly ack: { readonly who: string; readonly comment: string; readonly severity: string } | null;
  },
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE alert_instances SET ack_who = $3, ack_comment = $4, ack_severity = $5, ack_at = CASE WHEN $3::text IS NULL THEN NULL ELSE now() END
     WHERE project = $1 AND id = $2 RETURNING id`,
    [project, id, ack?.who ?? null, ack?.comment ?? null, ack?.severity ?? null],
  );
  return rows.length > 0;
}

export interface StoredEvent {
  readonly id: string;
  readonly time: Date;
  readonly ruleId: string;
  readonly rule: string;
  readonly instanceId: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly reason: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly value: number | null;
  readonly threshold: number | null;
  readonly sampleTraces: readonly string[];
  readonly late: boolean;
  readonly who: string | null;
}

export interface EventRow extends Omit<StoredEvent, 'id' | 'time'> {
  readonly project: string;
  readonly time: string;
}

export async function addEvents(tx: SqlRunner, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO alert_events (project, time, rule_id, rule, instance_id, labels, kind, reason, severity, value, threshold, sample_traces, late, who)
     SELECT project, time, "ruleId", rule, "instanceId", labels, kind, reason, severity, value, threshold, "sampleTraces", late, who
     FROM jsonb_to_recordset($1::jsonb) AS r(project text, time timestamptz, "ruleId" uuid, rule text, "instanceId" text, labels jsonb, kind text, reason text, severity text,
       value double precision, threshold double precision, "sampleTraces" jsonb, late boolean, who text)`,
    [JSON.stringify(rows)],
  );
}

export interface EventsWanted {
  readonly project: string;
  readonly from: Date;
  readonly to: Date;
  readonly ruleId?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly kind?: string | undefined;
  /** Those after it, in the order of the list. */
  readonly before?: { readonly time: string; readonly id: string } | undefined;
  readonly limit: number;
  readonly order?: 'DESC' | 'ASC';
}

/** The newest first, unless the order says otherwise. */
export async function listEvents(db: SqlRunner, wanted: EventsWanted): Promise<readonly StoredEvent[]> {
  const { project, from, to, ruleId, instanceId, kind, before, limit, order = 'DESC' } = wanted;
  return db.query<StoredEvent>(
    `SELECT id::text AS id, time, rule_id::text AS "ruleId", rule, instance_id AS "instanceId", labels, kind, reason, severity, value, threshold,
       sample_traces AS "sampleTraces", late, who
     FROM alert_events WHERE project = $1 AND time >= $2 AND time < $3 AND ($4::text IS NULL OR rule_id::text = $4) AND ($5::text IS NULL OR instance_id = $5)
       AND ($6::text IS NULL OR kind = $6) AND ($7::timestamptz IS NULL OR (time, id) < ($7, $8::bigint))
     ORDER BY alert_events.time ${order}, alert_events.id ${order} LIMIT $9`,
    [
      project,
      from,
      to,
      ruleId ?? null,
      instanceId ?? null,
      kind ?? null,
      before?.time ?? null,
      before?.id ?? 0,
      limit,
    ],
  );
}

/** Forgets what happened long ago. */
export async function trimEvents(db: SqlRunner, days: number): Promise<void> {
  await db.query(`DELETE FROM alert_events WHERE time < now() - $1 * interval '1 day'`, [days]);
}
