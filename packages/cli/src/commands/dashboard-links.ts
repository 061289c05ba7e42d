/** Links under which anybody sees a dashboard: made, listed and revoked. */
import {
  type DashboardLinkInfo,
  dashboardLinksResponse,
  type DashboardLinksResponse,
  dashboardsResponse,
  guestRange,
  linkLifetime,
  newDashboardLinkResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { badOption } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';

export const linkActions = ['share', 'links', 'unshare'] as const;
type LinkAction = (typeof linkActions)[number];

export const isLinkAction = (word: string): word is LinkAction =>
  (linkActions as readonly string[]).includes(word);

/** Words: the name or id of the dashboard; with `unshare` also ids of links, and none for all that are open. */
export async function changeLinks(
  invocation: Invocation,
  action: LinkAction,
  words: readonly string[],
): Promise<ExitCode> {
  const { client, output, options } = invocation;
  const [wanted, ...ids] = words;
  if (wanted === undefined || (action !== 'unshare' && ids.length > 0))
    throw badOption(
      `dashboards ${action} needs the name of one dashboard.`,
      `sightline dashboards ${action} "Shop"`,
    );
  const path = `dashboards/${encodeURIComponent(await findId(invocation, wanted))}/links`;
  if (action === 'share') {
    const made = await client.post(
      path,
      {
        expires: options.choice('expires', linkLifetime.options) ?? '7d',
        note: options.text('note') ?? '',
        range: options.choice('range', guestRange.options) ?? 'none',
      },
      newDashboardLinkResponse,
    );
    const url = `${client.url}${made.path}`;
    if (output.json) output.document({ ...made, url });
    else {
      output.line(url);
      output.note(
        `Whoever has it sees the dashboard, ${made.expiresAt === null ? 'for ever' : `until ${made.expiresAt.slice(0, 16).replace('T', ' ')} UTC`}. It is not shown again.`,
      );
    }
    return exitCodes.ok;
  }
  const response = await client.get(path, {}, dashboardLinksResponse);
  if (action === 'links') return printLinks(output, response);
  const open = response.links.filter((link) => link.isOpen);
  const revoked = ids.length > 0 ? ids : open.map(({ id }) => id);
  for (const id of revoked)
    await client.check(await client.fetch(`/api/v1/${path}/${encodeURIComponent(id)}`, { method: 'DELETE' }));
  if (output.json) output.document({ revoked });
  else output.line(revoked.length === 0 ? 'Nothing was shared.' : `${revoked.length} revoked.`);
  return exitCodes.ok;
}

function printLinks(output: Output, response: DashboardLinksResponse): ExitCode {
  const { links } = response;
  if (output.json) output.document(response);
  else if (links.length > 0)
    output.table(links, [
      { title: 'LINK', text: ({ id }) => id },
      { title: 'STATE', text: stateOf },
      { title: 'MADE', text: ({ createdAt }) => minute(createdAt) },
      { title: 'BY', text: ({ createdBy }) => oneLine(createdBy), flexible: true },
      { title: 'EXPIRES', text: ({ expiresAt }) => (expiresAt === null ? 'never' : minute(expiresAt)) },
      { title: 'LAST USED', text: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : minute(lastUsedAt)) },
      { title: 'RANGE', text: ({ rangeDaysMax }) => (rangeDaysMax === null ? 'fixed' : `${rangeDaysMax}d`) },
      { title: 'NOTE', text: ({ note }) => oneLine(note), flexible: true },
    ]);
  else output.note('The dashboard has no links.');
  return exitCodes.ok;
}

async function findId({ client }: Invocation, wanted: string): Promise<string> {
  const { dashboards } = await client.get('dashboards', {}, dashboardsResponse);
  const found =
    dashboards.find(({ name, isShipped }) => name === wanted && !isShipped) ??
    dashboards.find(({ id, name }) => id === wanted || name === wanted);
  if (found === undefined)
    throw new SightlineError('not_found', `There is no dashboard called "${wanted}".`, {
      hint: 'sightline dashboards export writes them all.',
    });
  return found.id;
}

const stateOf = ({ isOpen, revokedAt }: DashboardLinkInfo): string =>
  isOpen ? 'open' : revokedAt === null ? 'expired' : 'revoked';

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
