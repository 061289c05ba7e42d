/**
 * Alertmanager's HTTP API (v2) over our alerts and silences, for Grafana's Alertmanager source, amtool and whatever else speaks it. A plugin; register it with
 * the prefix `/alertmanager/api/v2`. Alerts come from rules: nobody sends any here.
 */
import { type Clock, msFromNanos } from '@sightline/base';
import type { AlertInstance, AlertRoute, KeyScope } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { labelsKey } from '../../alerts/compiled-rule.ts';
import { compileRoutes, defaultRoutes, findRoutes } from '../../alerts/find-routes.ts';
import type { LabelTest } from '../../alerts/label-matchers.ts';
import { readAlerts } from '../../alerts/read-alerts.ts';
import {
  createSilence,
  endSilence,
  listSilences,
  readRoutes,
  type StoredSilence,
} from '../../catalog/alert-silences.ts';
import type { CatalogDatabase, SqlRunner } from '../../catalog/catalog-database.ts';
import { listChannels } from '../../catalog/channels.ts';
import type { ProjectResolver } from '../project-resolver.ts';
import { filterOf, matcher, matchersOf, readMatcher, testOf } from './matchers.ts';

export interface AlertmanagerOptions {
  readonly catalog: CatalogDatabase;
  readonly clock: Clock;
  readonly resolveProject: ProjectResolver;
  readonly version: string;
  readonly startedMs: number;
  readonly linkTo: (path: string) => string;
}

interface Question {
  readonly project: string;
  readonly parameters: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly nowMs: number;
}

/** What an alert is told to be over after, as long as nothing is heard of it. */
const endsAfterMs = 300_000;
const bodyBytesMax = 65_536;

export async function alertmanagerRoutes(app: FastifyInstance, options: AlertmanagerOptions): Promise<void> {
  const { catalog, clock } = options;
  app.setErrorHandler(sendFailure);
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send('There is no such endpoint of the Alertmanager API here.'),
  );
  const on = (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    answer: (question: Question) => Promise<unknown>,
    scope: KeyScope = 'read',
  ): void => {
    app.route({
      method,
      url,
      bodyLimit: bodyBytesMax,
      handler: async (request, reply) => {
        const resolved = await options.resolveProject(request.headers, scope);
        if (resolved instanceof SightlineError) throw resolved;
        const at = request.url.indexOf('?');
        const body = await answer({
          project: resolved.project,
          parameters: new URLSearchParams(at === -1 ? '' : request.url.slice(at + 1)),
          params: (request.params ?? {}) as Record<string, string>,
          body: request.body,
          nowMs: msFromNanos(clock.now()),
        });
        return reply.type('application/json').send(JSON.stringify(body));
      },
    });
  };
  on('GET', '/status', async ({ project }) => statusOf(options, await routesOf(catalog, project)));
  on('GET', '/receivers', async ({ project }) => receiversOf(catalog, project));
  on('GET', '/alerts', async (question) =>
    (await findAlerts(options, question)).map(({ described }) => described),
  );
  on('GET', '/alerts/groups', async (question) => groupsOf(await findAlerts(options, question)));
  on('GET', '/silences', async ({ project, parameters }) => {
    const wanted = parameters.getAll('filter').map((text) => readMatcher(text));
    return (await listSilences(catalog, project))
      .map(describeSilence)
      .filter(({ matchers }) =>
        wanted.every(({ name, value }) =>
          matchers.some((each) => each.name === name && each.value === value),
        ),
      );
  });
  on('GET', '/silence/:id', async ({ project, params }) => {
    const found = (await listSilences(catalog, project)).find(({ id }) => id === params['id']);
    if (found === undefined) throw noSilence(params['id']);
    return describeSilence(found);
  });
  on('POST', '/silences', async (question) => putSilence(catalog, question), 'write');
  on(
    'DELETE',
    '/silence/:id',
    async ({ project, params: { id = '' } }) => {
      if ((await endSilence(catalog, { project, id })) === undefined) throw noSilence(id);
      return {};
    },
    'write',
  );
}

async function routesOf(db: SqlRunner, project: string): Promise<readonly AlertRoute[]> {
  return (await readRoutes(db, project)) ?? defaultRoutes;
}

function statusOf({ version, startedMs }: AlertmanagerOptions, routes: readonly AlertRoute[]): unknown {
  return {
    cluster: { status: 'disabled', peers: [] },
    versionInfo: {
      // By which clients decide what they may ask.
      version: '0.27.0',
      revision: `sightline ${version}`,
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    },
    config: { original: JSON.stringify({ routes }, undefined, 2) },
    uptime: new Date(startedMs).toISOString(),
  };
}

/** Names of channels by their ids. */
async function channelNames(db: SqlRunner, project: string): Promise<ReadonlyMap<string, string>> {
  const channels = await listChannels(db, project);
  return new Map([['log', 'log'], ...channels.map(({ id, name }): [string, string] => [id, name])]);
}

async function receiversOf(db: SqlRunner, project: string): Promise<unknown> {
  return [...(await channelNames(db, project)).values()].map((name) => ({ name }));
}

interface FoundAlert {
  readonly described: Readonly<Record<string, unknown>>;
  readonly groups: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly receivers: readonly string[];
  }[];
}

