/** Takes over what a dashboard of Grafana has for Prometheus, and says what is left. Nothing of it is trusted to have the form that Grafana gives it. */
import {
  type DashboardInput,
  dashboardInput,
  type DashboardPanel,
  type DashboardVariable,
  type ImportDashboardResponse,
  panelsMax,
  type PanelKind,
  type PanelUnit,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { PromqlSyntaxError } from '../promql/ast.ts';
import { parsePromql } from '../promql/parse.ts';
import { fillIntervals } from './fill-variables.ts';

const text = z.string().catch('');
const number = z.number().catch(0);
/** What fits of a list. */
const lenient = <T extends z.ZodType>(schema: T) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.flatMap((item) => {
        const read = schema.safeParse(item);
        return read.success ? [read.data] : [];
      }),
    );

const items = z.array(z.unknown()).catch([]);

/** A name, or what kind it is and how it is called; older files have null for the default. */
const dataSource = z.union([z.string(), z.object({ type: text, uid: text })]).catch('');
const target = z.object({
  expr: text,
  legendFormat: text,
  hide: z.boolean().catch(false),
  datasource: dataSource,
});
const step = z.object({ color: text, value: z.number().nullable().catch(null) });
const noDefaults = {
  unit: '',
  thresholds: { mode: '', steps: [] },
  mappings: [],
  links: [],
  custom: { drawStyle: '', stacking: { mode: '' } },
};
const basePanel = z.object({
  type: text,
  title: text,
  gridPos: z.object({ x: number, y: number, w: number, h: number }).catch({ x: 0, y: 0, w: 12, h: 8 }),
  targets: lenient(target),
  datasource: dataSource,
  libraryPanel: z.object({ uid: text, name: text }).optional().catch(undefined),
  repeat: text,
  description: text,
  timeFrom: text,
  timeShift: text,
  transformations: items,
  options: z
    .object({
      content: text,
      mode: text,
      calculate: z.boolean().catch(false),
      reduceOptions: z.object({ calcs: lenient(z.string()) }).catch({ calcs: [] }),
    })
    .catch({ content: '', mode: '', calculate: false, reduceOptions: { calcs: [] } }),
  content: text,
  dataFormat: text,
  stack: z.boolean().catch(false),
  fieldConfig: z
    .object({
      defaults: z
        .object({
          unit: text,
          thresholds: z.object({ mode: text, steps: lenient(step) }).catch({ mode: '', steps: [] }),
          mappings: items,
          links: items,
          custom: z
            .object({
              drawStyle: text,
              stacking: z.object({ mode: text }).catch({ mode: '' }),
            })
            .catch({ drawStyle: '', stacking: { mode: '' } }),
        })
        .catch(noDefaults),
      overrides: items,
    })
    .catch({ overrides: [], defaults: noDefaults }),
  links: items,
  alert: z.object({}).optional().catch(undefined),
  // Of panels from before Grafana 7.
  thresholds: text,
  colors: lenient(z.string()),
  bars: z.boolean().catch(false),
  format: text,
  yaxes: lenient(z.object({ format: text })),
  valueName: text,
  valueMaps: items,
  rangeMaps: items,
  seriesOverrides: items,
  span: number,
});
type GrafanaPanel = z.infer<typeof basePanel>;
const panel = basePanel.extend({ panels: lenient(basePanel) });
/** From before Grafana 5: panels lie side by side, `span` of twelve columns wide. */
const oldRow = z.object({
  title: text,
  repeat: z.string().nullish().catch(''),
  height: z.union([z.string(), z.number()]).catch(''),
  panels: lenient(basePanel),
});

const variable = z.object({
  name: text,
  label: text,
  type: text,
  query: z.unknown().optional(),
  regex: text,
  definition: text,
  datasource: dataSource,
  allValue: text,
  options: lenient(z.object({ value: text })),
  current: z.object({ value: z.union([z.string(), z.array(z.string())]).catch('') }).catch({ value: '' }),
});

