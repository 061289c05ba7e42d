import type { AlertRuleInput, ImportRulesRequest, ImportRulesResponse } from '@sightline/schema/api';
import { parseTime } from '@sightline/schema/filter';
import {
  changeAlertRule,
  createAlertRule,
  deleteAlertRule,
  listAlertRules,
} from '../../catalog/alert-rules.ts';
import { createSilence, listSilences, readRoutes, writeRoutes } from '../../catalog/alert-silences.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import type { QueryContext } from '../../query/reader.ts';
import { assertRuleRuns } from '../check-rule.ts';
import { endAlertsOf, noteRuleChange } from '../end-rule.ts';
import { compileRoutes } from '../find-routes.ts';
import { compileMatchers } from '../label-matchers.ts';
import { readRuleFile } from './read-rules.ts';
import type { FileProblem } from './rule-yaml.ts';

type Change = ImportRulesResponse['changes'][number];

/**
 * Makes the rules of the project what the file says: by their names. In a transaction of the caller: all of the file or nothing. A file with a problem changes
 * nothing.
 */
export async function importRules(
  context: QueryContext & { readonly catalog: SqlRunner },
  { format, text, apply, prune }: ImportRulesRequest,
): Promise<ImportRulesResponse> {
  const { catalog, project, clock } = context;
  const file = readRuleFile(format, text);
  const problems: FileProblem[] = [...file.problems];
  const names = file.rules.map(({ name }) => name);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index)))
    problems.push({
      place: 'the file',
      message: `Two rules are called "${name}".`,
      caret: '',
      hint: 'Give each a name of its own.',
    });
  for (const rule of file.rules)
    await assertRuleRuns(context, rule).catch((error: unknown) => problems.push(problemOf(rule.name, error)));
  const stored = await listAlertRules(catalog, project);
  const byName = new Map(stored.map((each) => [each.rule.name, each]));
  const changes: Change[] = file.rules.map((rule) => {
    const known = byName.get(rule.name);
    const fields = known === undefined ? [] : changedFields(known.rule, rule);
    return {
      name: rule.name,
      group: rule.group,
      action: known === undefined ? 'create' : fields.length === 0 ? 'same' : 'change',
      fields,
    };
  });
  const groups = new Set(file.rules.map(({ group }) => group));
  if (prune)
    for (const { rule } of stored)
      if (!names.includes(rule.name) && groups.has(rule.group))
        changes.push({ name: rule.name, group: rule.group, action: 'delete', fields: [] });
  if (file.routes !== undefined) {
    const known = await readRoutes(catalog, project);
    const isSame = JSON.stringify(known) === JSON.stringify(file.routes);
    changes.push({ name: 'routes', group: '', action: isSame ? 'same' : 'change', fields: ['routes'] });
    tryTo(() => compileRoutes(file.routes ?? []), 'routes', problems);
  }
  const silences = await listSilences(catalog, project);
  const now = clock.now();
  const wanted = file.silences.flatMap((silence) => {
    tryTo(() => compileMatchers(silence.matchers), 'silences', problems);
    const [startsAt, endsAt] = [parseTime(silence.startsAt, now), parseTime(silence.endsAt, now)].map(
      (nanos) => (nanos === undefined ? undefined : new Date(Number(nanos / 1_000_000n))),
    );
    if (startsAt === undefined || endsAt === undefined || endsAt <= startsAt) {
      problems.push({
        place: 'silences',
        message: `The times of the silence of ${silence.matchers} cannot be read.`,
        caret: '',
        hint: 'Use RFC 3339.',
      });
      return [];
    }
    // One of the same matchers and end is there already.
    const isThere = silences.some(
      (each) => each.matchers === silence.matchers && each.endsAt.getTime() === endsAt.getTime(),
    );
    changes.push({
      name: `silence of ${silence.matchers}`,
      group: '',
      action: isThere ? 'same' : 'create',
      fields: [],
    });
    return isThere ? [] : [{ ...silence, startsAt, endsAt }];
  });
  if (problems.length > 0 || !apply) return { changes, problems, applied: false };
  const at = new Date(Number(now / 1_000_000n));
  for (const { name, action, fields } of changes) {
    const rule = file.rules.find((each) => each.name === name);
    const known = byName.get(name);
    if (action === 'create' && rule !== undefined) await createAlertRule(catalog, project, { rule });
    if (action === 'change' && rule !== undefined && known !== undefined) {
      await changeAlertRule(catalog, { project, id: known.id }, rule);
      await noteRuleChange(catalog, known, { kind: 'rule_changed', reason: fields.join(', '), now: at });
      if (!rule.enabled)
        await endAlertsOf(catalog, known, { reason: 'rule switched off', now: at, who: null });
    }
    if (action === 'delete' && known !== undefined) {
      await endAlertsOf(catalog, known, { reason: 'rule deleted', now: at, who: null });
      await noteRuleChange(catalog, known, { kind: 'rule_deleted', reason: '', now: at });
      await deleteAlertRule(catalog, { project, id: known.id });
    }
  }
  if (file.routes !== undefined) await writeRoutes(catalog, project, file.routes);
  for (const silence of wanted) await createSilence(catalog, { ...silence, project });
  return { changes, problems: [], applied: true };
}

function changedFields(before: AlertRuleInput, after: AlertRuleInput): string[] {
  const names = Object.keys(after) as (keyof AlertRuleInput)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function problemOf(place: string, error: unknown): FileProblem {
  return { place, message: error instanceof Error ? error.message : String(error), caret: '', hint: '' };
}

function tryTo(task: () => unknown, place: string, problems: FileProblem[]): void {
  try {
    task();
  } catch (error) {
    problems.push(problemOf(place, error));
  }
}
