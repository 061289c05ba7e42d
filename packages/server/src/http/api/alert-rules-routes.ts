import {
  type AlertRule,
  alertRule,
  alertRuleInput,
  type AlertRuleInput,
  alertRulesResponse,
  checkRuleRequest,
  checkRuleResponse,
  exportRulesParameters,
  exportRulesResponse,
  importRulesRequest,
  importRulesResponse,
  rangeFrom,
  ruleTimelineResponse,
  testRulesRequest,
  testRulesResponse,
  tryRuleRequest,
  tryRuleResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { assertRuleRuns, checkRule } from '../../alerts/check-rule.ts';
import { describeRule } from '../../alerts/describe-alerts.ts';
import { endAlertsOf, noteRuleChange } from '../../alerts/end-rule.ts';
import { exportRoutes, exportRules, exportSilences } from '../../alerts/files/export-rules.ts';
import { importRules } from '../../alerts/files/import-rules.ts';
import { testRules } from '../../alerts/files/test-rules.ts';
import { defaultRoutes } from '../../alerts/find-routes.ts';
import { readTimeline } from '../../alerts/rule-timeline.ts';
import { tryRule } from '../../alerts/try-rule.ts';
import { listInstances } from '../../catalog/alert-instances.ts';
import {
  alertRulesMax,
  changeAlertRule,
  createAlertRule,
  deleteAlertRule,
  findAlertRule,
  listAlertRules,
  type StoredAlertRule,
} from '../../catalog/alert-rules.ts';
import { listSilences, readRoutes } from '../../catalog/alert-silences.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { listChannels } from '../../catalog/channels.ts';
import { PromqlExecutionError } from '../../promql/ast.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });
const tag = 'alerts';

export const alertRulesRoutes: readonly ApiRoute[] = [
  route({
    path: '/alerts/rules',
    summary: 'The rules of alerts, with what their looks found.',
    tag,
    scope: 'read',
    response: alertRulesResponse,
    answer: async ({ context, sources: { catalog } }) => {
      const rules = await listAlertRules(catalog, context.project);
      const instances = await listInstances(catalog, context.project);
      return { rules: rules.map((rule) => describeRule(rule, instances)) };
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/rules',
    summary: 'Makes a rule. Its first look is at once.',
    tag,
    scope: 'admin',
    body: alertRuleInput,
    response: alertRule,
    answer: async ({ context, sources: { catalog }, body }) => {
      await assertRuleRuns(context, body);
      const known = await listAlertRules(catalog, context.project);
      if (known.length >= alertRulesMax)
        throw new SightlineError('bad_request', `There are ${alertRulesMax} rules already.`, {
          hint: 'Delete one first.',
        });
      const made = await createAlertRule(catalog, context.project, { rule: body });
      if (made === undefined) throw nameTaken(body.name);
      return describeRule(made, []);
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/rules/check',
    summary: 'Whether a rule that is being written can be read, and what it says.',
    tag,
    scope: 'read',
    body: checkRuleRequest,
    response: checkRuleResponse,
    answer: ({ body }) => checkRule(body),
  }),
  route({
    method: 'POST',
    path: '/alerts/rules/try',
    summary: 'What a rule would have done over a range of the past. Nothing is kept.',
    tag,
    scope: 'read',
    body: tryRuleRequest,
    response: tryRuleResponse,
    share: 'search',
    answer: async ({ context, body }) =>
      tryRule(context, body).catch((error: unknown) => {
        if (error instanceof PromqlExecutionError)
          throw new SightlineError('bad_rule', `The expression cannot be answered: ${error.message}.`, {
            hint: 'Narrow it.',
            cause: error,
          });
        throw error;
      }),
  }),
  route({
    path: '/alerts/rules/export',
    summary: 'The rules, routes or silences as a file: ours, or rules as Prometheus reads them.',
    tag,
    scope: 'read',
    query: exportRulesParameters,
    response: exportRulesResponse,
    answer: async ({ context: { project }, sources: { catalog }, query: { format, part } }) => {
      switch (part) {
        case 'rules':
          return exportRules(
            (await listAlertRules(catalog, project)).map(({ rule }) => rule),
            format,
          );
        case 'routes':
          return exportRoutes(
            (await readRoutes(catalog, project)) ?? defaultRoutes,
            await listChannels(catalog, project),
          );
        case 'silences':
          return exportSilences(await listSilences(catalog, project));
      }
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/rules/import',
    summary:
      'Takes rules, routes and silences from a file, ours or of Prometheus; or says what that would change.',
    tag,
    scope: 'admin',
    body: importRulesRequest,
    response: importRulesResponse,
    answer: async ({ context, sources: { catalog }, body }) =>
      catalog.transaction(async (tx) => importRules({ ...context, catalog: tx }, body)),
  }),
  route({
    method: 'POST',
    path: '/alerts/rules/test',
    summary:
      'Runs a test of rules as `promtool test rules` does, over the series that it gives. Nothing is kept.',
    tag,
    scope: 'read',
    body: testRulesRequest,
    response: testRulesResponse,
    answer: async ({ body }) => testRules(body),
  }),
  route({
    path: '/alerts/rules/:id',
    summary: 'One rule.',
    tag,
    scope: 'read',
    params: idInPath,
    response: alertRule,
    answer: async ({ context, sources: { catalog }, params }) =>
      describeOne(catalog, await get(catalog, context.project, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/alerts/rules/:id',
    summary: 'Changes a rule. What fires goes on, where its labels stay the same; switched off, it ends.',
    tag,
    scope: 'admin',
    params: idInPath,
    body: alertRuleInput,
    response: alertRule,
    answer: async ({ context, sources: { catalog }, params, body }) => {
      if (body.enabled) await assertRuleRuns(context, body);
      return catalog.transaction(async (tx) => {
        const before = await get(tx, context.project, params.id);
        const others = await listAlertRules(tx, context.project);
        if (others.some(({ id, rule }) => id !== params.id && rule.name === body.name))
          throw nameTaken(body.name);
        const changed = await changeAlertRule(tx, { project: context.project, id: params.id }, body);
        if (changed === undefined) throw unknown(params.id);
        const now = changed.updatedAt;
        const fields = changedFields(before.rule, body);
        await noteRuleChange(tx, changed, {
          kind: 'rule_changed',
          reason: fields.length === 0 ? 'nothing' : fields.join(', '),
          now,
        });
        if (!body.enabled) await endAlertsOf(tx, before, { reason: 'rule switched off', now, who: null });
        return describeOne(tx, changed);
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/alerts/rules/:id',
    summary: 'Deletes a rule. What it fired is over; the history stays.',
    tag,
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources: { catalog }, params }) => {
      const { project, clock } = context;
      await catalog.transaction(async (tx) => {
        const before = await get(tx, project, params.id);
        const now = new Date(Number(clock.now() / 1_000_000n));
        await endAlertsOf(tx, before, { reason: 'rule deleted', now, who: null });
        await noteRuleChange(tx, before, { kind: 'rule_deleted', reason: '', now });
        await deleteAlertRule(tx, { project, id: params.id });
      });
      return { deleted: params.id };
    },
  }),
  route({
    path: '/alerts/rules/:id/timeline',
    summary: 'In which state the label sets of a rule were when.',
    tag,
    scope: 'read',
    params: idInPath,
    query: rangeFrom('to-7d'),
    response: ruleTimelineResponse,
    answer: async ({ context, sources: { catalog }, params, query }) => {
      const { id } = await get(catalog, context.project, params.id);
      return readTimeline({ ...context, catalog }, { ruleId: id, ...query });
    },
  }),
];

async function get(db: SqlRunner, project: string, id: string): Promise<StoredAlertRule> {
  const found = await findAlertRule(db, { project, id });
  if (found === undefined) throw unknown(id);
  return found;
}

async function describeOne(
  db: ApiSources['catalog'] | SqlRunner,
  stored: StoredAlertRule,
): Promise<AlertRule> {
  return describeRule(stored, await listInstances(db, stored.project));
}

function changedFields(before: AlertRuleInput, after: AlertRuleInput): string[] {
  const names = Object.keys(after) as (keyof AlertRuleInput)[];
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a rule "${name}" already.`, {
    hint: 'Choose another name.',
  });
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `No rule has the id "${id}".`, {
    hint: 'GET /api/v1/alerts/rules lists them.',
  });
}