const grafanaDashboard = z.object({
  title: z.string(),
  description: text,
  time: z.object({ from: text, to: text }).catch({ from: '', to: '' }),
  refresh: z.union([z.string(), z.boolean()]).catch(''),
  panels: lenient(panel),
  rows: lenient(oldRow),
  __elements: z.record(z.string(), z.object({ model: basePanel })).catch({}),
  __inputs: lenient(z.object({ name: text, pluginId: text })),
  templating: z.object({ list: lenient(variable) }).catch({ list: [] }),
  links: items,
  tags: items,
  timezone: text,
  annotations: z.object({ list: z.array(z.unknown()).catch([]) }).catch({ list: [] }),
});

const kinds: Readonly<Record<string, PanelKind>> = {
  timeseries: 'lines',
  graph: 'lines',
  barchart: 'bars',
  stat: 'number',
  gauge: 'number',
  singlestat: 'number',
  bargauge: 'top',
  piechart: 'top',
  heatmap: 'heat',
  table: 'table',
  text: 'text',
};

const units: Readonly<Record<string, PanelUnit>> = {
  s: 'seconds',
  ms: 'milliseconds',
  percent: 'percent',
  percentunit: 'ratio',
  bytes: 'bytes',
  decbytes: 'bytes',
  currencyUSD: 'dollars',
  reqps: 'per_second',
  ops: 'per_second',
  cps: 'per_second',
};

const tones: Readonly<Record<string, 'good' | 'warn' | 'error'>> = {
  green: 'good',
  yellow: 'warn',
  orange: 'warn',
  red: 'error',
};

/** Throws `bad_panel` where it is no dashboard of Grafana. */
export function importGrafana(given: unknown): ImportDashboardResponse {
  const read = grafanaDashboard.safeParse(unwrapped(given));
  if (!read.success)
    throw new SightlineError('bad_panel', 'This is no dashboard of Grafana: it has no title.', {
      hint: 'Export it in Grafana with Share, Export, Save to file.',
    });
  const { title, description, time, refresh, panels, rows, templating, annotations } = read.data;
  const left: string[] = [];
  const plugins = new Map([
    ...read.data.__inputs.map(({ name, pluginId }) => [name, pluginId] as const),
    // Which source it is, is chosen at the dashboard; of which kind, the variable says.
    ...templating.list.flatMap(({ name, type, query }) =>
      type === 'datasource' && typeof query === 'string' ? [[name, query] as const] : [],
    ),
  ]);
  const own = annotations.list.filter(
    (one) => !z.object({ builtIn: z.literal(1) }).safeParse(one).success,
  ).length;
  if (own > 0) left.push(`${own} of its annotations.`);
  const intervals = templating.list.filter(({ type }) => type === 'interval');
  const variables = templating.list
    .filter(({ type }) => type !== 'interval')
    .flatMap((one) => readVariable(one, { plugins, left }));
  const file: GrafanaFile = {
    elements: read.data.__elements,
    plugins,
    intervals: new Map(intervals.map((one) => [one.name, intervalOf(one)])),
    values: new Map(
      variables.flatMap(({ name, value: [only, ...more] }) =>
        only !== undefined && more.length === 0 && /^[\w:.]+$/.test(only) ? [[name, only]] : [],
      ),
    ),
  };
  for (const [name, value] of file.intervals)
    left.push(`The variable $${name.slice(0, 60)}: ${value} stands in its place.`);
  for (const { title: name, repeat } of [...rows, ...panels.filter(({ type }) => type === 'row')])
    if (repeat)
      left.push(`The row “${name.slice(0, 100)}”: it is one row for all values of $${repeat.slice(0, 60)}.`);
  const described = [
    ...rows.flatMap((row) => row.panels),
    ...panels.flatMap((one) => [one, ...one.panels]),
  ].filter((one) => one.description.trim() !== '').length;
  for (const [isLeft, what] of [
    [
      read.data.links.length > 0,
      `${read.data.links.length === 1 ? 'Its link' : `Its ${read.data.links.length} links`}.`,
    ],
    [read.data.tags.length > 0, 'Its tags.'],
    [
      !['', 'browser'].includes(read.data.timezone),
      `Its time zone ${read.data.timezone.slice(0, 60)}: times are those of the browser.`,
    ],
    [
      described > 0,
      `The ${described === 1 ? 'description of a panel' : `descriptions of ${described} panels`}.`,
    ],
    [title.trim().length > 120, 'Its name beyond 120 characters.'],
    [description.length > 1_000, 'Its description beyond 1,000 characters.'],
  ] as const)
    if (isLeft) left.push(what);
  const taken = [...inOldRows(rows), ...inRows(panels)]
    .flatMap((one) => readPanel(one, { file, left }))
    .map((one, index): DashboardPanel => ({ ...one, id: `g${index + 1}` }));
  if (taken.length > panelsMax)
    left.push(`${taken.length - panelsMax} panels, beyond the first ${panelsMax}.`);
  const dashboard: DashboardInput = dashboardInput.parse({
    name: title.trim().slice(0, 120).trim() || 'From Grafana',
    description: description.slice(0, 1_000),
    range: readTime(time, left),
    refreshS: readRefresh(refresh, left),
    variables: onePerName(variables, left).slice(0, 20),
    panels: taken.slice(0, panelsMax),
  });
  return { dashboard, left };
}

