import { z } from 'zod';
import { alertSeverity } from './alerts.ts';
import {
  errorBody,
  filterParameter,
  rangeFrom,
  rangeStartParameter,
  timeParameter,
  timestamp,
} from './common.ts';
import { dashboardColumns, panelQueriesMax } from './dashboard-bounds.ts';
import { deploy } from './regressions.ts';
import { ownerName } from './views.ts';

export const panelsMax = 60;

/** Where the numbers of a panel come from. `$name` stands for a variable of the dashboard. */
export const panelQuery = z.discriminatedUnion('type', [
  z.strictObject({
    type: z
      .literal('words')
      .describe('A value in the words of rules, such as `p95(duration) of calls by model`.'),
    text: z.string().min(1).max(4096),
    name: z.string().max(200).default(''),
  }),
  z.strictObject({
    type: z.literal('promql'),
    text: z.string().min(1).max(10_000),
    name: z.string().max(200).default('').describe('Of its lines; `{{label}}` stands for a label.'),
  }),
  z.strictObject({
    type: z
      .literal('sql')
      .describe(
        'One SELECT. `{from}`, `{to}` and `{step}` (in seconds) stand for the range. Over time: columns `time` and `value`; every other column is a label.',
      ),
    text: z.string().min(1).max(100_000),
    name: z.string().max(200).default(''),
  }),
  z.strictObject({
    type: z.literal('count').describe('How many traces, spans or log records meet a filter.'),
    signal: z.enum(['traces', 'spans', 'logs']),
    text: filterParameter.default(''),
    name: z.string().max(200).default(''),
  }),
  z.strictObject({
    type: z
      .literal('list')
      .describe(
        'How many there are, or as a table which: alerts that fire now, SLOs as they stand, errors by cause in the range. Over time, what is left of the budgets of SLOs, and how often errors happened.',
      ),
    of: z.enum(['alerts', 'slos', 'errors']),
    text: filterParameter
      .default('')
      .describe(
        'Of alerts, conditions on their labels; of errors, a filter of traces or the id of one error; of SLOs, the name of one.',
      ),
    name: z.string().max(200).default(''),
  }),
]);

export const panelKind = z
  .enum(['lines', 'bars', 'stacked', 'number', 'table', 'top', 'distribution', 'heat', 'text'])
  .describe(
    'distribution and heat show the values that the measure of the query has, such as `avg(duration) of runs`.',
  );

export const panelUnit = z
  .enum([
    'auto',
    'none',
    'seconds',
    'milliseconds',
    'dollars',
    'ratio',
    'percent',
    'tokens',
    'bytes',
    'per_second',
  ])
  .describe('auto: as the query says.');

export const panelOverlay = z.enum(['deploys', 'alerts', 'band']);
const overlays = z
  .array(panelOverlay)
  .max(3)
  .describe(
    'Drawn into panels over time: versions that began to run, when alerts fired, and between which values the line of a panel was expected.',
  );

export const dashboardPanel = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'letters, digits, - and _'),
  title: z.string().trim().max(200).default(''),
  kind: panelKind,
  x: z
    .number()
    .int()
    .min(0)
    .max(dashboardColumns - 1),
  y: z.number().int().min(0).max(1_000),
  w: z.number().int().min(1).max(dashboardColumns),
  h: z.number().int().min(1).max(24).describe('In rows of 80 pixels.'),
  queries: z.array(panelQuery).max(panelQueriesMax).default([]),
  text: z.string().max(20_000).default('').describe('Markdown, of panels of kind text.'),
  unit: panelUnit.default('auto'),
  thresholds: z
    .array(z.strictObject({ from: z.number(), tone: z.enum(['good', 'warn', 'error']) }))
    .max(5)
    .default([])
    .describe('A value has the tone of the highest threshold that it reaches.'),
  overlays: overlays.nullable().default(null).describe('null: those of the dashboard.'),
});

