import { z } from 'zod';
import { alertLabels, alertSeverity } from './alerts.ts';
import { httpAddress, timeParameter, timestamp } from './common.ts';

const filter = z.string().max(4_096);
const expression = z
  .string()
  .min(1)
  .max(16_384)
  .describe(
    'PromQL; `$window` stands for the time that is counted, as in `sum(rate(errors_total[$window]))`.',
  );

/** What is counted: each item is good or bad. */
export const sloIndicator = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('availability'),
      of: z.enum(['spans', 'calls', 'runs', 'logs']).default('runs'),
      where: filter.default('').describe('Which items are counted, in the filter language.'),
      bad: filter.default('').describe('Which of them are bad. Empty: those that failed.'),
    })
    .describe('The share of spans, calls of models, runs or log records that did not fail.'),
  z
    .strictObject({
      kind: z.literal('latency'),
      of: z.enum(['spans', 'calls', 'runs']).default('runs'),
      where: filter.default(''),
      measure: z.enum(['duration', 'ttft']).default('duration').describe('ttft: until the first token.'),
      withinMs: z.number().positive().max(86_400_000).describe('What takes longer is bad.'),
    })
    .describe('The share that was fast enough. Each item is compared: no sketch is asked.'),
  z
    .strictObject({
      kind: z.literal('quality'),
      where: filter.default('').describe('Which traces are counted.'),
      good: filter.min(1).describe('Which scores are good: `score.groundedness>=0.7`.'),
    })
    .describe('The share of scores that are good. Scores of other names are not counted.'),
  z
    .strictObject({
      kind: z.literal('freshness'),
      of: z.enum(['spans', 'calls', 'runs', 'logs', 'scores']).default('runs'),
      where: filter.default(''),
      maxAgeS: z.number().int().min(60).max(172_800),
    })
    .describe('The share of minutes in which the newest item was at most so old.'),
  z
    .strictObject({
      kind: z.literal('promql'),
      good: expression.optional(),
      bad: expression.optional(),
      total: expression.optional(),
      badShare: expression.optional(),
    })
    .refine(
      ({ good, bad, total, badShare }) =>
        badShare === undefined
          ? total !== undefined && (good === undefined) !== (bad === undefined)
          : good === undefined && bad === undefined && total === undefined,
      'give `total` with `good` or `bad`, or `badShare` alone',
    )
    .describe(
      'Metrics: events that are good or bad, and all; or the share of bad ones, a minute being an event.',
    ),
]);

export const sloWindow = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rolling'), days: z.number().int().min(1).max(90).default(28) }),
  z.strictObject({
    kind: z.literal('calendar'),
    unit: z.enum(['week', 'month', 'quarter']),
    timeZone: z.string().max(64).default('UTC').describe('A name of the IANA database: `Europe/Berlin`.'),
  }),
]);

export const sloInput = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('Unique in the project.'),
  description: z.string().max(4_000).default(''),
  objective: z
    .number()
    .gt(0)
    .lt(1)
    .describe('The share that is to be good: 0.999. What is beyond it is the error budget.'),
  indicator: sloIndicator,
  window: sloWindow.prefault({ kind: 'rolling' }),
  alerts: z
    .enum(['page_and_ticket', 'page', 'ticket', 'none'])
    .default('page_and_ticket')
    .describe('Which rules of burn rates are made.'),
  badEventsMin: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(10)
    .describe('Fewer bad events in the long window of a rule do not fire.'),
  eventsMin: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(10)
    .describe('Fewer events in the long window of a rule do not fire.'),
  labels: alertLabels.default({}).describe('Of its alerts.'),
  runbookUrl: z.union([z.literal(''), httpAddress]).default(''),
});

/** One pair of windows: both must burn faster than `factor`. */
export const sloBurn = z.object({
  key: z.enum(['page_fast', 'page_slow', 'ticket_fast', 'ticket_slow']),
  severity: alertSeverity,
  longS: z.number(),
  shortS: z.number(),
  factor: z.number().describe('1: the budget lasts exactly for the window of the SLO.'),
  long: z.number().nullable().describe('The burn rate of the long window; null: nothing was counted.'),
  short: z.number().nullable(),
  isHeld: z.boolean().describe('Too few events, or too few bad ones, to fire.'),
  ruleId: z.string().nullable(),
  isFiring: z.boolean(),
});

