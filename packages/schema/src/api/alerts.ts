import { z } from 'zod';
import { httpAddress, pageParameters, rangeFrom, timeParameter, timestamp } from './common.ts';

export const alertSeverity = z.enum(['info', 'warning', 'critical']);
export const ruleKind = z
  .enum(['sightline', 'promql', 'sql'])
  .describe('In which language the query is: our own words, PromQL, or one reading SQL statement.');
/** The state of one label set of a rule. */
export const instanceState = z.enum(['pending', 'firing', 'recovering']);
export const outagePolicy = z
  .enum(['keep', 'alerting', 'ok', 'own_alert'])
  .describe(
    'What to do when a look has no answer. keep: states stay. alerting: what is pending or new fires. ok: what fires resolves. own_alert: an alert of its own, beside the states, which stay.',
  );

const labelName = z
  .string()
  .regex(
    /^[a-zA-Z_][\w.]{0,99}$/,
    'a label has letters, digits, `_` and `.`, and begins with a letter or `_`',
  );
export const alertLabels = z
  .record(labelName, z.string().max(1_000))
  .refine((labels) => Object.keys(labels).length <= 30, 'at most 30 labels');
const annotationText = z.string().max(4_000);

const outage = (policy: z.output<typeof outagePolicy>) =>
  z
    .strictObject({
      policy: outagePolicy.default(policy),
      forS: z.number().int().min(0).max(86_400).default(0).describe('So long it must last first.'),
    })
    .prefault({});

/** What a rule is, without its state. */
export const alertRuleInput = z.strictObject({
  name: z.string().trim().min(1).max(200).describe('Unique in the project; also the label `alertname`.'),
  description: z.string().max(4_000).default(''),
  enabled: z.boolean().default(true),
  kind: ruleKind.default('sightline'),
  query: z
    .string()
    .min(1)
    .max(16_384)
    .describe(
      'Our words hold the condition too: `p95(duration) where service:api by service over 5m > 3s recover < 2.5s`. PromQL: whatever it answers fires, unless there is a condition. SQL: a column `value`, the others are labels; `{from:DateTime64(9)}` and `{to:DateTime64(9)}` are the window.',
    ),
  condition: z
    .string()
    .max(200)
    .default('')
    .describe('For PromQL and SQL, in our words: `> 3`, `> 3 recover < 2.5`, `changed > 30% against 1d`.'),
  windowS: z
    .number()
    .int()
    .min(1)
    .max(2_592_000)
    .default(300)
    .describe('The window of SQL rules. Our words say it with `over`, PromQL in its ranges.'),
  intervalS: z.number().int().min(1).max(86_400).default(60),
  delayS: z
    .number()
    .int()
    .min(0)
    .max(3_600)
    .nullable()
    .default(null)
    .describe(
      'The window ends so long before the look, for data that comes late. null: 30 where windows are shorter than two intervals, else 0.',
    ),
  forS: z.number().int().min(0).max(604_800).default(0).describe('So long it must be met before it fires.'),
  keepFiringS: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe('So long it stays firing after it is not met any more.'),
  limit: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      'At most so many label sets may fire, and a recording rule write; beyond, none begins to. 0: the 1,000 of all rules.',
    ),
  noData: outage('keep'),
  onError: outage('keep'),
  severity: alertSeverity.default('warning'),
  labels: alertLabels.default({}),
  annotations: z
    .strictObject({
      summary: annotationText.default('').describe('May hold `{{ labels.service }}` and `{{ value }}`.'),
      description: annotationText.default(''),
      runbookUrl: z.union([z.literal(''), httpAddress]).default(''),
      other: z
        .record(z.string().max(100), annotationText)
        .refine((other) => Object.keys(other).length <= 30, 'at most 30 annotations')
        .default({})
        .describe('Annotations of rule files of Prometheus that have no place of their own here.'),
    })
    .prefault({}),
  inhibitedBy: z
    .array(
      z.strictObject({
        rule: z.string().min(1).max(200).describe('Name of the rule that silences this one while it fires.'),
        equal: z.array(labelName).max(20).default([]).describe('Labels that both must have alike.'),
      }),
    )
    .max(20)
    .default([]),
  record: z
    .string()
    .regex(/^([a-zA-Z_:][a-zA-Z0-9_:]{0,199})?$/, 'the name of a metric')
    .default('')
    .describe('PromQL only: writes its answer as this metric and never fires (a recording rule).'),
  group: z.string().max(200).default('').describe('Name of the group in rule files.'),
});