interface GrafanaFile {
  /** Library panels that the file brings, by their uid. */
  readonly elements: Readonly<Record<string, { readonly model: GrafanaPanel }>>;
  /** Kinds of data sources that the file asks for by name. */
  readonly plugins: ReadonlyMap<string, string>;
  /** Values of variables that are durations. */
  readonly intervals: ReadonlyMap<string, string>;
  /** Variables with one value that may stand anywhere in an expression. */
  readonly values: ReadonlyMap<string, string>;
}

/** Its API puts a dashboard into another object; so do files of Grafana 12, with a version. */
function unwrapped(given: unknown): unknown {
  const inner = z.object({ dashboard: z.record(z.string(), z.unknown()) }).safeParse(given);
  if (inner.success) return inner.data.dashboard;
  const resource = z
    .object({ apiVersion: z.string(), spec: z.record(z.string(), z.unknown()) })
    .safeParse(given);
  if (!resource.success) return given;
  if ('elements' in resource.data.spec)
    throw new SightlineError('bad_panel', 'This is a dashboard of Grafana in its form v2.', {
      hint: 'Export it in Grafana as "Classic".',
    });
  return resource.data.spec;
}

/** The title of a row is a heading. What a closed row holds makes room for itself, as when it is opened. */
function inRows(panels: readonly z.infer<typeof panel>[]): GrafanaPanel[] {
  let shift = 0;
  return panels.flatMap(({ panels: inside, ...one }): GrafanaPanel[] => {
    const { x, y, w, h } = one.gridPos;
    const at = { ...one, gridPos: { x, y: y + shift, w, h } };
    if (one.type !== 'row') return [at];
    const top = inside.reduce((least, { gridPos }) => Math.min(least, gridPos.y), Infinity);
    const bottom = inside.reduce((most, { gridPos }) => Math.max(most, gridPos.y + gridPos.h), 0);
    const held = inside.map((inner) => ({
      ...inner,
      gridPos: { ...inner.gridPos, y: y + shift + 1 + inner.gridPos.y - top },
    }));
    if (inside.length > 0) shift += bottom - top;
    return [...headingOf(one.title, at.gridPos.y), ...held];
  });
}

function inOldRows(rows: readonly z.infer<typeof oldRow>[]): GrafanaPanel[] {
  let y = 0;
  return rows.flatMap(({ title, height, panels }) => {
    const heading = headingOf(title, y);
    y += heading.length;
    const h = clamp(Math.round((Number.parseInt(String(height), 10) || 250) / 38), 3, 30);
    let x = 0;
    const held = panels.map((one) => {
      const w = clamp(Math.round((one.span === 0 ? 12 : one.span) * 2), 1, 24);
      if (x + w > 24) [x, y] = [0, y + h];
      const placedAt = { x, y, w, h };
      x += w;
      return { ...one, gridPos: placedAt };
    });
    if (held.length > 0) y += h;
    return [...heading, ...held];
  });
}

