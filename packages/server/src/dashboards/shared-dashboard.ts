/**
 * A dashboard as whoever has a link to it sees it: how its panels look and what they answer. What they ask, the lists behind their points and all else in the project stay
 * inside: a request names panels, and values of variables among those that are offered.
 */
import { type Clock, msFromNanos } from '@sightline/base';
import type {
  AskPanelsLine,
  AskSharedRequest,
  DashboardInput,
  DashboardPanel,
  DashboardVariable,
  PanelData,
  SharedDashboard,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { StoredDashboard } from '../catalog/dashboards.ts';
import { PromqlSyntaxError } from '../promql/ast.ts';
import type { PanelContext } from '../query/alerts/kept-histories.ts';
import { KeptAnswers } from '../query/kept-answers.ts';
import { labelValues } from '../query/prometheus/questions.ts';
import { readFacets } from '../query/read-facets.ts';
import { readRange } from '../query/time-range.ts';
import { askPanels } from './ask-panels.ts';
import type { VariableValues } from './fill-variables.ts';
import type { PanelScope } from './panel-answer.ts';

/** Of a field the most frequent, of a label the first. */
const offeredMax = { field: 100, label: 500 } as const;
/** Variables whose values are kept. */
const keptMax = 1_000;

/** What a link opens: a dashboard as it is saved, and how many days before now a range that guests choose may begin. */
interface Shared {
  readonly stored: StoredDashboard;
  readonly rangeDaysMax: number | null;
}

export function describeShared({
  stored: { version, updatedAt, dashboard },
  rangeDaysMax,
}: Shared): SharedDashboard {
  const { name, description, range, refreshS, variables, panels } = dashboard;
  return {
    version,
    updatedAt: updatedAt.toISOString(),
    rangeDaysMax,
    dashboard: {
      name,
      description,
      range,
      refreshS,
      variables: variables.map(({ from: _from, ...variable }) => variable),
      panels: panels.map(({ queries, overlays: _overlays, ...panel }) => ({
        ...panel,
        isAsked: queries.length > 0,
      })),
    },
  };
}

/** The values of variables that whoever has a link may choose. Those that are read from the data are read once a minute. */
export class OfferedValues {
  readonly #kept = new KeptAnswers<readonly string[]>(keptMax);

  async read(
    context: PanelContext,
    { id, version, dashboard: { range } }: StoredDashboard,
    variable: DashboardVariable,
  ): Promise<readonly string[]> {
    const key = JSON.stringify([context.project, id, version, variable.name]);
    // Others wait for it too: it is read to its end when who asked first is gone.
    const { signal: _signal, ...lasting } = context;
    return this.#kept.read(key, context.clock.monotonicMs(), async () =>
      readOffered(lasting, range, variable),
    );
  }
}

async function readOffered(
  context: PanelContext,
  range: DashboardInput['range'],
  { from, value }: DashboardVariable,
): Promise<readonly string[]> {
  const known = await read().catch((error: unknown) => {
    if (error instanceof SightlineError || error instanceof PromqlSyntaxError)
      throw new SightlineError(
        error instanceof SightlineError ? error.code : 'bad_panel',
        'The values of this variable cannot be read now.',
        { hint: unsaid.hint, cause: error },
      );
    throw error;
  });
  return [...new Set([...value, ...known])];

  async function read(): Promise<readonly string[]> {
    switch (from.type) {
      case 'list':
        return from.values;
      case 'field': {
        const { facets } = await readFacets(context, {
          signal: from.signal,
          fields: from.field,
          limit: offeredMax.field,
          ...range,
        });
        return (facets[0]?.values ?? []).map((one) => one.value).filter((one) => one !== '');
      }
      case 'label': {
        const times = readRange(range, context.clock);
        const values = await labelValues(context, {
          name: from.label,
          matchers: from.match === '' ? [] : [from.match],
          startMs: msFromNanos(times.from),
          endMs: msFromNanos(times.to),
        });
        return values.slice(0, offeredMax.label);
      }
    }
  }
}

export interface SharedScope extends Pick<PanelScope, 'catalog' | 'readDecisions'> {
  readonly context: PanelContext;
  readonly offered: OfferedValues;
}

/**
 * Answers panels as they are saved now, over the range of the dashboard or one that the link allows.
 * @throws SightlineError `changed_meanwhile` where the dashboard has another version, `not_found` for a panel that it does not have, `bad_request` for a value that is not offered, `bad_time_range` for a range that the link does not allow.
 */
