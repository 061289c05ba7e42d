/** Rules and alerts as Prometheus has them. Rules in our words and in SQL are among them, their text in the place of the expression. */
import { fill, labelsOfAlert } from '../../alerts/compiled-rule.ts';
import { listInstances, type StoredInstance } from '../../catalog/alert-instances.ts';
import { listAlertRules, type StoredAlertRule } from '../../catalog/alert-rules.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { BadData, type PrometheusParameters } from './read-parameters.ts';

interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
}

export async function answerAlerts(
  db: SqlRunner,
  project: string,
): Promise<{ readonly alerts: readonly PrometheusAlert[] }> {
  const rules = new Map((await listAlertRules(db, project)).map((rule) => [rule.id, rule]));
  const alerts = (await listInstances(db, project)).flatMap((instance) => {
    const rule = rules.get(instance.ruleId);
    return rule === undefined ? [] : [describeAlert(rule, instance)];
  });
  return { alerts };
}

export async function answerRules(
  db: SqlRunner,
  project: string,
  parameters: PrometheusParameters,
): Promise<unknown> {
  const type = parameters.optional('type');
  if (type !== undefined && type !== 'alert' && type !== 'record')
    throw new BadData(`invalid parameter "type": not supported value ${JSON.stringify(type)}`);
  const names = new Set([...parameters.all('rule_name[]'), ...parameters.all('rule_name')]);
  const wanted = new Set([...parameters.all('rule_group[]'), ...parameters.all('rule_group')]);
  const withAlerts = parameters.optional('exclude_alerts') !== 'true';
  const instances = Map.groupBy(await listInstances(db, project), ({ ruleId }) => ruleId);
  const rules = (await listAlertRules(db, project)).filter(
    ({ rule }) =>
      rule.enabled &&
      (type === undefined || (type === 'record') === (rule.record !== '')) &&
      (names.size === 0 || names.has(nameOf(rule))) &&
      (wanted.size === 0 || wanted.has(groupOf(rule))),
  );
  const groups = [...Map.groupBy(rules, ({ rule }) => groupOf(rule))].map(([name, some]) => ({
    name,
    file: '',
    interval: some[0]?.rule.intervalS ?? 0,
    limit: some[0]?.rule.limit ?? 0,
    rules: some.map((stored) =>
      describeRule(stored, { instances: instances.get(stored.id) ?? [], withAlerts }),
    ),
    evaluationTime: some.reduce((sum, { state }) => sum + (state?.tookMs ?? 0) / 1000, 0),
    lastEvaluation: new Date(
      Math.max(0, ...some.map(({ state }) => state?.evaluatedAt.getTime() ?? 0)),
    ).toISOString(),
  }));
  return { groups };
}

type Rule = StoredAlertRule['rule'];

const groupOf = ({ group }: Rule): string => (group === '' ? 'sightline' : group);
const nameOf = ({ name, labels, record }: Rule): string =>
  record === '' ? (labels['alertname'] ?? name) : record;

function describeRule(
  stored: StoredAlertRule,
  { instances, withAlerts }: { readonly instances: readonly StoredInstance[]; readonly withAlerts: boolean },
): unknown {
  const { rule, state } = stored;
  const query = rule.condition.trim() === '' ? rule.query : `${rule.query} ${rule.condition}`;
  const looked = {
    health: state === undefined ? 'unknown' : state.health === 'error' ? 'err' : 'ok',
    ...(state?.error === undefined || state.error === null ? {} : { lastError: state.error }),
    evaluationTime: (state?.tookMs ?? 0) / 1000,
    lastEvaluation: (state?.evaluatedAt ?? new Date(0)).toISOString(),
  };
  const { alertname: _alertname, ...labels } = rule.labels;
  if (rule.record !== '') return { name: rule.record, query, labels, ...looked, type: 'recording' };
  const isFiring = instances.some((instance) => instance.state !== 'pending');
  return {
    state: isFiring ? 'firing' : instances.length > 0 ? 'pending' : 'inactive',
    name: nameOf(rule),
    query,
    duration: rule.forS,
    keepFiringFor: rule.keepFiringS,
    labels: { severity: rule.severity, ...labels },
    annotations: annotationsOf(rule, undefined),
    alerts: withAlerts ? instances.map((instance) => describeAlert(stored, instance)) : [],
    ...looked,
    type: 'alerting',
  };
}

function describeAlert(stored: StoredAlertRule, instance: StoredInstance): PrometheusAlert {
  const { state, value, activeSince } = instance;
  return {
    labels: labelsOfAlert(stored, instance),
    annotations: annotationsOf(stored.rule, instance),
    state: state === 'pending' ? 'pending' : 'firing',
    activeAt: activeSince.toISOString(),
    value: value === null ? 'NaN' : exponential(value),
  };
}

function annotationsOf({ annotations }: Rule, instance: StoredInstance | undefined): Record<string, string> {
  const { summary, description, runbookUrl, other } = annotations;
  const all = { summary, description, runbook_url: runbookUrl, ...other };
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, instance === undefined ? text : fill(text, instance, 'none')]),
  );
}

/** As Go writes numbers with `%e` in full: `1e+00`. */
function exponential(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
