import {
  acknowledgeRequest,
  alertHistoryParameters,
  alertHistoryResponse,
  alertInstance,
  type AlertInstance,
  alertNotification,
  alertRoutes,
  alertsParameters,
  alertsResponse,
  alertsStatus,
  notificationsParameters,
  notificationsResponse,
  routePreviewRequest,
  routePreviewResponse,
  silence,
  silenceInput,
  silencePreviewRequest,
  silencePreviewResponse,
  silencesResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { parseTime } from '@sightline/schema/filter';
import { z } from 'zod';
import { describeEvent, describeMessage, describeSilence } from '../../alerts/describe-alerts.ts';
import { firstTwice } from '../../alerts/files/planned.ts';
import { compileRoutes, defaultRoutes, findRoutes } from '../../alerts/find-routes.ts';
import { compileMatchers } from '../../alerts/label-matchers.ts';
import { readAlerts } from '../../alerts/read-alerts.ts';
import type { Labels } from '../../alerts/rule-states.ts';
import { acknowledgeInstance, addEvents, findInstance, listEvents } from '../../catalog/alert-instances.ts';
import { listMessages, readOutboxState, reviveMessage } from '../../catalog/alert-outbox.ts';
import { listAlertRules } from '../../catalog/alert-rules.ts';
import {
  createSilence,
  endSilence,
  listSilences,
  readRoutes,
  writeRoutes,
} from '../../catalog/alert-silences.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { startPage, writeCursor } from '../../query/cursor.ts';
import type { QueryContext } from '../../query/reader.ts';
import { readListRange } from '../../query/time-range.ts';
import { type ApiRoute, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });
const tag = 'alerts';
const previewMax = 100;