export const dashboardVariable = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/i, 'letters, digits and _'),
  label: z.string().trim().max(80).default(''),
  from: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('field').describe('Values of a field of spans or logs.'),
      field: z.string().min(1).max(200),
      signal: z.enum(['spans', 'logs']).default('spans'),
    }),
    z.strictObject({
      type: z.literal('label').describe('Values of a label of stored metrics.'),
      label: z.string().min(1).max(200),
      match: z.string().max(2_000).default('').describe('A selector of PromQL.'),
    }),
    z.strictObject({
      type: z.literal('list').describe('Free, with values to choose from.'),
      values: z.array(z.string().max(200)).max(200).default([]),
    }),
  ]),
  value: z.array(z.string().max(500)).max(50).default([]).describe('At first; none: all.'),
});

export const dashboardInput = z
  .strictObject({
    name: z.string().trim().min(1).max(120).describe('Unique in the project.'),
    description: z.string().trim().max(1_000).default(''),
    range: z
      .strictObject({ from: rangeStartParameter.max(64), to: timeParameter.max(64) })
      .default({ from: '-6h', to: 'now' }),
    refreshS: z.number().int().min(0).max(86_400).default(0).describe('0: only when somebody asks.'),
    overlays: overlays.default(['deploys', 'alerts']),
    variables: z.array(dashboardVariable).max(20).default([]),
    panels: z.array(dashboardPanel).max(panelsMax).default([]),
  })
  .superRefine((dashboard, context) => {
    for (const [path, names] of [
      ['panels', dashboard.panels.map(({ id }) => id)],
      ['variables', dashboard.variables.map(({ name }) => name)],
    ] as const)
      if (new Set(names).size < names.length)
        context.addIssue({ code: 'custom', path: [path], message: 'two have the same name' });
    for (const [index, panel] of dashboard.panels.entries())
      if (panel.x + panel.w > dashboardColumns)
        context.addIssue({
          code: 'custom',
          path: ['panels', index, 'w'],
          message: `goes beyond the ${dashboardColumns} columns`,
        });
  });

const owner = z
  .string()
  .describe(
    'Who lists it: what a browser calls itself; empty: everybody in the project. Its address shows it to all.',
  );

export const dashboard = z.object({
  id: z.string(),
  owner,
  version: z.number().int().describe('Also the ETag: send it as If-Match to change only what you have seen.'),
  isShipped: z.boolean().describe('Comes with Sightline: it is copied, not changed.'),
  updatedAt: timestamp.nullable(),
  dashboard: dashboardInput,
});

export const dashboardsParameters = z.object({
  owner: ownerName.default('').describe('Whose dashboards are wanted beside those of the project.'),
});
export const dashboardOwnerParameters = z.object({
  owner: ownerName
    .min(1)
    .optional()
    .describe('Who lists it from now on; `project`: everybody. Left out: as it was; a new one, everybody.'),
});

export const dashboardSummary = z.object({
  id: z.string(),
  owner,
  name: z.string(),
  description: z.string(),
  panelCount: z.number().int(),
  version: z.number().int(),
  isShipped: z.boolean(),
  updatedAt: timestamp.nullable(),
});
export const dashboardsResponse = z.object({ dashboards: z.array(dashboardSummary) });

export const dashboardVersionsResponse = z.object({
  versions: z.array(
    z.object({
      version: z.number().int(),
      savedAt: timestamp,
      name: z.string(),
      panelCount: z.number().int(),
    }),
  ),
});

const asked = {
  from: rangeStartParameter.max(64),
  to: timeParameter.max(64),
  variables: z.record(z.string().max(40), z.array(z.string().max(500)).max(50)).default({}),
};
export const askPanelsRequest = z.strictObject({
  ...asked,
  panels: z.array(dashboardPanel).min(1).max(panelsMax).describe('Answered in this order.'),
});

const cell = z.json();
const listBehind = z
  .object({ list: z.enum(['runs', 'traces', 'logs', 'errors']), q: z.string() })
  .describe('The runs, traces, log records or errors that it is of.');
/** The list or page that opens from a line or row. */
const behind = z
  .union([
    listBehind,
    z
      .object({ path: z.string() })
      .describe('A page of its own, such as that of an error, over the same time.'),
  ])
  .nullable();

export const panelSeries = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  values: z.array(z.number().nullable()),
  behind,
});

