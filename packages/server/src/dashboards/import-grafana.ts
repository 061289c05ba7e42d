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

const target = z.object({ expr: text, legendFormat: text, hide: z.boolean().catch(false) });
const step = z.object({ color: text, value: z.number().nullable().catch(null) });
const basePanel = z.object({
  type: text,
  title: text,
  gridPos: z.object({ x: number, y: number, w: number, h: number }).catch({ x: 0, y: 0, w: 12, h: 8 }),
  targets: lenient(target),
  options: z.object({ content: text, mode: text }).catch({ content: '', mode: '' }),
  content: text,
  stack: z.boolean().catch(false),
  fieldConfig: z
    .object({
      defaults: z
        .object({
          unit: text,
          thresholds: z.object({ mode: text, steps: lenient(step) }).catch({ mode: '', steps: [] }),
          custom: z
            .object({
              drawStyle: text,
              stacking: z.object({ mode: text }).catch({ mode: '' }),
            })
            .catch({ drawStyle: '', stacking: { mode: '' } }),
        })
        .catch({
          unit: '',
          thresholds: { mode: '', steps: [] },
          custom: { drawStyle: '', stacking: { mode: '' } },
        }),
    })
    .catch({
      defaults: {
        unit: '',
        thresholds: { mode: '', steps: [] },
        custom: { drawStyle: '', stacking: { mode: '' } },
      },
    }),
});
type GrafanaPanel = z.infer<typeof basePanel>;
const panel = basePanel.extend({ panels: lenient(basePanel) });

const variable = z.object({
  name: text,
  label: text,
  type: text,
  query: z.unknown(),
  definition: text,
  options: lenient(z.object({ value: text })),
});