export const instanceCounts = z.object({
  pending: z.number().int(),
  firing: z.number().int(),
  recovering: z.number().int(),
});

export const alertRule = alertRuleInput.extend({
  noData: z.object({ policy: outagePolicy, forS: z.number().int() }),
  onError: z.object({ policy: outagePolicy, forS: z.number().int() }),
  annotations: z.object({
    summary: z.string(),
    description: z.string(),
    runbookUrl: z.string(),
    other: z.record(z.string(), z.string()),
  }),
  id: z.string(),
  shipped: z.boolean().describe('Came with Sightline and was not changed since.'),
  createdAt: timestamp,
  updatedAt: timestamp,
  state: z
    .object({
      health: z
        .enum(['ok', 'no_data', 'error', 'unknown'])
        .describe('How its last look went. unknown: none yet.'),
      error: z.string().nullable(),
      since: timestamp.nullable().describe('Since when `health` is as it is.'),
      lastTick: timestamp.nullable().describe('The last moment that was looked at.'),
      lastEvaluatedAt: timestamp.nullable(),
      tookMs: z.number().nullable(),
      missedTicks: z
        .number()
        .int()
        .describe('Looks that were left out while no server ran, in the last gap.'),
      instances: instanceCounts,
      tooMany: z.boolean().describe('Its answer has more label sets than are kept; one alert says so.'),
    })
    .describe('What its looks found.'),
});

export const alertRulesResponse = z.object({ rules: z.array(alertRule) });

/** A rule is written: is it right, and what does it say? */
export const checkRuleRequest = z.strictObject({
  kind: ruleKind.default('sightline'),
  query: z.string().max(16_384),
  condition: z.string().max(200).default(''),
});
export const ruleProblem = z.object({
  field: z.enum(['query', 'condition']),
  message: z.string(),
  column: z.number().int().describe('1-based, in UTF-16 units; 0 where it is not at one place.'),
  caret: z.string().describe('The text around the column, and under it a caret. Empty where there is none.'),
  hint: z.string().describe('What to write instead. Empty where nothing is near.'),
});
export const checkRuleResponse = z.object({
  problem: ruleProblem.nullable(),
  meaning: z
    .object({
      printed: z.string().describe('The rule as it is understood, in full.'),
      unit: z.enum(['none', 'seconds', 'milliseconds', 'dollars', 'ratio', 'tokens', 'per_second']),
      labels: z.array(z.string()).describe('The labels that its alerts have, as far as they are known.'),
      windowS: z.number().nullable(),
      threshold: z.number().nullable().describe('In the unit of the value; seconds for durations.'),
      recovery: z.number().nullable(),
    })
    .nullable(),
});
/** Try on history: a rule that need not be saved, over a range. */
export const tryRuleRequest = z.strictObject({
  rule: alertRuleInput,
  from: timeParameter.default('-7d'),
  to: timeParameter.default('now'),
  seriesMax: z.number().int().min(1).max(100).default(20),
});
export const triedSpell = z.object({
  from: timestamp.describe('When it would have fired.'),
  to: timestamp.nullable().describe('When it would have recovered; null: not within the range.'),
  peak: z.number().nullable().describe('The value farthest beyond the threshold.'),
});
export const tryRuleResponse = z.object({
  summary: z.string().describe('`would have fired 3 times in 7 days`'),
  firedCount: z.number().int(),
  stepS: z.number().describe('Between two looks on the chart: the interval, or more over long ranges.'),
  threshold: z.number().nullable(),
  recovery: z.number().nullable(),
  unit: z.enum(['none', 'seconds', 'milliseconds', 'dollars', 'ratio', 'tokens', 'per_second']),
  series: z
    .array(
      z.object({
        labels: z.record(z.string(), z.string()),
        points: z.array(z.tuple([z.number().describe('Seconds since 1970.'), z.number().nullable()])),
        expected: z
          .array(z.tuple([z.number(), z.number().nullable(), z.number().nullable()]))
          .describe('Of rules that ask what is unusual: time, and what the value was expected between.'),
        spells: z.array(triedSpell),
      }),
    )
    .describe('Those that would have fired first.'),
  seriesCount: z.number().int(),
});