function headingOf(title: string, y: number): GrafanaPanel[] {
  if (title.trim() === '') return [];
  const content = `## ${title.replaceAll(/\s+/g, ' ').trim()}`;
  return [basePanel.parse({ type: 'text', gridPos: { x: 0, y, w: 24, h: 1 }, options: { content } })];
}

function intervalOf({ current, query }: z.infer<typeof variable>): string {
  const given = typeof current.value === 'string' ? current.value : (current.value[0] ?? '');
  const first = (typeof query === 'string' ? query : '').split(',')[0]?.trim() ?? '';
  const value = [given, first].find((one) => /^\d{1,5}(?:ms|[smhdwy])$/.test(one));
  return value ?? '$__rate_interval';
}

function onePerName(variables: readonly DashboardVariable[], left: string[]): DashboardVariable[] {
  if (variables.length > 20) left.push(`${variables.length - 20} variables, beyond the first 20.`);
  const byName = new Map(variables.map((one) => [one.name, one]));
  if (byName.size < variables.length)
    left.push('Variables whose name stands twice: the last of each name was taken.');
  return [...byName.values()];
}

function readPanel(
  shown: GrafanaPanel,
  { file, left }: { readonly file: GrafanaFile; readonly left: string[] },
): Omit<DashboardPanel, 'id'>[] {
  const library = shown.libraryPanel;
  const model = library === undefined ? undefined : file.elements[library.uid]?.model;
  if (library !== undefined && model === undefined && shown.targets.length === 0) {
    left.push(
      `“${(shown.title === '' ? library.name : shown.title).slice(0, 100)}”: a library panel, which the file does not hold. Export it in Grafana for sharing externally.`,
    );
    return [];
  }
  const one: GrafanaPanel =
    model === undefined
      ? shown
      : {
          ...model,
          title: shown.title === '' ? model.title : shown.title,
          gridPos: shown.gridPos,
          repeat: shown.repeat === '' ? model.repeat : shown.repeat,
        };
  const name =
    one.title === ''
      ? `an untitled panel of the type ${one.type.slice(0, 40)}`
      : `“${one.title.slice(0, 100)}”`;
  const given = Object.hasOwn(kinds, one.type) ? kinds[one.type] : undefined;
  if (given === undefined) {
    left.push(`${name}: panels of the type ${one.type.slice(0, 40)} are not known here.`);
    return [];
  }
  if (given === 'heat' && (one.options.calculate || one.dataFormat === 'timeseries')) {
    left.push(`${name}: a heat map of single values; here it has the buckets of a histogram.`);
    return [];
  }
  const { defaults } = one.fieldConfig;
  const isStacked = one.stack || ['normal', 'percent'].includes(defaults.custom.stacking.mode);
  const kind =
    given !== 'lines'
      ? given
      : defaults.custom.drawStyle === 'bars' || one.bars
        ? 'bars'
        : isStacked
          ? 'stacked'
          : 'lines';
  const hidden = one.targets.filter(({ hide }) => hide).length;
  if (hidden > 0)
    left.push(`${name}: ${hidden === 1 ? 'a query that is' : `${hidden} queries that are`} hidden.`);
  const others = one.targets.filter(({ expr, hide }) => !hide && expr.trim() === '').length;
  if (others > 0 && others + hidden < one.targets.length)
    left.push(`${name}: ${others === 1 ? 'a query that is' : `${others} queries that are`} not in PromQL.`);
  const queries = one.targets.flatMap(({ expr: written, legendFormat, hide, datasource }) => {
    if (hide || written.trim() === '') return [];
    // Loki has its question in the field of the same name, and some of its selectors are PromQL as well.
    const source = [datasource, one.datasource]
      .map((each) => otherSource(each, file))
      .find((each) => each !== '');
    if (source !== undefined && source !== 'prometheus') {
      left.push(`${name}, ${written.slice(0, 80)}: it asks ${source}.`);
      return [];
    }
    const given = withIntervals(written, file);
    const expr = problemOf(given) === undefined ? given : withValues(given, file);
    if (expr !== given && problemOf(expr) === undefined)
      left.push(
        `${name}, ${written.slice(0, 80)}: variables outside of quotes keep the values that they had.`,
      );
    const problem = expr.length > 10_000 ? 'it is longer than 10,000 characters' : problemOf(expr);
    if (problem === undefined)
      return [
        {
          type: 'promql' as const,
          text: expr,
          name: legendFormat.startsWith('__') ? '' : legendFormat.slice(0, 200),
        },
      ];
    left.push(`${name}, ${written.slice(0, 80)}: ${problem}`);
    return [];
  });
  if (kind !== 'text' && queries.length === 0) {
    left.push(`${name}: it asks nothing in PromQL.`);
    return [];
  }
  if (queries.length > 6) left.push(`${name}: of its ${queries.length} queries the first six were taken.`);
  if (one.repeat !== '')
    left.push(`${name}: it is one panel for all values of $${one.repeat.slice(0, 60)}, not one for each.`);
  if (one.transformations.length > 0)
    left.push(
      `${name}: ${one.transformations.length === 1 ? 'its transformation' : `its ${one.transformations.length} transformations`}.`,
    );
  const thresholds = thresholdsOf(one);
  const unit = [defaults.unit, one.format, one.yaxes[0]?.format ?? ''].find((given) => given !== '') ?? '';
  const sum =
    one.options.reduceOptions.calcs.find((calc) => !calc.startsWith('last')) ??
    (/^(|current)$/.test(one.valueName) ? '' : one.valueName);
  for (const [count, what] of [
    [one.fieldConfig.overrides.length + one.seriesOverrides.length, 'overrides of fields'],
    [one.links.length + defaults.links.length, 'links'],
    [defaults.mappings.length + one.valueMaps.length + one.rangeMaps.length, 'words for values'],
    [unitOf(unit) === undefined && !plainUnits.has(unit) ? 1 : 0, `unit ${unit.slice(0, 40)}`],
    [kind === 'number' && sum !== '' ? 1 : 0, `value by ${sum.slice(0, 40)}: it shows the last`],
    [
      kind === 'stacked' && defaults.custom.stacking.mode === 'percent' ? 1 : 0,
      'stacks in percent: they show values',
    ],
    [one.timeFrom === '' ? 0 : 1, `own time ${one.timeFrom.slice(0, 40)}`],
    [one.timeShift === '' ? 0 : 1, `shift in time by ${one.timeShift.slice(0, 40)}`],
    [
      thresholdsGiven(one) - thresholds.length,
      'thresholds beyond five, or of a colour that says neither good nor bad',
    ],
    [one.alert === undefined ? 0 : 1, 'alert rule'],
    [
      defaults.thresholds.mode === 'percentage' && defaults.thresholds.steps.length > 1 ? 1 : 0,
      'thresholds in percent',
    ],
  ] as const)
    if (count > 0) left.push(`${name}: its ${what}.`);
  const content = one.options.content === '' ? one.content : one.options.content;
  if (kind === 'text' && content.length > 20_000) left.push(`${name}: its text beyond 20,000 characters.`);
  if (kind === 'text' && one.options.mode === 'html') left.push(`${name}: HTML is shown as text.`);
  return [
    {
      title: one.title.slice(0, 200),
      kind,
      ...placed(one.gridPos),
      queries: kind === 'text' ? [] : queries.slice(0, 6),
      text: kind === 'text' ? content.slice(0, 20_000) : '',
      unit: unitOf(unit) ?? 'auto',
      thresholds,
      overlays: null,
    },
  ];
}

