import {
  dashboard,
  dashboardInput,
  type DashboardInput,
  dashboardsResponse,
  importDashboardResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { changeLine } from './kept-in-files.ts';
import { readTextFile } from './read-text-file.ts';

const actions = ['apply', 'diff', 'export'] as const;
type Action = (typeof actions)[number];

export const dashboardsCommand: Command = {
  name: 'dashboards',
  summary: 'Keep dashboards in files: apply, diff, export.',
  positionals: '<apply|diff|export> [file or name…]',
  positionalCount: { min: 1, max: 1_000 },
  options: {
    grafana: { type: 'boolean', about: 'With apply and diff: the files are dashboards of Grafana.' },
  },
  details:
    'A file is one dashboard as JSON, or a list of them; its name says which dashboard it is. diff changes nothing and ends with 1\n' +
    'where something would change. What a dashboard of Grafana has beyond Prometheus is named and left out.',
  examples: [
    {
      line: 'sightline dashboards export > dashboards.json',
      about: 'the dashboards of the project, for git',
    },
    { line: 'sightline dashboards diff dashboards.json', about: 'what apply would change' },
    { line: 'sightline dashboards apply dashboards.json', about: 'makes them what the file says' },
    { line: 'sightline dashboards apply --grafana llm.json', about: 'takes over a dashboard of Grafana' },
  ],
  run: async (invocation) => {
    const [word = '', ...rest] = invocation.positionals;
    const action = chooseAction('dashboards', actions, word);
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
  action: Exclude<Action, 'export'>,
  files: readonly string[],
): Promise<ExitCode> {
  const wanted: DashboardInput[] = [];
  for (const file of files) {
    const given = await readJson(file);
    if (options.has('grafana')) {
      const { dashboard: taken, left } = await client.post(
        'dashboards/import',
        { grafana: given },
        importDashboardResponse,
      );
      for (const each of left) output.note(`${file}: not taken over: ${each}`);
      wanted.push(dashboardInput.parse(taken));
    } else wanted.push(...readDashboards(file, given));
  }
  const { dashboards } = await client.get('dashboards', {}, dashboardsResponse);
  const changes: {
    readonly name: string;
    readonly action: 'create' | 'change' | 'same';
    readonly parts: string[];
  }[] = [];
  for (const one of wanted) {
    const known = dashboards.find(({ name, isShipped }) => name === one.name && !isShipped);
    const now =
      known === undefined
        ? undefined
        : await client.get(`dashboards/${encodeURIComponent(known.id)}`, {}, dashboard);
    const parts = now === undefined ? [] : changedParts(now.dashboard, one);
    const change = now === undefined ? 'create' : parts.length === 0 ? 'same' : 'change';
    changes.push({ name: one.name, action: change, parts });
    if (action === 'diff' || change === 'same') continue;
    if (now === undefined) await client.post('dashboards', one, dashboard);
    else
      await client.check(
        await client.fetch(`/api/v1/dashboards/${encodeURIComponent(now.id)}`, {
          method: 'PUT',
          // If somebody else saved the dashboard in the meantime, the server refuses the change.
          headers: { 'content-type': 'application/json', 'if-match': `"${now.version}"` },
          body: JSON.stringify(one),
        }),
      );
  }
  const some = changes.filter((change) => change.action !== 'same');
  if (output.json) output.document({ changes });
  else {
    for (const { parts, ...change } of some) output.line(changeLine({ ...change, fields: parts }));
    output.line(
      some.length === 0
        ? 'Nothing changes.'
        : action === 'apply'
          ? `${some.length} applied.`
          : `${some.length} would change.`,
    );
  }
  return action === 'diff' && some.length > 0 ? exitCodes.failure : exitCodes.ok;
}

/** In which parts two of one name differ: panels by their titles. */
function changedParts(before: DashboardInput, after: DashboardInput): string[] {
  const { panels: panelsBefore, ...restBefore } = before;
  const { panels: panelsAfter, ...restAfter } = after;
  const fields = Object.keys({ ...restBefore, ...restAfter }).filter(
    (key) => !isSame(restBefore[key as keyof typeof restBefore], restAfter[key as keyof typeof restAfter]),
  );
  const old = new Map(panelsBefore.map((panel) => [panel.id, panel]));
  const changed = panelsAfter
    .filter((panel) => !isSame(old.get(panel.id), panel))
    .map(({ id, title }) => `${old.has(id) ? '~' : '+'}“${title === '' ? id : title}”`);
  const kept = new Set(panelsAfter.map(({ id }) => id));
  const gone = panelsBefore
    .filter(({ id }) => !kept.has(id))
    .map(({ id, title }) => `-“${title === '' ? id : title}”`);
  return [...fields, ...changed, ...gone];
}

/** The order of keys says nothing. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function readDashboards(file: string, given: unknown): DashboardInput[] {
  const read = z.union([z.array(dashboardInput), dashboardInput]).safeParse(given);
  if (read.success) return Array.isArray(read.data) ? read.data : [read.data];
  const one = (Array.isArray(given) ? z.array(dashboardInput) : dashboardInput).safeParse(given);
  throw new SightlineError(
    'bad_option',
    `"${file}" is no dashboard: ${one.error === undefined ? '' : z.prettifyError(one.error)}`,
    {
      hint: 'sightline dashboards export writes the form; a dashboard of Grafana is applied with --grafana.',
    },
  );
}

async function readJson(file: string): Promise<unknown> {
  const text = await readTextFile(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badOption(
      `"${file}" is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'sightline dashboards export writes the form of a dashboard.',
    );
  }
}
