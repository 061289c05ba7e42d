import type {
  AlertFilePart,
  AlertRuleInput,
  ImportRulesRequest,
  ImportRulesResponse,
} from '@sightline/schema/api';
import {
  changeAlertRule,
  createAlertRule,
  deleteAlertRule,
  listAlertRules,
  type StoredAlertRule,
} from '../../catalog/alert-rules.ts';
import {
  createSilence,
  endSilence,
  listSilences,
  readRoutes,
  writeRoutes,
} from '../../catalog/alert-silences.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { listChannels } from '../../catalog/channels.ts';
import type { QueryContext } from '../../query/reader.ts';
import { assertRuleRuns } from '../check-rule.ts';
import { endAlertsOf, noteRuleChange } from '../end-rule.ts';
import { defaultRoutes } from '../find-routes.ts';
import { planRoutes } from './plan-routes.ts';
import { planSilences } from './plan-silences.ts';
import { type Change, changedFields, firstTwice, type Planned, problemOf } from './planned.ts';
import { readRuleFile } from './read-rules.ts';
import type { FileProblem } from './rule-yaml.ts';

type ImportContext = QueryContext & { readonly catalog: SqlRunner };

/**
 * Makes rules, routes and silences of the project what the file says: rules and routes by their names. In a transaction of the caller: all of the file or
 * nothing. A file with a problem changes nothing.
 */
export async function importRules(
  context: ImportContext,
  { format, text, apply, prune, part }: ImportRulesRequest,
): Promise<ImportRulesResponse> {
  const { catalog, project, clock } = context;
  const file = readRuleFile(format, text);
  const isWanted = (each: AlertFilePart): boolean => part === undefined || part === each;
  const rules = isWanted('rules') ? file.rules : [];
  const stored = await listAlertRules(catalog, project);
  const ofRules = await planRules(context, rules, { stored, prune });
  const ofRoutes =
    file.routes !== undefined && isWanted('routes')
      ? planRoutes(
          file.routes,
          (await readRoutes(catalog, project)) ?? defaultRoutes,
          await listChannels(catalog, project),
        )
      : undefined;
  const now = clock.now();
  const ofSilences =
    file.silences !== undefined && isWanted('silences')
      ? planSilences({
          silences: file.silences,
          known: await listSilences(catalog, project),
          now,
          prune,
        })
      : undefined;
  const plans = [ofRules, ofRoutes, ofSilences].filter((each) => each !== undefined);
  const changes = plans.flatMap((plan) => plan.changes);
  const problems = [...file.problems, ...plans.flatMap((plan) => plan.problems)];
  if (part !== undefined && problems.length === 0 && file[part] === undefined)
    problems.push({
      place: 'the file',
      message: `It has no ${part}.`,
      caret: '',
      hint: `Begin with \`${part}:\` and a list.`,
    });
  if (problems.length > 0 || !apply) return { changes, problems, applied: false };
  await applyRules(catalog, {
    project,
    rules,
    stored,
    changes: ofRules.changes,
    now: new Date(Number(now / 1_000_000n)),
  });
  if (ofRoutes !== undefined) await writeRoutes(catalog, project, ofRoutes.routes);
  for (const silence of ofSilences?.make ?? []) await createSilence(catalog, { ...silence, project });
  for (const id of ofSilences?.end ?? []) await endSilence(catalog, { project, id });
  return { changes, problems: [], applied: true };
}

async function planRules(
  context: ImportContext,
  rules: readonly AlertRuleInput[],
  { stored, prune }: { readonly stored: readonly StoredAlertRule[]; readonly prune: boolean },
): Promise<Planned> {
  const problems: FileProblem[] = [];
  const twice = firstTwice(rules);
  if (twice !== undefined)
    problems.push({
      place: 'the file',
      message: `Two rules are called "${twice}".`,
      caret: '',
      hint: 'Give each a name of its own.',
    });
  for (const rule of rules)
    await assertRuleRuns(context, rule).catch((error: unknown) => problems.push(problemOf(rule.name, error)));
  const byName = new Map(stored.map((each) => [each.rule.name, each]));
  const changes: Change[] = rules.map((rule) => {
    const known = byName.get(rule.name);
    const fields = known === undefined ? [] : changedFields(known.rule, rule);
    return {
      part: 'rules',
      name: rule.name,
      group: rule.group,
      action: known === undefined ? 'create' : fields.length === 0 ? 'same' : 'change',
      fields,
    };
  });
  const names = new Set(rules.map(({ name }) => name));
  const groups = new Set(rules.map(({ group }) => group));
  if (prune)
    for (const { rule } of stored)
      if (!names.has(rule.name) && groups.has(rule.group))
        changes.push({ part: 'rules', name: rule.name, group: rule.group, action: 'delete', fields: [] });
  return { changes, problems };
}

interface RulesToApply {
  readonly project: string;
  readonly rules: readonly AlertRuleInput[];
  readonly stored: readonly StoredAlertRule[];
  readonly changes: readonly Change[];
  readonly now: Date;
}

async function applyRules(
  catalog: SqlRunner,
  { project, rules, stored, changes, now }: RulesToApply,
): Promise<void> {
  for (const { name, action, fields } of changes) {
    const rule = rules.find((each) => each.name === name);
    const known = stored.find((each) => each.rule.name === name);
    if (action === 'create' && rule !== undefined) await createAlertRule(catalog, project, { rule });
    if (action === 'change' && rule !== undefined && known !== undefined) {
      await changeAlertRule(catalog, { project, id: known.id }, rule);
      await noteRuleChange(catalog, known, { kind: 'rule_changed', reason: fields.join(', '), now });
      if (!rule.enabled) await endAlertsOf(catalog, known, { reason: 'rule switched off', now, who: null });
    }
    if (action === 'delete' && known !== undefined) {
      await endAlertsOf(catalog, known, { reason: 'rule deleted', now, who: null });
      await noteRuleChange(catalog, known, { kind: 'rule_deleted', reason: '', now });
      await deleteAlertRule(catalog, { project, id: known.id });
    }
  }
}
