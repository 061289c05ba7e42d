/** What becomes of the alerts of a rule that is switched off or deleted. */
import { resolveMembers } from '../catalog/alert-groups.ts';
import { addEvents, dropInstances, listInstances } from '../catalog/alert-instances.ts';
import type { StoredAlertRule } from '../catalog/alert-rules.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { labelsOfAlert } from './compiled-rule.ts';

/** In the transaction that switches it off. Whoever was told that it fires is told that it is over. */
export async function endAlertsOf(
  tx: SqlRunner,
  stored: StoredAlertRule,
  { reason, now, who }: { readonly reason: string; readonly now: Date; readonly who: string | null },
): Promise<void> {
  const instances = (await listInstances(tx, stored.project)).filter(({ ruleId }) => ruleId === stored.id);
  const { rule, project } = stored;
  await addEvents(
    tx,
    instances.map((instance) => ({
      project,
      time: now.toISOString(),
      ruleId: stored.id,
      rule: rule.name,
      instanceId: instance.id,
      labels: labelsOfAlert(stored, instance),
      kind: instance.state === 'pending' ? 'calmed' : 'resolved',
      reason,
      severity: rule.severity,
      value: instance.value,
      threshold: null,
      sampleTraces: [],
      late: false,
      who,
    })),
  );
  await resolveMembers(
    tx,
    instances.map(({ id, value }) => ({ instanceId: id, endedAt: now.toISOString(), value })),
  );
  await dropInstances(
    tx,
    instances.map(({ id }) => id),
  );
}

/** In the history: that somebody changed, switched or deleted a rule. */
export async function noteRuleChange(
  tx: SqlRunner,
  { id, project, rule }: Pick<StoredAlertRule, 'id' | 'project' | 'rule'>,
  {
    kind,
    reason,
    now,
  }: { readonly kind: 'rule_changed' | 'rule_deleted'; readonly reason: string; readonly now: Date },
): Promise<void> {
  await addEvents(tx, [
    {
      project,
      time: now.toISOString(),
      ruleId: id,
      rule: rule.name,
      instanceId: null,
      labels: {},
      kind,
      reason,
      severity: rule.severity,
      value: null,
      threshold: null,
      sampleTraces: [],
      late: false,
      who: null,
    },
  ]);
}