/** One label set of a rule that is pending, firing or recovering. */
export const alertInstance = z.object({
  id: z.string().describe('Of rule and labels: the same for the same label set, always.'),
  ruleId: z.string(),
  rule: z.string(),
  severity: alertSeverity,
  state: instanceState,
  reason: z.enum(['condition', 'no_data', 'error', 'too_many']).describe('Why it is there.'),
  labels: z.record(z.string(), z.string()),
  summary: z.string(),
  description: z.string(),
  runbookUrl: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  unit: z.enum(['none', 'seconds', 'milliseconds', 'dollars', 'ratio', 'tokens', 'per_second']),
  activeSince: timestamp.describe('The first breach in the data.'),
  firingSince: timestamp.nullable(),
  updatedAt: timestamp,
  sampleTraces: z.array(z.string()).describe('Traces that show it, at most five.'),
  link: z.string().describe('A path of the UI that shows what the rule looks at.'),
  acknowledged: z
    .object({ who: z.string(), comment: z.string(), at: timestamp })
    .nullable()
    .describe('Nobody is told again until its severity rises.'),
  silencedBy: z.array(z.string()).describe('Ids of silences.'),
  inhibitedBy: z.array(z.string()).describe('Names of rules.'),
});
export const alertsParameters = z.object({
  state: instanceState.optional(),
  ruleId: z.string().max(64).optional(),
  severity: alertSeverity.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});
export const alertsResponse = z.object({
  alerts: z.array(alertInstance).describe('Firing first, the most severe and the newest before others.'),
  counts: instanceCounts.describe('Of the project, whatever was asked.'),
  firingBySeverity: z.object({
    info: z.number().int(),
    warning: z.number().int(),
    critical: z.number().int(),
  }),
});

export const alertEvent = z.object({
  id: z.string(),
  time: timestamp.describe('The tick that saw it.'),
  ruleId: z.string(),
  rule: z.string(),
  instanceId: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  kind: z.enum([
    'pending',
    'firing',
    'recovering',
    'resolved',
    'calmed',
    'acknowledged',
    'unacknowledged',
    'no_data',
    'error',
    'ok',
    'missed',
    'rule_changed',
    'rule_deleted',
  ]),
  reason: z.string().describe('In words: `series gone`, `not evaluated 10:02–10:17`, the error.'),
  severity: alertSeverity,
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  sampleTraces: z.array(z.string()),
  link: z.string(),
  late: z.boolean().describe('Data of its window was still on the way.'),
  who: z.string().nullable(),
});
export const alertHistoryParameters = rangeFrom('to-7d').extend({
  ...pageParameters.shape,
  ruleId: z.string().max(64).optional(),
  instanceId: z.string().max(64).optional(),
  kind: alertEvent.shape.kind.optional(),
});
export const alertHistoryResponse = z.object({
  events: z.array(alertEvent).describe('The newest first.'),
  nextCursor: z.string().nullable(),
});
/** Per rule: in which state it was when. For a bar of colours. */
export const ruleTimelineResponse = z.object({
  from: timestamp,
  to: timestamp,
  instances: z.array(
    z.object({
      instanceId: z.string(),
      labels: z.record(z.string(), z.string()),
      spells: z.array(
        z.object({
          state: instanceState,
          from: timestamp,
          to: timestamp.nullable(),
          value: z.number().nullable(),
        }),
      ),
    }),
  ),
  gaps: z.array(z.object({ from: timestamp, to: timestamp, reason: z.string() })),
});

export const acknowledgeRequest = z.strictObject({
  who: z.string().trim().max(200).default(''),
  comment: z.string().trim().max(2_000).default(''),
});

const matchers = z
  .string()
  .max(4_096)
  .describe(
    'Conditions on labels in our filter syntax: `severity:critical service:api* -team:web`. Empty: everything.',
  );

export const silenceInput = z.strictObject({
  matchers: matchers.min(1, 'a silence of everything is written `alertname:*`'),
  startsAt: timeParameter.default('now'),
  endsAt: timeParameter.describe('RFC 3339, or from now: `+2h`.'),
  who: z.string().trim().max(200).default(''),
  comment: z.string().trim().max(2_000).default(''),
});
export const silence = z.object({
  id: z.string(),
  matchers: z.string(),
  startsAt: timestamp,
  endsAt: timestamp,
  who: z.string(),
  comment: z.string(),
  createdAt: timestamp,
  state: z.enum(['pending', 'active', 'expired']),
  hits: z.number().int().describe('Alerts that it silences now.'),
});
export const silencesResponse = z.object({ silences: z.array(silence) });
export const silencePreviewRequest = z.strictObject({ matchers });
export const silencePreviewResponse = z.object({
  alerts: z.array(alertInstance).describe('Alerts of now that it would silence, at most 100.'),
  count: z.number().int(),
  rules: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .describe('Rules whose own labels fit: their alerts to come would be silenced too.'),
});

