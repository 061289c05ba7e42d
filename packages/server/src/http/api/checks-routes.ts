import {
  check,
  type Check,
  checkInput,
  checkReport,
  checkReported,
  checkResultsParameters,
  checkResultsResponse,
  checksResponse,
  statusPage,
  statusPageLink,
  statusPageRequest,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import {
  changeCheck,
  checksMax,
  createCheck,
  deleteCheck,
  findCheck,
  listCheckResults,
  listChecks,
  listCheckSpells,
  recordPing,
  type StoredCheck,
} from '../../catalog/checks.ts';
import { changeStatusToken, readStatusToken } from '../../catalog/status-page.ts';
import { describeChecks, describeStatusPage, timeOf } from '../../checks/describe-checks.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });

/** What is looked at from outside every so often, and how it stands. */
export const checksRoutes: readonly ApiRoute[] = [
  route({
    path: '/checks',
    summary: 'The checks of the project, how they stand, and how much of the time they were up.',
    tag: 'checks',
    scope: 'read',
    response: checksResponse,
    answer: async ({ context, sources: { catalog } }) => ({
      checks: await describeChecks(catalog, await listChecks(catalog, context.project)),
    }),
  }),
  route({
    method: 'POST',
    path: '/checks',
    summary: 'Makes a check. It is looked at at once.',
    tag: 'checks',
    scope: 'admin',
    body: checkInput,
    response: check,
    answer: async ({ context: { project }, sources, body }) => {
      const known = await listChecks(sources.catalog, project);
      if (known.length >= checksMax)
        throw new SightlineError('bad_request', `There are ${checksMax} checks already.`, {
          hint: 'Delete one first.',
        });
      const made = await createCheck(sources.catalog, project, body);
      if (made === undefined) throw nameTaken(body.name);
      await sources.checks.changed();
      return described(sources.catalog, made);
    },
  }),
  route({
    path: '/checks/:id',
    summary: 'One check.',
    tag: 'checks',
    scope: 'read',
    params: idInPath,
    response: check,
    answer: async ({ context, sources, params }) =>
      described(sources.catalog, await get(sources, context.project, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/checks/:id',
    summary: 'Changes a check, whole. It is looked at at once.',
    tag: 'checks',
    scope: 'admin',
    params: idInPath,
    body: checkInput,
    response: check,
    answer: async ({ context: { project }, sources, params, body }) => {
      const before = await get(sources, project, params.id);
      const others = await listChecks(sources.catalog, project);
      if (others.some(({ id, name }) => id !== before.id && name === body.name)) throw nameTaken(body.name);
      const changed = await changeCheck(sources.catalog, { project, id: before.id }, body);
      if (changed === undefined) throw notFound(params.id);
      await sources.checks.changed();
      return described(sources.catalog, changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/checks/:id',
    summary: 'Deletes a check with its history. Its metrics stay.',
    tag: 'checks',
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, params }) => {
      if (!(await deleteCheck(sources.catalog, { project, id: params.id }))) throw notFound(params.id);
      return { deleted: params.id };
    },
  }),
  route({
    path: '/checks/:id/results',
    summary: 'The newest looks of a check, and its states of the last 30 days.',
    tag: 'checks',
    scope: 'read',
    params: idInPath,
    query: checkResultsParameters,
    response: checkResultsResponse,
    answer: async ({ context, sources: { catalog }, sources, params, query }) => {
      const stored = await get(sources, context.project, params.id);
      const results = await listCheckResults(catalog, stored.id, query.limit);
      const { spells } = await listCheckSpells(catalog, [stored]);
      return {
        results: results.map((each) => ({ ...each, time: timeOf(each.time) })),
        spells: (spells.get(stored.id) ?? []).map(({ status, from, to }) => ({
          status,
          from: timeOf(from),
          to: to === null ? null : timeOf(to),
        })),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/checks/:id/ping',
    summary: 'A program says that it lives: for checks of kind heartbeat.',
    tag: 'checks',
    scope: 'ingest',
    params: idInPath,
    response: z.object({ ok: z.literal(true) }),
    answer: async ({ context: { project }, sources, params }) => {
      if (!(await recordPing(sources.catalog, { project, id: params.id })))
        throw new SightlineError('not_found', `There is no heartbeat check ${JSON.stringify(params.id)}.`, {
          hint: 'Heartbeats are listed at /api/v1/checks.',
        });
      await sources.checks.changed();
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    path: '/checks/reports',
    summary: 'A program says how a check of its own went; the first report makes the check.',
    tag: 'checks',
    scope: 'ingest',
    body: checkReport,
    response: checkReported,
    answer: async ({ context: { project }, sources, body }) => {
      const stored = await sources.checks.reported(project, body);
      if (stored === undefined)
        throw new SightlineError(
          'bad_request',
          `The check ${JSON.stringify(`${body.service}/${body.name}`)} cannot be made.`,
          { hint: `A project has at most ${checksMax} checks, each with a name of its own.` },
        );
      return { id: stored.id };
    },
  }),
  route({
    path: '/status-page',
    summary: 'How the checks that are shown on the status page stand.',
    tag: 'checks',
    scope: 'read',
    response: statusPage,
    answer: async ({ context, sources }) => describeStatusPage(sources.catalog, context.project),
  }),
  route({
    path: '/status-page/link',
    summary: 'The link under which anybody sees the status page, without a key.',
    tag: 'checks',
    scope: 'read',
    response: statusPageLink,
    answer: async ({ context, sources }) => linkOf(await readStatusToken(sources.catalog, context.project)),
  }),
  route({
    method: 'PUT',
    path: '/status-page/link',
    summary: 'Shares the status page under a new link, or stops sharing it.',
    tag: 'checks',
    scope: 'admin',
    body: statusPageRequest,
    response: statusPageLink,
    answer: async ({ context, sources, body }) =>
      linkOf(await changeStatusToken(sources.catalog, context.project, body.shared)),
  }),
];

function linkOf(token: string | undefined): { path: string | null } {
  return { path: token === undefined ? null : `/status-page/${token}` };
}

async function get({ catalog }: ApiSources, project: string, id: string): Promise<StoredCheck> {
  const found = await findCheck(catalog, { project, id });
  if (found === undefined) throw notFound(id);
  return found;
}

async function described(db: SqlRunner, stored: StoredCheck): Promise<Check> {
  const [one] = await describeChecks(db, [stored]);
  if (one === undefined) throw notFound(stored.id);
  return one;
}

function notFound(id: string): SightlineError {
  return new SightlineError('not_found', `There is no check ${JSON.stringify(id)}.`, {
    hint: 'The checks are listed at /api/v1/checks.',
  });
}

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a check named ${JSON.stringify(name)} already.`, {
    hint: 'Give it another name, or change the one that is there.',
  });
}
