/** Settings that people saved, each a document. Another version may have saved one that this version cannot read: it stands alone with that. */
import { SightlineError } from '@sightline/schema/errors';
import {
  alertRuleInput,
  channelSettings,
  checkTarget,
  dashboardInput,
  evaluatorSettings,
  reportScheduleInput,
  sloInput,
  viewInput,
} from '@sightline/schema/api';
import type { z } from 'zod';
import type { SqlRunner } from './catalog-database.ts';

const code = 'stored_settings_unreadable';

/** `name` says for people whose document it is. Throws `stored_settings_unreadable`. */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  document: unknown,
  name: string,
): z.output<Schema> {
  const read = schema.safeParse(document);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new SightlineError(
    code,
    `The saved ${name} cannot be read by this version: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trimEnd(),
    { hint: 'Run the version that saved it, or delete it and save it again.' },
  );
}

/** A list goes on without the rows that cannot be read. `findUnreadable` names them. */
export function decodeReadable<Row, Decoded>(rows: readonly Row[], decode: (row: Row) => Decoded): Decoded[] {
  return rows.flatMap((row) => {
    try {
      return [decode(row)];
    } catch (error) {
      if (error instanceof SightlineError && error.code === code) return [];
      throw error;
    }
  });
}

const view = `jsonb_build_object('page', page, 'name', name, 'owner', owner, 'search', search, 'isDefault', is_default)`;

/** `document` in SQL. */
const kinds = [
  { kind: 'alert rule', table: 'alert_rules', document: 'rule', schema: alertRuleInput },
  { kind: 'channel', table: 'channels', document: 'settings', schema: channelSettings },
  { kind: 'check', table: 'checks', document: 'target', schema: checkTarget },
  { kind: 'dashboard', table: 'dashboards', document: 'document', schema: dashboardInput },
  { kind: 'evaluator', table: 'evaluators', document: 'settings', schema: evaluatorSettings },
  { kind: 'report', table: 'report_schedules', document: 'settings', schema: reportScheduleInput },
  { kind: 'SLO', table: 'slos', document: 'slo', schema: sloInput },
  { kind: 'view', table: 'saved_views', document: view, schema: viewInput },
] as const;

/** So many are named. */
const foundMax = 20;

/** What lists leave out, of all projects, for Status: `dashboard "Costs" (project default)`. */
export async function findUnreadable(db: SqlRunner): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { kind, table, document: expression, schema } of kinds) {
    const rows = await db.query<{ project: string; name: string; document: unknown }>(
      `SELECT project, name, ${expression} AS document FROM ${table} ORDER BY project, name`,
    );
    for (const { project, name, document } of rows)
      if (found.length < foundMax && !schema.safeParse(document).success)
        found.push(`${kind} "${name}" (project ${project})`);
  }
  return found;
}