export async function askShared(
  { context, offered, ...rest }: SharedScope,
  { stored, rangeDaysMax }: Shared,
  { version, panels, variables, range }: AskSharedRequest,
): Promise<AsyncIterable<AskPanelsLine>> {
  const { dashboard } = stored;
  if (version !== stored.version)
    throw new SightlineError('changed_meanwhile', 'The dashboard was changed since it was read.', {
      hint: 'Read it again.',
    });
  const wanted = [...new Set(panels)].map((id) => findPanel(dashboard, id));
  const isCompared = range === undefined || readGuestRange(range, { rangeDaysMax, clock: context.clock });
  const values = await chosen();
  const lines = askPanels(
    { ...context, ...rest },
    { ...(range ?? dashboard.range), panels: wanted, variables: { ...values } },
  );
  return forStrangers(lines, isCompared);

  async function chosen(): Promise<Record<string, string[]>> {
    const strange = Object.keys(variables).find(
      (name) => !dashboard.variables.some((variable) => variable.name === name),
    );
    if (strange !== undefined) throw notOffered(`The dashboard has no variable ${JSON.stringify(strange)}.`);
    const all: [string, string[]][] = [];
    for (const variable of dashboard.variables) {
      const asked = Object.hasOwn(variables, variable.name) ? variables[variable.name] : undefined;
      all.push([variable.name, asked === undefined ? [...variable.value] : await among(variable, asked)]);
    }
    return Object.fromEntries(all) satisfies VariableValues;
  }

  async function among(variable: DashboardVariable, asked: readonly string[]): Promise<string[]> {
    const own = new Set(variable.value);
    if (asked.every((value) => own.has(value))) return [...asked];
    const known = new Set(await offered.read(context, stored, variable));
    const unknown = asked.find((value) => !known.has(value));
    if (unknown !== undefined)
      throw notOffered(
        `The variable ${JSON.stringify(variable.name)} does not offer ${JSON.stringify(unknown.slice(0, 80))}.`,
      );
    return [...asked];
  }
}

/**
 * Whether the range before may be told, too: a guest learns nothing of the time before that which the link allows.
 * @throws SightlineError `bad_time_range` for a range that the link does not allow.
 */
function readGuestRange(
  range: DashboardInput['range'],
  { rangeDaysMax, clock }: { readonly rangeDaysMax: number | null; readonly clock: Clock },
): boolean {
  if (rangeDaysMax === null)
    throw new SightlineError('bad_time_range', 'This link shows the range of its dashboard alone.', {
      hint: 'Leave the range out, or ask whoever shared the dashboard for a link that lets guests choose one.',
    });
  const { from, to } = readRange(range, clock);
  const earliest = clock.now() - BigInt(rangeDaysMax) * 86_400_000_000_000n - rangeSlackNanos;
  if (from < earliest)
    throw new SightlineError(
      'bad_time_range',
      `This link shows the last ${rangeDaysMax === 1 ? '24 hours' : `${rangeDaysMax} days`}, and the range begins before.`,
      { hint: 'Choose a range that begins later.' },
    );
  return from - (to - from) >= earliest;
}

/** A page that was opened a moment ago asks for its whole range; clocks of browsers run ahead and behind. */
const rangeSlackNanos = 120_000_000_000n;

function notOffered(message: string): SightlineError {
  return new SightlineError('bad_request', message, {
    hint: 'GET /api/v1/shared/dashboard names the variables, and /api/v1/shared/dashboard/variables/<name> their values.',
  });
}

function findPanel({ panels, overlays }: DashboardInput, id: string): DashboardPanel {
  const found = panels.find((panel) => panel.id === id);
  if (found === undefined)
    throw new SightlineError('not_found', `The dashboard has no panel ${JSON.stringify(id)}.`, {
      hint: 'GET /api/v1/shared/dashboard lists them.',
    });
  return { ...found, overlays: found.overlays ?? overlays };
}

export function findVariable({ dashboard }: StoredDashboard, name: string): DashboardVariable {
  const found = dashboard.variables.find((variable) => variable.name === name);
  if (found === undefined) throw notOffered(`The dashboard has no variable ${JSON.stringify(name)}.`);
  return found;
}

async function* forStrangers(
  lines: AsyncIterable<AskPanelsLine>,
  isCompared: boolean,
): AsyncGenerator<AskPanelsLine> {
  for await (const line of lines)
    if ('data' in line) yield { id: line.id, data: forGuest(line.data, isCompared) };
    else if ('band' in line)
      yield { ...line, note: line.band === null ? 'No band could be read for this panel.' : line.note };
    else yield { id: line.id, error: { code: line.error.code, ...unsaid } };
}

/** Reasons quote what was asked. */
const unsaid = {
  message: 'This panel cannot be answered now.',
  hint: 'Who shared the dashboard sees the reason in it.',
};

/** Without the lists behind its points and, unless it may be told, what was in the range before. */
function forGuest(data: PanelData, isCompared: boolean): PanelData {
  return {
    ...data,
    series: data.series.map((each) => ({ ...each, behind: null })),
    totals: data.totals.map((each) => ({
      ...each,
      before: isCompared ? each.before : null,
      behind: null,
    })),
    table: data.table === null ? null : { ...data.table, behind: [] },
    spread: data.spread === null ? null : { ...data.spread, behind: null, field: null },
  };
}