async function findAlerts(
  { catalog, linkTo }: AlertmanagerOptions,
  { project, parameters, nowMs }: Question,
): Promise<readonly FoundAlert[]> {
  const shows = (name: string): boolean => parameters.get(name) !== 'false';
  const tests = parameters.getAll('filter').map((text): LabelTest => testOf(readMatcher(text)));
  const receiver = parameters.get('receiver');
  const isReceiver =
    receiver === null
      ? undefined
      : testOf({ name: 'receiver', value: receiver, isRegex: true, isEqual: true });
  const names = await channelNames(catalog, project);
  const routes = compileRoutes(await routesOf(catalog, project));
  const { alerts } = await readAlerts(catalog, project);
  const found = alerts.flatMap((alert): FoundAlert[] => {
    if (alert.state === 'pending') return [];
    const isSilenced = alert.silencedBy.length > 0;
    const isInhibited = alert.inhibitedBy.length > 0;
    const isShown =
      (shows('active') || isSilenced || isInhibited) &&
      (shows('silenced') || !isSilenced) &&
      (shows('inhibited') || !isInhibited) &&
      tests.every((test) => test(alert.labels));
    if (!isShown) return [];
    const groups = findRoutes(routes, alert.labels).map(({ route, groupLabels }) => ({
      labels: groupLabels,
      receivers: route.channels.map((id) => names.get(id) ?? id),
    }));
    const receivers = [...new Set(groups.flatMap((group) => group.receivers))];
    if (isReceiver !== undefined && !receivers.some((name) => isReceiver({ receiver: name }))) return [];
    return [{ described: describeAlert(alert, { receivers, nowMs, linkTo }), groups }];
  });
  return found;
}

function describeAlert(
  alert: AlertInstance,
  {
    receivers,
    nowMs,
    linkTo,
  }: {
    readonly receivers: readonly string[];
    readonly nowMs: number;
    readonly linkTo: (path: string) => string;
  },
): FoundAlert['described'] {
  const { id, labels, summary, description, runbookUrl, acknowledged, silencedBy, inhibitedBy } = alert;
  const annotations = {
    summary,
    description,
    runbook_url: runbookUrl,
    acknowledged_by: acknowledged === null ? '' : acknowledged.who || 'somebody',
  };
  const isSuppressed = silencedBy.length > 0 || inhibitedBy.length > 0;
  return {
    labels,
    annotations: Object.fromEntries(Object.entries(annotations).filter(([, text]) => text !== '')),
    receivers: receivers.map((name) => ({ name })),
    fingerprint: id.slice(0, 16),
    startsAt: alert.firingSince ?? alert.activeSince,
    updatedAt: alert.updatedAt,
    endsAt: new Date(nowMs + endsAfterMs).toISOString(),
    generatorURL: linkTo(alert.link),
    status: { state: isSuppressed ? 'suppressed' : 'active', silencedBy, inhibitedBy, mutedBy: [] },
  };
}

function groupsOf(alerts: readonly FoundAlert[]): unknown {
  const groups = new Map<string, { labels: unknown; receiver: { name: string }; alerts: unknown[] }>();
  for (const { described, groups: of } of alerts)
    for (const { labels, receivers } of of)
      for (const name of receivers) {
        const key = `${name} ${labelsKey(labels)}`;
        const known = groups.get(key) ?? { labels, receiver: { name }, alerts: [] };
        known.alerts.push(described);
        groups.set(key, known);
      }
  return [...groups.values()];
}

function describeSilence(silence: StoredSilence) {
  const { id, matchers, startsAt, endsAt, createdAt, who, comment, state } = silence;
  return {
    id,
    matchers: matchersOf(matchers),
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    updatedAt: createdAt.toISOString(),
    createdBy: who,
    comment,
    status: { state },
  };
}

const postedSilence = z.object({
  id: z.string().max(64).default(''),
  matchers: z.array(matcher).min(1).max(100),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string().max(200).default(''),
  comment: z.string().max(2_000).default(''),
});

/** A silence that is changed ends, and another takes its place, as Alertmanager does it. */
async function putSilence(catalog: CatalogDatabase, { project, body, nowMs }: Question): Promise<unknown> {
  const read = postedSilence.safeParse(body);
  if (!read.success)
    throw new SightlineError(
      'bad_request',
      read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
      { hint: 'Send a silence as Alertmanager takes it.' },
    );
  const { id, matchers, createdBy, comment } = read.data;
  const startsAt = new Date(read.data.startsAt);
  const endsAt = new Date(read.data.endsAt);
  if (endsAt <= startsAt || endsAt.getTime() <= nowMs)
    throw new SightlineError('bad_request', 'The silence ends before it begins, or has ended.', {
      hint: 'Choose an end in the future.',
    });
  const filter = filterOf(matchers);
  return catalog.transaction(async (tx) => {
    if (id !== '' && (await endSilence(tx, { project, id })) === undefined) throw noSilence(id);
    const made = await createSilence(tx, {
      project,
      matchers: filter,
      startsAt,
      endsAt,
      who: createdBy,
      comment,
    });
    return { silenceID: made?.id ?? '' };
  });
}

function noSilence(id: string | undefined): SightlineError {
  return new SightlineError('not_found', `silence ${id ?? ''} not found`, {
    hint: 'GET /silences lists them.',
  });
}

/** As Alertmanager tells it: the text alone. */
function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const send = (status: number, text: string): FastifyReply =>
    reply.code(status).type('application/json').send(JSON.stringify(text));
  if (error instanceof SightlineError) {
    if (error.status >= 500) request.log.error({ err: error });
    return send(error.status, `${error.message} ${error.hint ?? ''}`.trim());
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode < 500) return send(statusCode, message ?? '');
  request.log.error({ err: error });
  return send(500, 'Something failed that should not have. The log of the server has it.');
}
