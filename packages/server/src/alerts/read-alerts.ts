import type { AlertInstance } from '@sightline/schema/api';
import { listInstances } from '../catalog/alert-instances.ts';
import { listAlertRules, type StoredAlertRule } from '../catalog/alert-rules.ts';
import { listSilences } from '../catalog/alert-silences.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { AlertView } from './describe-alerts.ts';

export interface Alerts {
  readonly alerts: readonly AlertInstance[];
  readonly rules: readonly StoredAlertRule[];
}

/** What is pending, fires or recovers in a project, with what hides it. */
export async function readAlerts(db: SqlRunner, project: string): Promise<Alerts> {
  const rules = await listAlertRules(db, project);
  const instances = await listInstances(db, project);
  const view = new AlertView({ rules, instances, silences: await listSilences(db, project) });
  return { alerts: instances.flatMap((instance) => view.describe(instance) ?? []), rules };
}
