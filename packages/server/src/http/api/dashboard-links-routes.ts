import { formatNanos, msFromNanos, nanosFromMs } from '@sightline/base';
import {
  askSharedRequest,
  type DashboardLinkInfo,
  dashboardLinkRequest,
  dashboardLinksResponse,
  type GuestRange,
  type LinkLifetime,
  newDashboardLinkResponse,
  offeredValuesResponse,
  sharedDashboard,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import {
  countOpenLinks,
  createDashboardLink,
  type DashboardLink,
  listDashboardLinks,
  openLinksMax,
  revokeDashboardLink,
} from '../../catalog/dashboard-links.ts';
import { findDashboard } from '../../catalog/dashboards.ts';
import { askShared, describeShared, findVariable } from '../../dashboards/shared-dashboard.ts';
import { findShipped } from '../../dashboards/shipped/index.ts';
import type { QueryContext } from '../../query/reader.ts';
import { dashboardNotFound, panelLines, sendPanelLines } from './dashboards-routes.ts';
import { readDecisions } from './errors-routes.ts';
import { type ApiRoute, openedLink, route } from './route-table.ts';

const tag = 'dashboards';
const idInPath = z.object({ id: z.string().max(64) });
/** Nothing that is sent with a link is passed over in silence. */
const noParameters = z.object({});
const linkInPath = idInPath.extend({ link: z.string().max(64) });

/** Links under which anybody sees one dashboard, and what is answered to whoever has one. */
export const dashboardLinksRoutes: readonly ApiRoute[] = [
  route({
    path: '/dashboards/:id/links',
    summary: 'The links under which anybody sees this dashboard, without a key; those that ended among them.',
    tag,
    scope: 'read',
    params: idInPath,
    response: dashboardLinksResponse,
    answer: async ({ context, sources: { catalog }, params: { id } }) => {
      const { project } = context;
      if (findShipped(id) !== undefined) return { links: [] };
      if ((await findDashboard(catalog, { project, id })) === undefined) throw dashboardNotFound(id);
      const now = nowOf(context);
      return {
        links: (await listDashboardLinks(catalog, { project, id })).map((link) => described(link, now)),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/dashboards/:id/links',
    summary: 'Makes a link under which anybody sees this dashboard as it is saved, without a key.',
    tag,
    scope: 'admin',
    params: idInPath,
    body: dashboardLinkRequest,
    response: newDashboardLinkResponse,
    answer: async ({
      context,
      sources: { catalog },
      params: { id },
      body: { note, expires, range },
      key,
    }) => {
      const place = { project: context.project, id };
      if (findShipped(id) !== undefined)
        throw new SightlineError('bad_request', 'This dashboard comes with Sightline.', {
          hint: 'Copy it, and share the copy.',
        });
      const now = nowOf(context);
      if ((await countOpenLinks(catalog, place, now)) >= openLinksMax)
        throw new SightlineError('bad_request', `The dashboard has ${openLinksMax} open links already.`, {
          hint: 'Revoke one first.',
        });
      const made = await createDashboardLink(catalog, place, {
        note,
        keyHash: key,
        otherwiseBy: key === 'own' ? ownKey : '',
        now,
        expiresAt: expiryOf(expires, now),
        rangeDaysMax: rangeDays[range],
      });
      if (made === undefined) throw dashboardNotFound(id);
      return { ...described(made.link, now), path: `/shared#${made.token}` };
    },
  }),
  route({
    method: 'DELETE',
    path: '/dashboards/:id/links/:link',
    summary: 'Revokes a link, at once on every server.',
    tag,
    scope: 'admin',
    params: linkInPath,
    response: z.object({ revoked: z.string() }),
    answer: async ({ context, sources: { catalog }, params: { id, link } }) => {
      const place = { project: context.project, id, link };
      if (!(await revokeDashboardLink(catalog, place, nowOf(context))))
        throw new SightlineError('not_found', `The dashboard has no link "${link.slice(0, 80)}" to revoke.`, {
          hint: `GET /api/v1/dashboards/${encodeURIComponent(id)}/links lists them.`,
        });
      return { revoked: link };
    },
  }),
  route({
    path: '/shared/dashboard',
    summary: 'The dashboard of a link: how its panels look, and not what they ask.',
    tag,
    scope: 'link',
    query: noParameters,
    response: sharedDashboard,
    answer: ({ link }) => describeShared(openedLink(link)),
  }),
  route({
    path: '/shared/dashboard/variables/:name',
    summary: 'Values that a variable of the dashboard of a link offers.',
    tag,
    scope: 'link',
    query: noParameters,
    params: z.object({ name: z.string().max(40) }),
    response: offeredValuesResponse,
    share: 'search',
    answer: async ({ context, sources: { links }, params: { name }, link }) => {
      const { stored } = openedLink(link);
      return { values: [...(await links.offered.read(context, stored, findVariable(stored, name)))] };
    },
  }),
  route({
    method: 'POST',
    path: '/shared/dashboard/ask',
    summary:
      'Answers panels of the dashboard of a link, over its own range or one that the link allows: newline-delimited JSON, a line a panel, each as soon as it is known.',
    tag,
    scope: 'link',
    query: noParameters,
    body: askSharedRequest,
    pieces: panelLines,
    share: 'search',
    answer: async ({ context, sources: { catalog, histories, links }, body, link, reply }) => {
      const lines = await askShared(
        {
          context: { ...context, histories },
          catalog,
          readDecisions: async () => readDecisions(catalog, context.project),
          offered: links.offered,
        },
        openedLink(link),
        body,
      );
      await sendPanelLines(reply, lines);
    },
  }),
];

/** Who made a link with the key of the server's options. */
const ownKey = 'the key of the server';
const days: Readonly<Record<LinkLifetime, number | null>> = { '1d': 1, '7d': 7, '30d': 30, never: null };

const rangeDays: Readonly<Record<GuestRange, number | null>> = {
  none: null,
  '1d': 1,
  '7d': 7,
  '30d': 30,
  '90d': 90,
};

function expiryOf(lifetime: LinkLifetime, now: Date): Date | null {
  const count = days[lifetime];
  return count === null ? null : new Date(now.getTime() + count * 86_400_000);
}

const nowOf = ({ clock }: QueryContext): Date => new Date(msFromNanos(clock.now()));

function described(link: DashboardLink, now: Date): DashboardLinkInfo {
  const { id, note, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt, rangeDaysMax } = link;
  const text = (date: Date): string => formatNanos(nanosFromMs(date.getTime()));
  const orNull = (date: Date | null): string | null => (date === null ? null : text(date));
  return {
    id,
    note,
    createdBy,
    createdAt: text(createdAt),
    expiresAt: orNull(expiresAt),
    revokedAt: orNull(revokedAt),
    lastUsedAt: orNull(lastUsedAt),
    rangeDaysMax,
    isOpen: revokedAt === null && (expiresAt === null || expiresAt > now),
  };
}
