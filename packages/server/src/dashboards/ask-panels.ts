/** Answers panels, each by itself: one that is refused takes no other with it. */
import type {
  AskPanelsLine,
  AskPanelsRequest,
  DashboardPanel,
  PanelBand,
  PanelData,
  PanelQuery,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { PanelContext } from '../query/alerts/kept-histories.ts';
import { AskedOnce } from '../query/asked-once.ts';
import { readRange, type TimeRange } from '../query/time-range.ts';
import { CountSource } from './count-source.ts';
import { readBand } from './expected-band.ts';
import { ListSource } from './list-source.ts';
import { badPanel, type PanelScope, type PanelSource, type Series, type Total } from './panel-answer.ts';
import { panelGrid } from './panel-grid.ts';
import { PromqlSource } from './promql-source.ts';
import { SqlSource } from './sql-source.ts';
import { WordsBatch } from './words-batch.ts';
import { WordsSource } from './words-source.ts';

/** Panels that are answered at a time: what is asked together is read together. A statement waits for its turn within its own time. */
const atOnce = 24;
/** Lines of a panel over time, and rows of a list. */
const seriesMax = 40;
const totalsMax = 200;

/**
 * The answers as they come. Panels with the same questions are asked once. Throws `bad_time_range` before the first.
 */
export function askPanels(
  { catalog, readDecisions, ...asking }: PanelContext & Pick<PanelScope, 'catalog' | 'readDecisions'>,
  { panels, variables, ...asked }: AskPanelsRequest,
): AsyncIterable<AskPanelsLine> {
  const range = readRange(asked, asking.clock);
  const context = {
    ...asking,
    once: new AskedOnce(),
    names: asking.histories?.names,
    namesFrom: range,
  };
  const words = new WordsBatch(context);
  const scope = { context, catalog, readDecisions, asked, range, words, values: variables };
  const known = new Map<string, Promise<PanelData>>();
  const once = async (panel: DashboardPanel): Promise<PanelData> => {
    const { kind, queries, unit } = panel;
    const key = JSON.stringify([kind, queries, unit]);
    const answer = known.get(key) ?? answerPanel({ ...scope, panel });
    known.set(key, answer);
    return answer;
  };
  const answered = asTheyCome(panels, async (panel): Promise<AskPanelsLine> => {
    try {
      return { id: panel.id, data: await once(panel) };
    } catch (error) {
      return { id: panel.id, ...asSightlineError(error).toJSON() };
    }
  });
  return withBands(answered, panels, async (panel) => bandOf({ ...scope, panel }));
}

/** The past of a value is a longer look than its panel: bands come one by one, after all answers. */
async function* withBands(
  answered: AsyncIterable<AskPanelsLine>,
  panels: readonly DashboardPanel[],
  read: (panel: DashboardPanel) => Promise<PanelBand>,
): AsyncGenerator<AskPanelsLine> {
  const fine = new Set<string>();
  for await (const line of answered) {
    if ('data' in line) fine.add(line.id);
    yield line;
  }
  for (const panel of panels) {
    const { id, kind, overlays } = panel;
    if (kind !== 'lines' || overlays?.includes('band') !== true || !fine.has(id)) continue;
    try {
      yield { id, band: await read(panel), note: '' };
    } catch (error) {
      yield { id, band: null, note: asSightlineError(error).message };
    }
  }
}

async function bandOf(asking: Asking): Promise<PanelBand> {
  const { panel, range, context } = asking;
  const grid = panelGrid(panel.kind, range);
  const [question, ...more] = panel.queries.map((query) => sourceOf(query, { ...asking, grid }).bandQuestion);
  if (question === undefined || more.length > 0)
    throw badPanel('An expected band is drawn for one question, in words or in PromQL.');
  return readBand(context, question, grid);
}

function asSightlineError(error: unknown): SightlineError {
  return error instanceof SightlineError ? error : failed(error);
}

function failed(cause: unknown): SightlineError {
  return new SightlineError('internal', 'Sightline made a mistake in this panel.', {
    hint: 'Look at the log of the server.',
    cause,
  });
}

/** In order of their beginning; those that begin together ask together what is about the same items. Each is told when it is there. */
async function* asTheyCome<Item, Done>(
  items: readonly Item[],
  run: (item: Item) => Promise<Done>,
): AsyncGenerator<Done> {
  const running = new Map<number, Promise<readonly [number, Done]>>();
  const waiting = items.entries();
  const begin = (): boolean => {
    const { value, done } = waiting.next();
    if (done === true) return false;
    const [place, item] = value;
    running.set(
      place,
      run(item).then((answer) => [place, answer] as const),
    );
    return true;
  };
  while (running.size < atOnce && begin());
  while (running.size > 0) {
    const [ended, answer] = await Promise.race(running.values());
    running.delete(ended);
    begin();
    yield answer;
  }
}

type Asking = Omit<PanelScope, 'grid' | 'range'> & { readonly range: TimeRange };

async function answerPanel(asking: Asking): Promise<PanelData> {
  const { panel, range } = asking;
  const grid = panelGrid(panel.kind, range);
  const scope: PanelScope = { ...asking, grid };
  const sources = panel.kind === 'text' ? [] : panel.queries.map((query) => sourceOf(query, scope));
  const [first] = sources;
  const data: PanelData = {
    unit: panel.unit === 'auto' ? (first?.unit ?? 'none') : panel.unit,
    stepS: grid.stepMs / 1000,
    times: [...grid.times],
    series: [],
    totals: [],
    table: null,
    spread: null,
    notes: [],
  };
  if (first === undefined) return data;
  const notes: string[] = [];
  const answer = await askKind(panel, sources, notes);
  if (sources.some(({ isOfRuns }) => isOfRuns === true))
    notes.push(...(await asking.words.unsettledIn(range)));
  return { ...data, ...answer, notes: [...notes, ...sources.flatMap((source) => source.notes)] };
}

function sourceOf(query: PanelQuery, scope: PanelScope): PanelSource {
  switch (query.type) {
    case 'words':
      return new WordsSource(query, scope);
    case 'promql':
      return new PromqlSource(query, scope);
    case 'sql':
      return new SqlSource(query, scope);
    case 'count':
      return new CountSource(query, scope);
    case 'list':
      return new ListSource(query, scope);
  }
}

async function askKind(
  { kind }: DashboardPanel,
  sources: readonly PanelSource[],
  notes: string[],
): Promise<Partial<PanelData>> {
  const [first] = sources;
  switch (kind) {
    case 'lines':
    case 'bars':
    case 'stacked':
      return { series: largest(withValues(await gather(sources, async (source) => source.series())), notes) };
    case 'number': {
      // A statement without a column of time has a number and no line.
      const [totals, series] = await Promise.all([first?.totals(), first?.series().catch(() => [])]);
      return { totals: [...(totals ?? [])].slice(0, 1), series: [...(series ?? [])].slice(0, 1) };
    }
    case 'top':
      return { totals: most(await gather(sources, async (source) => source.totals()), notes) };
    case 'table':
      if (first?.table !== undefined) return { table: await first.table() };
      return { totals: most(await gather(sources, async (source) => source.totals()), notes) };
    case 'distribution':
    case 'heat':
      if (first?.spread === undefined)
        throw badPanel(
          'A distribution is asked in the words of rules, or in PromQL by the buckets of a histogram.',
          'Write for example avg(duration) of runs.',
        );
      return { spread: await first.spread() };
    case 'text':
      return {};
  }
}

async function gather<T>(
  sources: readonly PanelSource[],
  ask: (source: PanelSource) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (const source of sources) all.push(...(await ask(source)));
  return all;
}

/** A model that embeds has no first token. */
const withValues = (series: readonly Series[]): Series[] =>
  series.filter(({ values }) => values.some((value) => value !== null));

function largest(series: readonly Series[], notes: string[]): Series[] {
  if (series.length <= seriesMax) return [...series];
  notes.push(`The ${seriesMax} largest of ${series.length} lines are shown.`);
  const size = ({ values }: Series): number =>
    values.reduce<number>((sum, each) => sum + Math.abs(each ?? 0), 0);
  return series.toSorted((a, b) => size(b) - size(a)).slice(0, seriesMax);
}

function most(totals: readonly Total[], notes: string[]): Total[] {
  if (totals.length > totalsMax) notes.push(`The first ${totalsMax} of ${totals.length} are shown.`);
  return totals
    .toSorted((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || (a.name < b.name ? -1 : 1))
    .slice(0, totalsMax);
}
