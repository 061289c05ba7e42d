import { alertRuleInput, type AlertRuleInput } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredAlertRule {
  readonly id: string;
  readonly project: string;
  readonly rule: AlertRuleInput;
  readonly shipped: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly state: StoredRuleState | undefined;
}

export interface StoredRuleState {
  readonly health: 'ok' | 'no_data' | 'error';
  readonly healthSince: Date;
  readonly outageMs: number;
  readonly error: string | null;
  readonly lastTick: Date;
  readonly evaluatedAt: Date;
  readonly tookMs: number;
  readonly missedTicks: number;
}

/** Each is a query a minute; more in one project are hardly looked through by anybody. */
export const alertRulesMax = 2_000;

interface Row extends Omit<StoredAlertRule, 'rule' | 'state'>, Omit<StoredRuleState, 'outageMs'> {
  readonly rule: unknown;
  readonly outageMs: string;
}

const select = `SELECT id, project, rule, shipped, created_at AS "createdAt", updated_at AS "updatedAt", health, health_since AS "healthSince", outage_ms AS "outageMs",
  error, last_tick AS "lastTick", evaluated_at AS "evaluatedAt", took_ms AS "tookMs", missed_ticks AS "missedTicks"
  FROM alert_rules LEFT JOIN alert_rule_states ON rule_id = id`;

export async function listAlertRules(db: SqlRunner, project: string): Promise<readonly StoredAlertRule[]> {
  const rows = await db.query<Row>(`${select} WHERE project = $1 ORDER BY name`, [project]);
  return decodeReadable(rows, decode);
}

/** Those of all projects that are to be evaluated. */
export async function listEnabledAlertRules(db: SqlRunner): Promise<readonly StoredAlertRule[]> {
  const rows = await db.query<Row>(`${select} WHERE (rule->>'enabled')::boolean ORDER BY project, name`);
  return decodeReadable(rows, decode);
}

/** A text that changes whenever a rule does, and the time of this database. */
export async function readRulesVersion(
  db: SqlRunner,
): Promise<{ readonly version: string; readonly now: Date }> {
  const [row] = await db.query<{ version: string; now: Date }>(
    `SELECT count(*)::text || ' ' || coalesce(extract(epoch FROM max(updated_at))::text, '') AS version, now() AS now FROM alert_rules`,
  );
  return { version: row?.version ?? '', now: row?.now ?? new Date(0) };
}

interface Place {
  readonly project: string;
  readonly id: string;
}

export async function findAlertRule(
  db: SqlRunner,
  { project, id }: Place,
): Promise<StoredAlertRule | undefined> {
  const [row] = await db.query<Row>(`${select} WHERE project = $1 AND id::text = $2`, [project, id]);
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has one of this name. */
export async function createAlertRule(
  db: SqlRunner,
  project: string,
  { rule, shipped = null }: { readonly rule: AlertRuleInput; readonly shipped?: string | null },
): Promise<StoredAlertRule | undefined> {
  const [row] = await db.query<{ id: string }>(
    `INSERT INTO alert_rules (project, name, rule, shipped) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project, name) DO NOTHING RETURNING id`,
    [project, rule.name, JSON.stringify(rule), shipped],
  );
  return row === undefined ? undefined : findAlertRule(db, { project, id: row.id });
}

/** Undefined where the project has none of this id. States stay: they are those of its label sets. */
export async function changeAlertRule(
  db: SqlRunner,
  place: Place,
  rule: AlertRuleInput,
): Promise<StoredAlertRule | undefined> {
  const rows = await db.query(
    `UPDATE alert_rules SET name = $3, rule = $4, shipped = NULL, updated_at = date_trunc('milliseconds', clock_timestamp())
     WHERE project = $1 AND id::text = $2 RETURNING id`,
    [place.project, place.id, rule.name, JSON.stringify(rule)],
  );
  return rows.length === 0 ? undefined : findAlertRule(db, place);
}

export async function deleteAlertRule(db: SqlRunner, { project, id }: Place): Promise<boolean> {
  const rows = await db.query('DELETE FROM alert_rules WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

/** Gives each project the shipped rules of this version once. */
export async function shipAlertRules(
  db: SqlRunner,
  shipped: {
    readonly version: number;
    readonly rules: readonly { readonly key: string; readonly rule: AlertRuleInput }[];
  },
): Promise<void> {
  const projects = await db.query<{ id: string }>(
    `INSERT INTO alert_projects (project, shipped) SELECT id, $1 FROM projects
     ON CONFLICT (project) DO UPDATE SET shipped = excluded.shipped WHERE alert_projects.shipped < excluded.shipped RETURNING project AS id`,
    [shipped.version],
  );
  for (const { id } of projects)
    for (const { key, rule } of shipped.rules) await createAlertRule(db, id, { rule, shipped: key });
}

export interface RuleStateRow {
  readonly ruleId: string;
  /** As the rule was when it was evaluated. */
  readonly updatedAt: string;
  readonly health: string;
  readonly outageMs: number;
  readonly error: string | null;
  readonly lastTick: string;
  readonly tookMs: number;
  readonly missedTicks: number;
}

/** Notes what the looks of a tick found. Gives the rules for which this tick is news: others were changed meanwhile, or somebody noted it already. A tick that is ahead of the clock is from before the clock was set back. */
export async function writeRuleStates(
  tx: SqlRunner,
  rows: readonly RuleStateRow[],
): Promise<ReadonlySet<string>> {
  const written = await tx.query<{ id: string }>(
    `INSERT INTO alert_rule_states (rule_id, health, health_since, outage_ms, error, last_tick, evaluated_at, took_ms, missed_ticks)
     SELECT r."ruleId", r.health, r."lastTick", r."outageMs", r.error, r."lastTick", now(), r."tookMs", r."missedTicks"
     FROM jsonb_to_recordset($1::jsonb) AS r("ruleId" uuid, "updatedAt" timestamptz, health text, "outageMs" bigint, error text, "lastTick" timestamptz, "tookMs" double precision, "missedTicks" integer)
     JOIN alert_rules ON alert_rules.id = r."ruleId" AND alert_rules.updated_at = r."updatedAt"
     ON CONFLICT (rule_id) DO UPDATE SET health = excluded.health, outage_ms = excluded.outage_ms, error = excluded.error, last_tick = excluded.last_tick,
       evaluated_at = excluded.evaluated_at, took_ms = excluded.took_ms,
       missed_ticks = CASE WHEN excluded.missed_ticks > 0 THEN excluded.missed_ticks ELSE alert_rule_states.missed_ticks END,
       health_since = CASE WHEN alert_rule_states.health = excluded.health THEN alert_rule_states.health_since ELSE excluded.health_since END
     WHERE alert_rule_states.last_tick < excluded.last_tick OR alert_rule_states.last_tick > now() + interval '1 minute' RETURNING rule_id::text AS id`,
    [JSON.stringify(rows)],
  );
  return new Set(written.map(({ id }) => id));
}

function decode({
  rule,
  health,
  outageMs,
  healthSince,
  error,
  lastTick,
  evaluatedAt,
  tookMs,
  missedTicks,
  ...row
}: Row): StoredAlertRule {
  const state =
    lastTick === null
      ? undefined
      : {
          health,
          healthSince,
          outageMs: Number(outageMs),
          error,
          lastTick,
          evaluatedAt,
          tookMs,
          missedTicks,
        };
  return { ...row, rule: readDocument(alertRuleInput, rule, `alert rule ${row.id}`), state };
}
