import { Readable } from 'node:stream';
import {
  askPanelsLine,
  type AskPanelsLine,
  askPanelsRequest,
  dashboard,
  type Dashboard,
  dashboardInput,
  type DashboardInput,
  dashboardMarksParameters,
  dashboardMarksResponse,
  dashboardOwnerParameters,
  dashboardsParameters,
  dashboardsResponse,
  dashboardVersionsResponse,
  importDashboardRequest,
  importDashboardResponse,
  versionMax,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import {
  changeDashboard,
  countDashboards,
  createDashboard,
  dashboardsMax,
  deleteDashboard,
  findDashboard,
  listDashboards,
  listDashboardVersions,
  type StoredDashboard,
} from '../../catalog/dashboards.ts';
import { askPanels } from '../../dashboards/ask-panels.ts';
import { importGrafana } from '../../dashboards/import-grafana.ts';
import { readMarks } from '../../dashboards/read-marks.ts';
import { findShipped, shippedDashboards } from '../../dashboards/shipped/index.ts';
import { readRange } from '../../query/time-range.ts';
import { readDecisions } from './errors-routes.ts';
import { type ApiRoute, route } from './route-table.ts';

const tag = 'dashboards';
const idInPath = z.object({ id: z.string().max(64) });
const versionInPath = idInPath.extend({ version: z.coerce.number().int().min(1).max(versionMax) });

export const panelLines = {
  contentType: 'application/x-ndjson',
  description: 'A JSON object on each line.',
  kinds: { line: askPanelsLine },
};

/** Dashboards, those that come with Sightline among them, and the answers of their panels. */
export const dashboardsRoutes: readonly ApiRoute[] = [
  route({
    path: '/dashboards',
    summary: 'The dashboards of the project, and those that come with Sightline.',
    tag,
    scope: 'read',
    query: dashboardsParameters,
    response: dashboardsResponse,
    answer: async ({ context, sources: { catalog }, query }) => ({
      dashboards: [
        ...(await listDashboards(catalog, context.project, query.owner)).map(described),
        ...shippedDashboards.map(({ id, dashboard: one }) => shipped(id, one)),
      ].map(({ id, owner, version, isShipped, updatedAt, dashboard: { name, description, panels } }) => ({
        id,
        owner,
        name,
        description,
        panelCount: panels.length,
        version,
        isShipped,
        updatedAt,
      })),
    }),
  }),
  route({
    method: 'POST',
    path: '/dashboards',
    summary: 'Makes a dashboard.',
    tag,
    scope: 'write',
    query: dashboardOwnerParameters,
    body: dashboardInput,
    response: dashboard,
    answer: async ({ context: { project, clock }, sources: { catalog }, query, body, reply }) => {
      // Every panel would be refused with it.
      readRange(body.range, clock);
      if ((await countDashboards(catalog, project)) >= dashboardsMax)
        throw new SightlineError('bad_request', `There are ${dashboardsMax} dashboards already.`, {
          hint: 'Delete one first.',
        });
      const made = await createDashboard(catalog, { project, owner: ownerOf(query.owner) ?? '' }, body);
      if (made === undefined) throw nameTaken(body.name);
      return tagged(reply, described(made));
    },
  }),
  route({
    method: 'POST',
    path: '/dashboards/ask',
    summary:
      'Answers panels over a range, with values for variables: newline-delimited JSON, a line a panel, each as soon as it is known.',
    tag,
    scope: 'read',
    body: askPanelsRequest,
    pieces: panelLines,
    answer: async ({ context, sources: { catalog, histories }, body, reply }) => {
      const lines = askPanels(
        {
          ...context,
          histories,
          catalog,
          readDecisions: async () => readDecisions(catalog, context.project),
        },
        body,
      );
      await sendPanelLines(reply, lines);
    },
  }),
  route({
    path: '/dashboards/marks',
    summary: 'What is drawn into panels over time: versions that began to run, and when alerts fired.',
    tag,
    scope: 'read',
    query: dashboardMarksParameters,
    response: dashboardMarksResponse,
    answer: async ({ context, sources: { catalog }, query }) =>
      readMarks({ ...context, catalog }, readRange(query, context.clock)),
  }),
  route({
    method: 'POST',
    path: '/dashboards/import',
    summary:
      'What a dashboard of Grafana is here, as far as its panels for Prometheus go, and what is left. Nothing is kept: send it by POST to /dashboards.',
    tag,
    scope: 'read',
    body: importDashboardRequest,
    response: importDashboardResponse,
    answer: ({ body }) => importGrafana(body.grafana),
  }),
  route({
    path: '/dashboards/:id',
    summary: 'One dashboard. Its version is the ETag.',
    tag,
    scope: 'read',
    params: idInPath,
    response: dashboard,
    answer: async ({ context: { project }, sources: { catalog }, params, reply }) =>
      tagged(reply, await get(catalog, project, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/dashboards/:id',
    summary:
      'Changes a dashboard, whole; what it was stays among its versions. With If-Match only where nobody changed it since that version.',
    tag,
    scope: 'write',
    params: idInPath,
    query: dashboardOwnerParameters,
    body: dashboardInput,
    response: dashboard,
    answer: async ({
      context: { project, clock },
      sources: { catalog },
      params: { id },
      query: { owner },
      body,
      request,
      reply,
    }) => {
      if (findShipped(id) !== undefined)
        throw new SightlineError('bad_request', 'This dashboard comes with Sightline.', {
          hint: 'Copy it, and change the copy.',
        });
      readRange(body.range, clock);
      const expected = readIfMatch(request);
      const change = await changeDashboard(catalog, { project, id, expected, owner: ownerOf(owner) }, body);
      if (change.type === 'changed') return tagged(reply, described(change.stored));
      if (change.type === 'name_taken') throw nameTaken(body.name);
      if (change.type === 'stale')
        throw new SightlineError(
          'changed_meanwhile',
          `The dashboard was changed since version ${expected}: it has version ${change.version}.`,
          { hint: 'Read it again, and put your change into it.' },
        );
      throw dashboardNotFound(id);
    },
  }),
  route({
    method: 'DELETE',
    path: '/dashboards/:id',
    summary: 'Deletes a dashboard with its versions.',
    tag,
    scope: 'write',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources: { catalog }, params: { id } }) => {
      if (!(await deleteDashboard(catalog, { project, id }))) throw dashboardNotFound(id);
      return { deleted: id };
    },
  }),
  route({
    path: '/dashboards/:id/versions',
    summary: 'What a dashboard was, the newest first.',
    tag,
    scope: 'read',
    params: idInPath,
    response: dashboardVersionsResponse,
    answer: async ({ context: { project }, sources: { catalog }, params: { id } }) => {
      await get(catalog, project, id);
      const versions = await listDashboardVersions(catalog, id);
      return {
        versions: versions.map(({ version, savedAt, dashboard: { name, panels } }) => ({
          version,
          savedAt: savedAt.toISOString(),
          name,
          panelCount: panels.length,
        })),
      };
    },
  }),
  route({
    path: '/dashboards/:id/versions/:version',
    summary: 'A dashboard as it was. Send its `dashboard` by PUT to have it again.',
    tag,
    scope: 'read',
    params: versionInPath,
    response: dashboard,
    answer: async ({ context: { project }, sources: { catalog }, params: { id, version } }) => {
      const { owner } = await get(catalog, project, id);
      const found = (await listDashboardVersions(catalog, id)).find((one) => one.version === version);
      if (found === undefined) throw dashboardNotFound(`${id}/versions/${version}`);
      return {
        id,
        owner,
        version,
        isShipped: false,
        updatedAt: found.savedAt.toISOString(),
        dashboard: found.dashboard,
      };
    },
  }),
];

const ownerOf = (asked: string | undefined): string | undefined => (asked === 'project' ? '' : asked);

/** As newline-delimited JSON, each as soon as it is known. */
export async function sendPanelLines(
  reply: FastifyReply,
  lines: AsyncIterable<AskPanelsLine>,
): Promise<void> {
  await reply
    .type('application/x-ndjson; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(Readable.from(asLines(lines), { objectMode: false }));
}

async function* asLines(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

async function get(catalog: CatalogDatabase, project: string, id: string): Promise<Dashboard> {
  const own = findShipped(id);
  if (own !== undefined) return shipped(id, own);
  const stored = await findDashboard(catalog, { project, id });
  if (stored === undefined) throw dashboardNotFound(id);
  return described(stored);
}

const described = ({ id, owner, version, updatedAt, dashboard: one }: StoredDashboard): Dashboard => ({
  id,
  owner,
  version,
  isShipped: false,
  updatedAt: updatedAt.toISOString(),
  dashboard: one,
});

const shipped = (id: string, one: DashboardInput): Dashboard => ({
  id,
  owner: '',
  version: 1,
  isShipped: true,
  updatedAt: null,
  dashboard: one,
});

function tagged(reply: FastifyReply, one: Dashboard): Dashboard {
  reply.header('etag', `"${one.version}"`);
  return one;
}

/** The version that the caller has seen; undefined where any may be changed. */
function readIfMatch(request: FastifyRequest): number | undefined {
  const given = request.headers['if-match'];
  if (given === undefined || given === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(given)?.[1];
  if (version === undefined)
    throw new SightlineError('bad_request', 'If-Match is not a version, such as "3".', {
      hint: 'Send the ETag that came with the dashboard.',
    });
  return Number(version);
}

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a dashboard called "${name}" already.`, {
    hint: 'Choose another name.',
  });
}

export function dashboardNotFound(id: string): SightlineError {
  return new SightlineError('not_found', `There is no dashboard "${id.slice(0, 80)}".`, {
    hint: 'GET /api/v1/dashboards lists them.',
  });
}