const grafanaDashboard = z.object({
  title: z.string(),
  description: text,
  time: z.object({ from: text }).catch({ from: '' }),
  refresh: z.union([z.string(), z.boolean()]).catch(''),
  panels: lenient(panel),
  rows: z.array(z.unknown()).catch([]),
  templating: z.object({ list: lenient(variable) }).catch({ list: [] }),
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
  const inner = z.object({ dashboard: z.unknown() }).safeParse(given);
  const isWrapped = inner.success && typeof inner.data.dashboard === 'object';
  const read = grafanaDashboard.safeParse(isWrapped ? inner.data.dashboard : given);
  if (!read.success)
    throw new SightlineError('bad_panel', 'This is no dashboard of Grafana: it has no title.', {
      hint: 'Export it in Grafana with Share, Export, Save to file.',
    });
  const { title, description, time, refresh, panels, rows, templating, annotations } = read.data;
  const left: string[] = [];
  if (rows.length > 0)
    left.push('The rows of a dashboard from before Grafana 5: open and save it in Grafana once.');
  const own = annotations.list.filter(
    (one) => !z.object({ builtIn: z.literal(1) }).safeParse(one).success,
  ).length;
  if (own > 0) left.push(`${own} of its annotations.`);
  const variables = templating.list.flatMap((one) => readVariable(one, left));
  const flat = panels.flatMap(({ panels: inside, ...outer }) => [outer, ...inside]);
  const taken = flat
    .filter(({ type }) => type !== 'row')
    .flatMap((one) => readPanel(one, left))
    .map((one, index): DashboardPanel => ({ ...one, id: `g${index + 1}` }));
  if (taken.length > panelsMax)
    left.push(`${taken.length - panelsMax} panels, beyond the first ${panelsMax}.`);
  const dashboard: DashboardInput = dashboardInput.parse({
    name: title.trim().slice(0, 120) || 'From Grafana',
    description: description.slice(0, 1_000),
    range: readTime(time),
    refreshS: typeof refresh === 'string' ? secondsOf(refresh) : 0,
    variables,
    panels: taken.slice(0, panelsMax),
  });
  return { dashboard, left };
}

function readPanel(one: GrafanaPanel, left: string[]): Omit<DashboardPanel, 'id'>[] {
  const name =
    one.title === '' ? `an untitled panel of the type ${one.type}` : `“${one.title.slice(0, 100)}”`;
  const given = kinds[one.type];
  if (given === undefined) {
    left.push(`${name}: panels of the type ${one.type.slice(0, 40)} are not known here.`);
    return [];
  }
  const { defaults } = one.fieldConfig;
  const isStacked = one.stack || ['normal', 'percent'].includes(defaults.custom.stacking.mode);
  const kind =
    given !== 'lines'
      ? given
      : defaults.custom.drawStyle === 'bars'
        ? 'bars'
        : isStacked
          ? 'stacked'
          : 'lines';
  const queries = one.targets.flatMap(({ expr, legendFormat, hide }) => {
    if (hide || expr === '') return [];
    const problem = problemOf(expr);
    if (problem === undefined)
      return [
        {
          type: 'promql' as const,
          text: expr,
          name: legendFormat.startsWith('__') ? '' : legendFormat.slice(0, 200),
        },
      ];
    left.push(`${name}, ${expr.slice(0, 80)}: ${problem}`);
    return [];
  });
  if (kind !== 'text' && queries.length === 0) {
    left.push(`${name}: it asks nothing in PromQL.`);
    return [];
  }
  if (queries.length > 6) left.push(`${name}: of its ${queries.length} queries the first six were taken.`);
  const content = one.options.content === '' ? one.content : one.options.content;
  if (kind === 'text' && one.options.mode === 'html') left.push(`${name}: HTML is shown as text.`);
  return [
    {
      title: one.title.slice(0, 200),
      kind,
      ...placed(one.gridPos),
      queries: kind === 'text' ? [] : queries.slice(0, 6),
      text: kind === 'text' ? content.slice(0, 20_000) : '',
      unit: units[defaults.unit] ?? 'auto',
      thresholds:
        defaults.thresholds.mode === 'absolute'
          ? defaults.thresholds.steps
              .flatMap(({ color, value }) => {
                const tone = tones[color.replace(/^(dark|semi-dark|light|super-light)-/, '')];
                return value === null || tone === undefined ? [] : [{ from: value, tone }];
              })
              .slice(0, 5)
          : [],
      overlays: null,
    },
  ];
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

/** Grafana has 24 columns, and rows of 38 pixels where ours have 92. */
function placed({ x, y, w, h }: GrafanaPanel['gridPos']): Pick<DashboardPanel, 'x' | 'y' | 'w' | 'h'> {
  const width = clamp(Math.round(w / 2), 1, 12);
  return {
    x: clamp(Math.round(x / 2), 0, 12 - width),
    y: clamp(Math.round((y * 38) / 92), 0, 1_000),
    w: width,
    h: clamp(Math.round((h * 38) / 92), 1, 24),
  };
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

function readVariable(one: z.infer<typeof variable>, left: string[]): DashboardVariable[] {
  const { name, label, type } = one;
  if (!/^[a-z][a-z0-9_]{0,39}$/i.test(name)) {
    left.push(`The variable “${name.slice(0, 60)}”: its name is not of letters, digits and _.`);
    return [];
  }
  const shown = { name, label: label.slice(0, 80), value: [] };
  const asked = typeof one.query === 'string' ? one.query : queryOf(one.query);
  if (type === 'custom') {
    const values = asked
      .split(',')
      .map((value) => value.trim().slice(0, 200))
      .filter((value) => value !== '');
    return [{ ...shown, from: { type: 'list', values: values.slice(0, 200) } }];
  }
  if (type === 'textbox' || type === 'constant')
    return [
      { ...shown, from: { type: 'list', values: [] }, value: asked === '' ? [] : [asked.slice(0, 500)] },
    ];
  const definition = asked === '' ? one.definition : asked;
  const [, match, wanted = ''] =
    /^\s*label_values\(\s*(?:(.+),\s*)?([a-zA-Z_]\w*)\s*\)\s*$/s.exec(definition) ?? [];
  if (type === 'query' && wanted !== '')
    return [
      {
        ...shown,
        from: { type: 'label', label: wanted, match: isSelector(match) ? (match ?? '') : '' },
      },
    ];
  if (type !== 'datasource')
    left.push(
      `The variable $${name}: ${type === 'query' ? 'it is not label_values( )' : `of the type ${type.slice(0, 40)}`}.`,
    );
  return [];
}

/** One that names other variables would be no selector. */
const isSelector = (match: string | undefined): boolean =>
  match !== undefined && match.length <= 2_000 && !match.includes('$');

function queryOf(query: unknown): string {
  const read = z.object({ query: z.string() }).safeParse(query);
  return read.success ? read.data.query : '';
}

function readTime({ from }: { readonly from: string }): DashboardInput['range'] {
  const relative = /^now(-\d{1,6}[smhdw])$/.exec(from)?.[1];
  return { from: relative ?? '-6h', to: 'now' };
}

function secondsOf(text: string): number {
  const [, amount = '0', unit = 's'] = /^(\d{1,5})(s|m|h)$/.exec(text) ?? [];
  return Math.min(86_400, Number(amount) * (unit === 'h' ? 3_600 : unit === 'm' ? 60 : 1));
}