/** Those that have a value; in percent they are named by themselves. */
function thresholdsGiven(one: GrafanaPanel): number {
  return stepsOf(one).filter(({ value }) => value !== null).length;
}

function thresholdsOf(one: GrafanaPanel): DashboardPanel['thresholds'] {
  return stepsOf(one)
    .flatMap(({ color, value }) => {
      const tone = toneOf(color);
      return value === null || tone === undefined ? [] : [{ from: value, tone }];
    })
    .slice(0, 5);
}

function stepsOf({
  fieldConfig: { defaults },
  thresholds,
  colors,
}: GrafanaPanel): readonly z.infer<typeof step>[] {
  const { mode, steps } = defaults.thresholds;
  // Before Grafana 7 the first colour was that of values below all of them.
  const older = thresholds
    .split(',')
    .map((written, place) => ({ value: Number(written), color: colors[place + 1] ?? '' }))
    .filter(({ value }) => thresholds.trim() !== '' && Number.isFinite(value));
  return mode === 'absolute' ? steps : mode === '' ? older : [];
}

/** Colours are names, `#EAB839` or `rgba(245, 54, 54, 0.9)`. */
function toneOf(color: string): 'good' | 'warn' | 'error' | undefined {
  const named = color.replace(/^(dark|semi-dark|light|super-light)-/, '');
  if (Object.hasOwn(tones, named)) return tones[named];
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i
    .exec(color)
    ?.slice(1)
    .map((part) => Number.parseInt(part, 16));
  const parts = hex ?? /^rgba?\((\d+), *(\d+), *(\d+)/.exec(color)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [red = 0, green = 0, blue = 0] = parts;
  if (blue >= Math.max(red, green)) return undefined;
  if (green > red) return 'good';
  return green > red / 2 ? 'warn' : 'error';
}

/** Numbers as they are. */
const plainUnits = new Set(['', 'none', 'short', 'locale', 'string', 'sishort']);

const unitOf = (name: string): PanelUnit | undefined =>
  Object.hasOwn(units, name) ? units[name] : undefined;

/** Which kind of data source it is: `prometheus` also for those that answer the same; empty where the file does not say. */
function otherSource(given: z.infer<typeof dataSource>, { plugins }: Pick<GrafanaFile, 'plugins'>): string {
  const named = typeof given === 'string' ? given : given.uid;
  const [, braced, plain] = /^(?:\$\{(\w+)\}|\$(\w+))$/.exec(named) ?? [];
  const asked = braced ?? plain;
  const type = typeof given === 'string' || given.type === '' ? (plugins.get(asked ?? '') ?? '') : given.type;
  if (type === 'datasource' || type === 'mixed') return '';
  return /prometheus|mimir|cortex|thanos|victoriametrics/i.test(type) ? 'prometheus' : type.slice(0, 40);
}

function withIntervals(expr: string, { intervals }: GrafanaFile): string {
  return expr.replaceAll(
    /\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g,
    (whole, braced?: string, plain?: string, old?: string) =>
      intervals.get(braced ?? plain ?? old ?? '') ?? whole,
  );
}

/** Variables that stand where no value of a label does: a number, a metric, a label to sum up by. */
function withValues(expr: string, { values }: GrafanaFile): string {
  return expr.replaceAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g,
    (whole, braced?: string, plain?: string, old?: string) =>
      values.get(braced ?? plain ?? old ?? '') ?? whole,
  );
}