/** Where messages go. The first that fits takes the alert, unless it says to go on. */
export const alertRoute = z.strictObject({
  name: z.string().trim().min(1).max(100),
  matchers: matchers.default(''),
  channels: z.array(z.string().min(1).max(64)).max(20).describe('Ids of channels. None: nobody is told.'),
  groupBy: z
    .array(labelName)
    .max(20)
    .default(['alertname'])
    .describe('Alerts alike in these make one message.'),
  groupWaitS: z.number().int().min(0).max(3_600).default(0).describe('Before the first message of a group.'),
  groupIntervalS: z.number().int().min(0).max(86_400).default(300).describe('Between messages of a group.'),
  repeatIntervalS: z.number().int().min(60).max(2_592_000).default(14_400).describe('While nothing changes.'),
  continue: z.boolean().default(false).describe('true: later routes may take the alert too.'),
});
export const alertRoutes = z.strictObject({
  routes: z.array(alertRoute).max(100).describe('In their order. An alert that fits none goes nowhere.'),
});
export const routePreviewRequest = z.strictObject({
  labels: z.record(z.string(), z.string()),
  routes: z.array(alertRoute).max(100).optional().describe('These instead of the saved ones.'),
});
export const routePreviewResponse = z.object({
  matched: z.array(
    z.object({
      index: z.number().int(),
      name: z.string(),
      channels: z.array(z.string()),
      groupLabels: z.record(z.string(), z.string()),
    }),
  ),
});

/** Messages on their way, delivered, or given up. */
export const alertNotification = z.object({
  id: z.string(),
  channel: z.string(),
  groupKey: z.string(),
  sequence: z.number().int(),
  dedupeKey: z.string(),
  rule: z.string(),
  status: z.enum(['firing', 'resolved', 'fired_and_recovered', 'test', 'report']),
  title: z.string(),
  state: z.enum(['waiting', 'sending', 'delivered', 'replaced', 'dead']),
  attempts: z.number().int(),
  createdAt: timestamp,
  dueAt: timestamp,
  deliveredAt: timestamp.nullable(),
  lastError: z.string().nullable(),
  alertCount: z.number().int(),
});
export const notificationsParameters = z.object({
  ...pageParameters.shape,
  state: alertNotification.shape.state.optional(),
  channel: z.string().max(64).optional(),
});
export const notificationsResponse = z.object({
  notifications: z.array(alertNotification).describe('The newest first.'),
  nextCursor: z.string().nullable(),
});

export const alertsStatus = z.object({
  rules: z.number().int(),
  enabled: z.number().int(),
  evaluationLagS: z.number().describe('How far the slowest rule is behind its ticks.'),
  outbox: z.object({
    waiting: z.number().int(),
    dead: z.number().int(),
    oldestWaitingS: z.number().describe('0 where nothing is due.'),
  }),
  isEvaluator: z.boolean().describe('Whether this server evaluates the rules; one of all does.'),
});

export type AlertSeverity = z.infer<typeof alertSeverity>;
export type RuleKind = z.infer<typeof ruleKind>;
export type InstanceState = z.infer<typeof instanceState>;
export type OutagePolicy = z.infer<typeof outagePolicy>;
export type AlertRuleInput = z.output<typeof alertRuleInput>;
export type AlertRule = z.infer<typeof alertRule>;
export type CheckRuleResponse = z.infer<typeof checkRuleResponse>;
export type RuleProblem = z.infer<typeof ruleProblem>;
export type TryRuleRequest = z.output<typeof tryRuleRequest>;
export type TryRuleResponse = z.infer<typeof tryRuleResponse>;
export type AlertInstance = z.infer<typeof alertInstance>;
export type AlertsParameters = z.output<typeof alertsParameters>;
export type AlertsResponse = z.infer<typeof alertsResponse>;
export type AlertEvent = z.infer<typeof alertEvent>;
export type AlertHistoryParameters = z.output<typeof alertHistoryParameters>;
export type AlertHistoryResponse = z.infer<typeof alertHistoryResponse>;
export type SilenceInput = z.output<typeof silenceInput>;
export type Silence = z.infer<typeof silence>;
export type AlertRoute = z.output<typeof alertRoute>;
export type AlertNotification = z.infer<typeof alertNotification>;
export type AlertsStatus = z.infer<typeof alertsStatus>;