export const slo = sloInput.extend({
  indicator: sloIndicator,
  window: sloWindow,
  id: z.string(),
  createdAt: timestamp,
  updatedAt: timestamp,
  state: z.object({
    status: z
      .enum(['met', 'burning', 'spent', 'no_data'])
      .describe(
        'burning: one of its rules fires, or would have fired, where the past is asked for. spent: no budget is left.',
      ),
    windowFrom: timestamp,
    good: z.number(),
    total: z.number(),
    bad: z.number(),
    share: z.number().nullable().describe('The share of good ones; null where nothing was counted.'),
    allowedBad: z.number().describe('The budget: as many may be bad, of those that were counted.'),
    left: z
      .number()
      .nullable()
      .describe('Of the budget: 1 is all of it, below 0 more was spent than there is.'),
    burns: z.array(sloBurn),
    spentAt: timestamp
      .nullable()
      .describe('When nothing is left, at the pace of the last day; null: not within the window.'),
    countedFrom: timestamp.nullable(),
    countedTo: timestamp.nullable(),
    problem: z.string().nullable().describe('Why it could not be counted.'),
  }),
});
export const slosParameters = z.object({
  at: timeParameter
    .default('now')
    .describe(
      'How they stood then, by what was counted in the hours that began before. RFC 3339, `now`, or relative to now: `-7d`.',
    ),
});
export const slosResponse = z.object({ slos: z.array(slo) });

export const sloHistoryResponse = z.object({
  from: timestamp,
  to: timestamp,
  stepS: z.number(),
  points: z
    .array(
      z.object({
        at: z.number().describe('Seconds since 1970, where the step begins.'),
        good: z.number(),
        total: z.number(),
        burn: z.number().nullable(),
        left: z.number().nullable().describe('Of the budget of the whole window, at the end of the step.'),
      }),
    )
    .describe('From the start of the window until now.'),
  incidents: z
    .array(
      z.object({
        from: timestamp,
        to: timestamp,
        bad: z.number(),
        total: z.number(),
        spent: z.number().describe('Of the budget.'),
        link: z.string().nullable().describe('A path of the UI with what was bad.'),
      }),
    )
    .describe('Hours in a row that spent more than their share, the most expensive first.'),
});

export const checkSloRequest = z.strictObject({ slo: sloInput });
export const checkSloResponse = z.object({
  good: z.number(),
  total: z.number(),
  share: z.number().nullable(),
  left: z.number().nullable().describe('Of the budget of these hours.'),
  hours: z.number().describe('How far back was counted.'),
});

const sloFormat = z.enum(['sightline', 'openslo', 'sloth']);
export const importSlosRequest = z.strictObject({
  format: z.union([sloFormat, z.literal('auto')]).default('auto'),
  text: z.string().max(2_000_000).describe('YAML, one or more documents.'),
  apply: z.boolean().default(true).describe('false: only say what would change.'),
  prune: z.boolean().default(false).describe('true: SLOs that the file has not are deleted.'),
});
export const importSlosResponse = z.object({
  format: sloFormat,
  changes: z.array(
    z.object({
      name: z.string(),
      action: z.enum(['create', 'change', 'same', 'delete']),
      fields: z.array(z.string()),
    }),
  ),
  problems: z.array(z.object({ place: z.string(), message: z.string(), hint: z.string() })),
  notes: z.array(z.string()).describe('What the file says and is not taken over.'),
  applied: z.boolean(),
});
export const exportSlosResponse = z.object({ text: z.string().describe('YAML that import reads.') });

export type SloIndicator = z.output<typeof sloIndicator>;
export type SloWindow = z.output<typeof sloWindow>;
export type SloInput = z.output<typeof sloInput>;
export type SloBurn = z.infer<typeof sloBurn>;
export type Slo = z.infer<typeof slo>;
export type SlosResponse = z.infer<typeof slosResponse>;
export type SloHistoryResponse = z.infer<typeof sloHistoryResponse>;
export type CheckSloResponse = z.infer<typeof checkSloResponse>;
export type ImportSlosRequest = z.output<typeof importSlosRequest>;
export type ImportSlosResponse = z.infer<typeof importSlosResponse>;