function problemOf(expr: string): string | undefined {
  try {
    parsePromql(fillIntervals(expr, { stepS: 60, rangeS: 3_600 }));
    return undefined;
  } catch (error) {
    if (!(error instanceof PromqlSyntaxError)) throw error;
    return error.message;
  }
}

/** Grafana has 24 columns, and rows of 38 pixels where ours have 92. Both edges are rounded, so that neighbours stay neighbours. */
function placed({ x, y, w, h }: GrafanaPanel['gridPos']): Pick<DashboardPanel, 'x' | 'y' | 'w' | 'h'> {
  const left = clamp(Math.round(x / 2), 0, 11);
  const top = clamp(Math.round((y * 38) / 92), 0, 1_000);
  return {
    x: left,
    y: top,
    w: clamp(Math.round((x + w) / 2) - left, 1, 12 - left),
    h: clamp(Math.round(((y + h) * 38) / 92) - top, 1, 24),
  };
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

function readVariable(
  one: z.infer<typeof variable>,
  { plugins, left }: Pick<GrafanaFile, 'plugins'> & { readonly left: string[] },
): DashboardVariable[] {
  const { name, label, type } = one;
  if (!/^[a-z][a-z0-9_]{0,39}$/i.test(name)) {
    left.push(`The variable “${name.slice(0, 60)}”: its name is not of letters, digits and _.`);
    return [];
  }
  const shown = { name, label: label.slice(0, 80), value: chosenOf(one) };
  const asked = typeof one.query === 'string' ? one.query : queryOf(one.query);
  if (one.allValue !== '')
    left.push(`The variable $${name}: all is all of its values, not ${one.allValue.slice(0, 80)}.`);
  if (type === 'custom') {
    // `Text : value`, where what is shown is another than the value.
    const values = asked
      .split(/(?<!\\),/)
      .map((value) =>
        value
          .replaceAll('\\,', ',')
          .replace(/^.* : /s, '')
          .trim()
          .slice(0, 200),
      )
      .filter((value) => value !== '');
    if (values.length > 200)
      left.push(`The variable $${name}: of its ${values.length} values the first 200 were taken.`);
    return [{ ...shown, from: { type: 'list', values: values.slice(0, 200) } }];
  }
  if (type === 'textbox' || type === 'constant')
    return [
      { ...shown, from: { type: 'list', values: [] }, value: asked === '' ? [] : [asked.slice(0, 500)] },
    ];
  const source = otherSource(one.datasource, { plugins });
  if (type === 'query' && source !== '' && source !== 'prometheus') {
    left.push(`The variable $${name}: it asks ${source}.`);
    return [];
  }
  const definition = asked === '' ? one.definition : asked;
  const [, match, wanted = ''] =
    /^\s*label_values\(\s*(?:(.+),\s*)?([a-zA-Z_]\w*)\s*\)\s*$/s.exec(definition) ?? [];
  if (type === 'query' && wanted !== '') {
    if (one.regex !== '')
      left.push(
        `The variable $${name}: its values are whole, without its pattern ${one.regex.slice(0, 80)}.`,
      );
    if (match !== undefined && !isSelector(match))
      left.push(`The variable $${name}: its values are not narrowed by ${match.slice(0, 80)}.`);
    return [
      {
        ...shown,
        from: { type: 'label', label: wanted, match: isSelector(match) ? (match ?? '') : '' },
      },
    ];
  }
  const why =
    type === 'query'
      ? 'it is not label_values( )'
      : type === 'datasource'
        ? 'it chooses between sources, and there is one here'
        : `of the type ${type.slice(0, 40)}`;
  left.push(`The variable $${name}: ${why}.`);
  return [];
}

/** Grafana's word for all is none here. */
function chosenOf({ current: { value } }: z.infer<typeof variable>): string[] {
  const chosen = typeof value === 'string' ? [value] : value;
  if (chosen.some((one) => one === '$__all')) return [];
  return chosen.filter((one) => one !== '' && one.length <= 500).slice(0, 50);
}

/** One that names other variables would be no selector. */
const isSelector = (match: string | undefined): boolean =>
  match !== undefined && match.length <= 2_000 && !match.includes('$');

function queryOf(query: unknown): string {
  const read = z.object({ query: z.string() }).safeParse(query);
  return read.success ? read.data.query : '';
}

function readTime(
  { from, to }: { readonly from: string; readonly to: string },
  left: string[],
): DashboardInput['range'] {
  const relative = /^now(-\d{1,6}[smhdw])$/.exec(from)?.[1];
  if (relative !== undefined && (to === 'now' || to === '')) return { from: relative, to: 'now' };
  if (from !== '')
    left.push(
      `Its time from ${from.slice(0, 40)} to ${to.slice(0, 40)}: the last 6 hours stand in its place.`,
    );
  return { from: '-6h', to: 'now' };
}

/** `5s`, or nothing; older files have false for by hand. */
function readRefresh(given: string | boolean, left: string[]): number {
  if (given === '' || typeof given === 'boolean') return 0;
  const [, amount = '0', unit = ''] = /^(\d{1,5})(s|m|h|d)$/.exec(given) ?? [];
  if (unit === '') left.push(`Its refresh ${given.slice(0, 40)}: it is refreshed by hand.`);
  const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return Math.min(86_400, Number(amount) * (seconds[unit] ?? 0));
}