/** What fires, what happened, and who is told. */
export const alertsRoutes: readonly ApiRoute[] = [
  route({
    path: '/alerts',
    summary:
      'What is pending, fires or recovers now: what fires first, the most severe and the newest before others.',
    tag,
    scope: 'read',
    query: alertsParameters,
    response: alertsResponse,
    answer: async ({ context, sources: { catalog }, query }) => {
      const all = (await readAlerts(catalog, context.project)).alerts;
      const shown = all.filter(
        ({ state, ruleId, severity }) =>
          (query.state === undefined || state === query.state) &&
          (query.ruleId === undefined || ruleId === query.ruleId) &&
          (query.severity === undefined || severity === query.severity),
      );
      const count = (state: AlertInstance['state']): number =>
        all.filter((each) => each.state === state).length;
      const firing = (severity: AlertInstance['severity']): number =>
        all.filter((each) => each.state === 'firing' && each.severity === severity).length;
      return {
        alerts: shown.toSorted(byUrgency).slice(0, query.limit),
        counts: { pending: count('pending'), firing: count('firing'), recovering: count('recovering') },
        firingBySeverity: { info: firing('info'), warning: firing('warning'), critical: firing('critical') },
      };
    },
  }),
  route({
    path: '/alerts/history',
    summary:
      'What happened: each transition with its value, the threshold and traces that show it, the newest first.',
    tag,
    scope: 'read',
    query: alertHistoryParameters,
    response: alertHistoryResponse,
    answer: async ({ context, sources: { catalog }, query }) => {
      const { cursor, limit, ...asked } = query;
      const page = startPage(['alert history', asked], cursor, () => ({
        range: readListRange(asked, context.clock),
        snapshot: context.clock.now(),
      }));
      const { range, after } = page;
      const [from, to] = [range.from, range.to].map((nanos) => new Date(Number(nanos / 1_000_000n))) as [
        Date,
        Date,
      ];
      const [time = '', id = ''] = after ?? [];
      const { ruleId, instanceId, kind } = asked;
      const events = await listEvents(catalog, {
        project: context.project,
        from,
        to,
        ruleId,
        instanceId,
        kind,
        before: after === undefined ? undefined : { time, id },
        limit: limit + 1,
      });
      const shown = events.slice(0, limit);
      const last = events.length > limit ? shown.at(-1) : undefined;
      return {
        events: shown.map(describeEvent),
        nextCursor:
          last === undefined
            ? null
            : writeCursor(['alert history', asked], page, [last.time.toISOString(), last.id]),
      };
    },
  }),
  route({
    path: '/alerts/silences',
    summary: 'Silences that are or will be, and those that ended in the last seven days.',
    tag,
    scope: 'read',
    response: silencesResponse,
    answer: async ({ context, sources: { catalog } }) => {
      const { alerts } = await readAlerts(catalog, context.project);
      const labels = alerts.map((alert) => alert.labels);
      const silences = await listSilences(catalog, context.project);
      return { silences: silences.map((each) => describeSilence(each, labels)) };
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/silences',
    summary: 'Makes a silence: nobody is told of alerts with such labels until it ends.',
    tag,
    scope: 'write',
    body: silenceInput,
    response: silence,
    answer: async ({ context, sources: { catalog }, body }) => {
      compileMatchers(body.matchers);
      const [startsAt, endsAt] = [
        timeOf('startsAt', body.startsAt, context),
        timeOf('endsAt', body.endsAt, context),
      ];
      if (endsAt <= startsAt || endsAt.getTime() <= nowOf(context).getTime())
        throw new SightlineError('bad_time_range', 'A silence ends after it began, and after now.', {
          hint: 'Write the end as RFC 3339, or from now: +2h.',
        });
      const made = await createSilence(catalog, { ...body, startsAt, endsAt, project: context.project });
      if (made === undefined)
        throw new SightlineError('internal', 'The silence was not kept.', { hint: 'Try again.' });
      const { alerts } = await readAlerts(catalog, context.project);
      return describeSilence(
        made,
        alerts.map((alert) => alert.labels),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/silences/preview',
    summary: 'What a silence would hit now.',
    tag,
    scope: 'read',
    body: silencePreviewRequest,
    response: silencePreviewResponse,
    answer: async ({ context, sources: { catalog }, body }) => {
      const test = compileMatchers(body.matchers);
      const { alerts, rules } = await readAlerts(catalog, context.project);
      const hit = alerts.filter(({ labels }) => test(labels));
      return {
        alerts: hit.toSorted(byUrgency).slice(0, previewMax),
        count: hit.length,
        rules: rules
          .filter(({ rule }) => test({ ...rule.labels, alertname: rule.name, severity: rule.severity }))
          .map(({ id, rule }) => ({ id, name: rule.name })),
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/alerts/silences/:id',
    summary: 'Ends a silence now.',
    tag,
    scope: 'write',
    params: idInPath,
    response: silence,
    answer: async ({ context, sources: { catalog }, params }) => {
      const ended = await endSilence(catalog, { project: context.project, id: params.id });
      if (ended === undefined) throw unknown('silence', params.id, '/silences');
      return describeSilence(ended, []);
    },
  }),
  route({
    path: '/alerts/routes',
    summary: 'Where messages go: the first route whose conditions an alert meets takes it.',
    tag,
    scope: 'read',
    response: alertRoutes,
    answer: async ({ context, sources: { catalog } }) => ({
      routes: [...((await readRoutes(catalog, context.project)) ?? defaultRoutes)],
    }),
  }),
  route({
    method: 'PUT',
    path: '/alerts/routes',
    summary: 'Changes where messages go. What is on its way stays as it is.',
    tag,
    scope: 'admin',
    body: alertRoutes,
    response: alertRoutes,
    answer: async ({ context, sources: { catalog }, body }) => {
      compileRoutes(body.routes);
      const twice = firstTwice(body.routes);
      if (twice !== undefined)
        throw new SightlineError('bad_request', `Two routes are called "${twice}".`, {
          hint: 'Give each a name of its own.',
        });
      await writeRoutes(catalog, context.project, body.routes);
      return body;
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/routes/preview',
    summary: 'Where an alert with these labels would go.',
    tag,
    scope: 'read',
    body: routePreviewRequest,
    response: routePreviewResponse,
    answer: async ({ context, sources: { catalog }, body }) => {
      const routes = body.routes ?? (await readRoutes(catalog, context.project)) ?? defaultRoutes;
      return {
        matched: findRoutes(compileRoutes(routes), body.labels).map(
          ({ route: { index, name, channels }, groupLabels }) => ({
            index,
            name,
            channels,
            groupLabels: { ...groupLabels },
          }),
        ),
      };
    },
  }),
  route({
    path: '/alerts/notifications',
    summary: 'Messages on their way, delivered and given up, the newest first.',
    tag,
    scope: 'read',
    query: notificationsParameters,
    response: notificationsResponse,
    answer: async ({ context, sources: { catalog }, query: { limit, cursor, state, channel } }) => {
      const asked = ['alert messages', state, channel];
      const now = context.clock.now();
      const page = startPage(asked, cursor, () => ({
        range: { from: now, to: now, newest: now },
        snapshot: now,
      }));
      const before = page.after?.[0];
      const found = await listMessages(catalog, {
        project: context.project,
        state,
        channel,
        before,
        limit: limit + 1,
      });
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        notifications: found.slice(0, limit).map(describeMessage),
        nextCursor: last === undefined ? null : writeCursor(asked, page, [last.id]),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/alerts/notifications/:id/retry',
    summary: 'Sends a message that was given up once more.',
    tag,
    scope: 'admin',
    params: idInPath,
    response: alertNotification,
    answer: async ({ context, sources: { catalog }, params }) => {
      const revived = await reviveMessage(catalog, { project: context.project, id: params.id });
      if (revived === undefined) throw unknown('given-up message', params.id, '/notifications?state=dead');
      return describeMessage(revived);
    },
  }),
  route({
    path: '/alerts/status',
    summary: 'Whether rules are evaluated and messages delivered in time.',
    tag,
    scope: 'read',
    response: alertsStatus,
    answer: async ({ context, sources: { catalog, alerts } }) => {
      const rules = await listAlertRules(catalog, context.project);
      const { isEvaluator, lagS } = alerts.status();
      return {
        rules: rules.length,
        enabled: rules.filter(({ rule }) => rule.enabled).length,
        evaluationLagS: lagS,
        outbox: await readOutboxState(catalog, context.project),
        isEvaluator,
      };
    },
  }),
  route({
    path: '/alerts/:id',
    summary: 'One label set that is pending, fires or recovers.',
    tag,
    scope: 'read',
    params: idInPath,
    response: alertInstance,
    answer: async ({ context, sources: { catalog }, params }) =>
      readAlert(catalog, context.project, params.id),
  }),
  route({
    method: 'POST',
    path: '/alerts/:id/acknowledge',
    summary: 'Takes an alert on: nobody is told of it again, until its severity rises or it is over.',
    tag,
    scope: 'write',
    params: idInPath,
    body: acknowledgeRequest,
    response: alertInstance,
    answer: async ({ context, sources: { catalog }, params, body }) =>
      catalog.transaction(async (tx) => acknowledge(tx, context, { id: params.id, by: body })),
  }),
  route({
    method: 'DELETE',
    path: '/alerts/:id/acknowledge',
    summary: 'Takes an acknowledgement back.',
    tag,
    scope: 'write',
    params: idInPath,
    response: alertInstance,
    answer: async ({ context, sources: { catalog }, params }) =>
      catalog.transaction(async (tx) => acknowledge(tx, context, { id: params.id, by: null })),
  }),
];

async function readAlert(db: SqlRunner, project: string, id: string): Promise<AlertInstance> {
  const { alerts } = await readAlerts(db, project);
  const found = alerts.find((alert) => alert.id === id);
  if (found === undefined) throw unknown('alert', id, '');
  return found;
}

async function acknowledge(
  tx: SqlRunner,
  context: QueryContext,
  { id, by }: { readonly id: string; readonly by: { readonly who: string; readonly comment: string } | null },
): Promise<AlertInstance> {
  const { project } = context;
  const instance = await findInstance(tx, { project, id });
  if (instance === undefined) throw unknown('alert', id, '');
  const alert = await readAlert(tx, project, id);
  const { severity, ruleId, rule, value, threshold } = alert;
  await acknowledgeInstance(tx, { project, id, ack: by === null ? null : { ...by, severity } });
  const labels: Labels = alert.labels;
  await addEvents(tx, [
    {
      project,
      time: nowOf(context).toISOString(),
      ruleId,
      rule,
      instanceId: id,
      labels,
      kind: by === null ? 'unacknowledged' : 'acknowledged',
      reason: by?.comment ?? '',
      severity,
      value,
      threshold,
      sampleTraces: [],
      late: false,
      who: by?.who ?? null,
    },
  ]);
  return readAlert(tx, project, id);
}

const ranks = { critical: 0, warning: 1, info: 2 } as const;
const states = { firing: 0, recovering: 1, pending: 2 } as const;

function byUrgency(a: AlertInstance, b: AlertInstance): number {
  return (
    states[a.state] - states[b.state] ||
    ranks[a.severity] - ranks[b.severity] ||
    b.activeSince.localeCompare(a.activeSince) ||
    a.id.localeCompare(b.id)
  );
}

const nowOf = ({ clock }: QueryContext): Date => new Date(Number(clock.now() / 1_000_000n));

function timeOf(name: string, text: string, { clock }: QueryContext): Date {
  const nanos = parseTime(text.trim(), clock.now());
  if (nanos === undefined)
    throw new SightlineError('bad_time_range', `"${name}" is not a time: "${text.slice(0, 64)}".`, {
      hint: 'Use RFC 3339 (2026-11-21T10:00:00Z), now, or a time from now such as +2h.',
    });
  return new Date(Number(nanos / 1_000_000n));
}

function unknown(what: string, id: string, where: string): SightlineError {
  return new SightlineError('not_found', `No ${what} has the id "${id}".`, {
    hint: `GET /api/v1/alerts${where} lists them.`,
  });
}
