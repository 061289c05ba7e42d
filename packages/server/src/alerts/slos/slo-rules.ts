/** The rules of burn rates that an SLO has among the rules of alerts. */
import { alertRuleInput, type AlertRuleInput, type SloBurn, type SloInput } from '@sightline/schema/api';
import { printRule } from '@sightline/schema/rules';
import {
  alertRulesMax,
  changeAlertRule,
  createAlertRule,
  deleteAlertRule,
  findAlertRule,
  listAlertRules,
} from '../../catalog/alert-rules.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { type SloRules, type StoredSlo, writeSloRules } from '../../catalog/slos.ts';
import { badRule } from '../compiled-rule.ts';
import { endAlertsOf, noteRuleChange } from '../end-rule.ts';
import { alertWindows, type BurnWindow } from './burn-rates.ts';

const words = {
  page_fast: 'burns fast',
  page_slow: 'burns',
  ticket_fast: 'burns slowly',
  ticket_slow: 'burns on',
} as const satisfies Record<SloBurn['key'], string>;

export function ruleOf(slo: SloInput, { key, severity, factor, longS, shortS }: BurnWindow): AlertRuleInput {
  return alertRuleInput.parse({
    name: `SLO ${slo.name} ${words[key]}`,
    description: `Made by the SLO "${slo.name}". What is changed here is lost when the SLO is changed.`,
    query: printRule({ type: 'burn', slo: slo.name, factor, longS, shortS }),
    severity,
    labels: slo.labels,
    annotations: {
      summary: `The error budget of ${slo.name} is spent {{ value }} times as fast as it lasts`,
      description: slo.description,
      runbookUrl: slo.runbookUrl,
    },
    group: 'slos',
  });
}

/** Makes the rules what the SLO says, in the transaction that changes it. Throws `bad_rule` where a rule of the same name is somebody else's. */
export async function syncSloRules(tx: SqlRunner, { id, project, slo, rules }: StoredSlo): Promise<SloRules> {
  const others = await listAlertRules(tx, project);
  const windows = alertWindows(slo);
  const made: Partial<Record<SloBurn['key'], string>> = {};
  for (const window of windows) {
    const rule = ruleOf(slo, window);
    const known = others.find((each) => each.id === rules[window.key]);
    if (others.some((each) => each.rule.name === rule.name && each.id !== known?.id))
      throw badRule(`There is a rule "${rule.name}" already.`, 'Rename that rule, or the SLO.');
    if (known === undefined && others.length + windows.length > alertRulesMax)
      throw badRule(`There are ${alertRulesMax} rules already.`, 'Delete one first.');
    const stored =
      known === undefined
        ? await createAlertRule(tx, project, { rule })
        : JSON.stringify(known.rule) === JSON.stringify(rule)
          ? known
          : await changeAlertRule(tx, { project, id: known.id }, rule);
    if (stored !== undefined) made[window.key] = stored.id;
  }
  const kept = new Set(Object.values(made));
  await dropRules(
    tx,
    project,
    Object.values(rules).filter((ruleId) => !kept.has(ruleId)),
  );
  await writeSloRules(tx, id, made);
  return made;
}

/** What fires is over, as whoever was told of it is told. */
export async function dropSloRules(tx: SqlRunner, { project, rules }: StoredSlo): Promise<void> {
  await dropRules(tx, project, Object.values(rules));
}

async function dropRules(tx: SqlRunner, project: string, ids: readonly string[]): Promise<void> {
  const [time] = await tx.query<{ now: Date }>('SELECT now() AS now');
  for (const id of ids) {
    const stored = await findAlertRule(tx, { project, id });
    if (stored === undefined || time === undefined) continue;
    const { now } = time;
    await endAlertsOf(tx, stored, { reason: 'rule deleted', now, who: null });
    await noteRuleChange(tx, stored, { kind: 'rule_deleted', reason: 'its SLO was changed', now });
    await deleteAlertRule(tx, { project, id });
  }
}