export const panelData = z.object({
  unit: panelUnit.exclude(['auto']),
  stepS: z.number(),
  times: z.array(z.number()).describe('Where each step begins, in seconds since 1970.'),
  series: z.array(panelSeries),
  /** The whole range, a number a label set. */
  totals: z.array(
    z.object({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      value: z.number().nullable(),
      before: z.number().nullable().describe('In the time before, as long as the range.'),
      behind,
    }),
  ),
  table: z
    .object({
      columns: z.array(
        z.object({ name: z.string(), isNumber: z.boolean(), unit: panelUnit.exclude(['auto']) }),
      ),
      rows: z.array(z.array(cell)),
      behind: z.array(behind).describe('For each row; empty where nothing is known.'),
    })
    .nullable(),
  /** How many items fall where: `counts[step][bucket]`; a distribution is one step. */
  spread: z
    .object({
      bounds: z.array(z.number()).describe('Where each bucket begins, and where the last ends.'),
      counts: z.array(z.array(z.number())),
      behind: listBehind.nullable(),
      field: z.string().nullable().describe('What the filter of lists calls the measure.'),
    })
    .nullable(),
  notes: z.array(z.string()).describe('What the answer leaves out.'),
});

export const panelBand = z.object({
  low: z.array(z.number().nullable()).describe('By the steps of the panel.'),
  high: z.array(z.number().nullable()),
});

/** A line of the answer: newline-delimited JSON, each as soon as it is known. Expected bands come after all answers. */
export const askPanelsLine = z.union([
  z.object({ id: z.string(), data: panelData }),
  z.object({
    id: z.string(),
    band: panelBand.nullable(),
    note: z.string().describe('Why there is no band.'),
  }),
  z.object({ id: z.string(), error: errorBody.shape.error }),
]);

export const dashboardMarksParameters = rangeFrom('to-6h');
export const dashboardMarksResponse = z.object({
  deploys: z
    .array(deploy.pick({ service: true, version: true, time: true, note: true }))
    .describe('The newest first.'),
  alerts: z
    .array(
      z.object({
        ruleId: z.string(),
        rule: z.string(),
        severity: alertSeverity,
        labels: z.record(z.string(), z.string()),
        from: timestamp.describe('When it began to fire, or the beginning of the range.'),
        to: timestamp.nullable().describe('null: it still fires.'),
      }),
    )
    .describe('The newest first.'),
  isCut: z.boolean().describe('There are more than are listed.'),
});

export const importDashboardRequest = z.strictObject({
  grafana: z.record(z.string(), z.json()).describe('The JSON of a dashboard of Grafana, as it exports it.'),
});
export const importDashboardResponse = z.object({
  dashboard: dashboardInput,
  left: z.array(z.string()).describe('What was not taken over, and why.'),
});

export type PanelQuery = z.output<typeof panelQuery>;
export type PanelKind = z.infer<typeof panelKind>;
export type PanelUnit = z.infer<typeof panelUnit>;
export type DashboardPanel = z.output<typeof dashboardPanel>;
export type DashboardVariable = z.output<typeof dashboardVariable>;
export type DashboardInput = z.output<typeof dashboardInput>;
export type Dashboard = z.infer<typeof dashboard>;
export type DashboardSummary = z.infer<typeof dashboardSummary>;
export type DashboardsResponse = z.infer<typeof dashboardsResponse>;
export type DashboardVersionsResponse = z.infer<typeof dashboardVersionsResponse>;
export type AskPanelsRequest = z.output<typeof askPanelsRequest>;
export type AskPanelsLine = z.infer<typeof askPanelsLine>;
export type PanelData = z.infer<typeof panelData>;
export type PanelOverlay = z.infer<typeof panelOverlay>;
export type PanelBand = z.infer<typeof panelBand>;
export type DashboardMarksResponse = z.infer<typeof dashboardMarksResponse>;
export type ListBehind = z.infer<typeof listBehind>;
export type PanelSeries = z.infer<typeof panelSeries>;
export type ImportDashboardResponse = z.infer<typeof importDashboardResponse>;
