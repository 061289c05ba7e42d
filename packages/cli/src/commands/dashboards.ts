import {
  dashboard,
  dashboardInput,
  type DashboardInput,
  dashboardsResponse,
  importDashboardResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { oneLine } from '../output/format.ts';
import { changeLinks, isLinkAction, linkActions } from './dashboard-links.ts';
import {
  changedFields,
  type DocumentChange,
  isSame,
  readDocuments,
  readJsonFile,
  refuseSameNames,
  tellDocumentChanges,
} from './named-documents.ts';

const actions = ['apply', 'diff', 'export', ...linkActions] as const;

const kind = {
  schema: dashboardInput,
  noun: 'dashboard',
  hint: 'sightline dashboards export writes the form; a dashboard of Grafana is applied with --grafana.',
};

export const dashboardsCommand: Command = {
  name: 'dashboards',
  summary:
    'Keep dashboards in files: apply, diff, export. Share one with people without a key: share, links, unshare.',
  positionals: '<apply|diff|export|share|links|unshare> [file or name…]',
  positionalCount: { min: 1, max: 1_000 },
  options: {
    grafana: { type: 'boolean', about: 'With apply and diff: the files are dashboards of Grafana.' },
    expires: {
      type: 'string',
      value: 'time',
      about: 'With share: 1d, 7d, 30d or never; 7d where it is left out.',
    },
    note: { type: 'string', value: 'text', about: 'With share: for whom the link is.' },
    range: {
      type: 'string',
      value: 'length',
      about:
        'With share: how far back guests may choose a range, 1d, 7d, 30d, 90d or none; none where it is left out.',
    },
  },
  details:
    'A file is one dashboard as JSON, or a list of them; its name says which dashboard it is. diff changes nothing and ends with 1\n' +
    'where something would change. What a dashboard of Grafana has beyond Prometheus is named and left out.\n' +
    'share prints a link under which anybody sees the dashboard; unshare revokes the links with the given ids, or all of them.',
  examples: [
    {
      line: 'sightline dashboards export > dashboards.json',
      about: 'the dashboards of the project, for git',
    },
    { line: 'sightline dashboards diff dashboards.json', about: 'what apply would change' },
    { line: 'sightline dashboards apply dashboards.json', about: 'makes them what the file says' },
    { line: 'sightline dashboards apply --grafana llm.json', about: 'takes over a dashboard of Grafana' },
    { line: 'sightline dashboards share "Shop" --expires 30d', about: 'a link for people without a key' },
  ],
  run: async (invocation) => {
    const [word = '', ...rest] = invocation.positionals;
    const action = chooseAction('dashboards', actions, word);
    if (isLinkAction(action)) return changeLinks(invocation, action, rest);
    if (action === 'export') return exportDashboards(invocation, rest);
    if (rest.length === 0)
      throw new SightlineError('bad_option', `dashboards ${action} needs a file.`, {
        hint: `sightline dashboards ${action} dashboards.json`,
      });
    return put(invocation, action, rest);
  },
};

async function exportDashboards({ client, output }: Invocation, names: readonly string[]): Promise<ExitCode> {
  const { dashboards } = await client.get('dashboards', {}, dashboardsResponse);
  const unknown = names.find((name) => !dashboards.some((one) => one.name === name || one.id === name));
  if (unknown !== undefined)
    throw new SightlineError('not_found', `There is no dashboard called "${unknown}".`, {
      hint: 'sightline dashboards export writes them all.',
    });
  const wanted = dashboards.filter(({ name, id, isShipped }) =>
    names.length === 0 ? !isShipped : names.includes(name) || names.includes(id),
  );
  const all: DashboardInput[] = [];
  for (const { id } of wanted)
    all.push((await client.get(`dashboards/${encodeURIComponent(id)}`, {}, dashboard)).dashboard);
  output.line(JSON.stringify(names.length === 1 ? all[0] : all, undefined, 2));
  return exitCodes.ok;
}

async function put(
  { client, output, options }: Invocation,
  action: 'apply' | 'diff',
  files: readonly string[],
): Promise<ExitCode> {
  const wanted: DashboardInput[] = [];
  for (const file of files) {
    const given = await readJsonFile(file, kind.hint);
    if (options.has('grafana')) {
      const { dashboard: taken, left } = await client.post(
        'dashboards/import',
        { grafana: given },
        importDashboardResponse,
      );
      for (const each of left) output.note(`${file}: not taken over: ${oneLine(each)}`);
      wanted.push(dashboardInput.parse(taken));
    } else wanted.push(...readDocuments({ file, given }, kind));
  }
  refuseSameNames(wanted, kind.noun);
  const { dashboards } = await client.get('dashboards', {}, dashboardsResponse);
  const changes: DocumentChange[] = [];
  for (const one of wanted) {
    const known = dashboards.find(({ name, isShipped }) => name === one.name && !isShipped);
    const now =
      known === undefined
        ? undefined
        : await client.get(`dashboards/${encodeURIComponent(known.id)}`, {}, dashboard);
    const parts = now === undefined ? [] : changedParts(now.dashboard, one);
    const change = now === undefined ? 'create' : parts.length === 0 ? 'same' : 'change';
    changes.push({ name: oneLine(one.name), action: change, parts });
    if (action === 'diff' || change === 'same') continue;
    if (now === undefined) await client.post('dashboards', one, dashboard);
    // If somebody else saved the dashboard in the meantime, the server refuses the change.
    else await client.put(`dashboards/${encodeURIComponent(now.id)}`, one, dashboard, `"${now.version}"`);
  }
  return tellDocumentChanges(output, action, changes);
}

/** In which parts two of one name differ: panels by their titles. */
function changedParts(before: DashboardInput, after: DashboardInput): string[] {
  const { panels: panelsBefore, ...restBefore } = before;
  const { panels: panelsAfter, ...restAfter } = after;
  const old = new Map(panelsBefore.map((panel) => [panel.id, panel]));
  const named = ({ id, title }: { readonly id: string; readonly title: string }): string =>
    `“${title === '' ? id : oneLine(title)}”`;
  const changed = panelsAfter
    .filter((panel) => !isSame(old.get(panel.id), panel))
    .map((panel) => `${old.has(panel.id) ? '~' : '+'}${named(panel)}`);
  const kept = new Set(panelsAfter.map(({ id }) => id));
  const gone = panelsBefore.filter(({ id }) => !kept.has(id)).map((panel) => `-${named(panel)}`);
  const parts = [...changedFields(restBefore, restAfter), ...changed, ...gone];
  // Panels are asked and read aloud in their order.
  return parts.length === 0 && !isSame(panelsBefore, panelsAfter) ? ['order of panels'] : parts;
}
