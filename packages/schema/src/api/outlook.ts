import { z } from 'zod';
import { rangeFrom, timestamp } from './common.ts';

const unit = z.enum(['none', 'seconds', 'milliseconds', 'dollars', 'ratio', 'tokens', 'per_second']);

export const outlookParameters = rangeFrom('to-1d').extend({
  kind: z
    .enum(['sightline', 'promql'])
    .default('sightline')
    .describe('Whether the value is written in our words, as in rules of alerts, or in PromQL.'),
  value: z
    .string()
    .trim()
    .min(1)
    .max(4_096)
    .describe('A value without a condition: `p95(duration) where service:api by model over 5m`.'),
  stepS: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .optional()
    .describe('Between two points, rounded up to a part of a day. Left out: by the range.'),
  sensitivity: z.enum(['low', 'normal', 'high']).default('normal'),
  aheadS: z.coerce
    .number()
    .int()
    .min(0)
    .max(31 * 86_400)
    .default(0)
    .describe('How far ahead is forecast; 0: not at all.'),
  target: z.coerce
    .number()
    .optional()
    .describe('A value, in the unit of the answer, that the forecast may reach.'),
  direction: z.enum(['rises', 'falls']).default('rises'),
  budget: z.coerce
    .number()
    .positive()
    .optional()
    .describe(
      'An amount for the calendar month (UTC): when the sum of the values reaches it. `over` is the distance of the points then.',
    ),
  seriesMax: z.coerce.number().int().min(1).max(50).default(10),
});

const reach = z.object({
  expected: timestamp.nullable(),
  earliest: timestamp.nullable(),
  latest: timestamp.nullable(),
  text: z.string().describe('`in 9 days (6 days to 14 days)`'),
});

export const outlookForecast = z.object({
  basis: z.enum(['level', 'day', 'week', 'trend']),
  basisText: z.string(),
  points: z
    .array(z.tuple([z.number(), z.number(), z.number(), z.number()]))
    .describe('Seconds since 1970, what is expected, and what nine of ten values were between.'),
  rounds: z.number().int().describe('How often it was asked about what is known by now.'),
  error: z.number().describe('Its mean error then, in the unit of the value.'),
  naiveError: z.number().describe('The error of the last day, or week, repeated.'),
  reach: reach.nullable(),
});

export const outlookSeries = z.object({
  labels: z.record(z.string(), z.string()),
  points: z
    .array(
      z.tuple([
        z.number(),
        z.number().nullable(),
        z.number().nullable(),
        z.number().nullable(),
        z.number().nullable(),
      ]),
    )
    .describe('Seconds since 1970, the value, what was expected, the lower and the upper end of the band.'),
  unusual: z
    .array(z.object({ from: timestamp, to: timestamp, value: z.number(), text: z.string() }))
    .describe('Stretches outside of the band, the newest first; one incident is one.'),
  isUnusual: z.boolean().describe('At the newest point.'),
  shifts: z
    .array(
      z.object({
        time: timestamp,
        before: z.number(),
        after: z.number(),
        text: z.string(),
        deploy: z
          .object({ service: z.string(), version: z.string(), time: timestamp })
          .nullable()
          .describe('That began to run shortly before.'),
      }),
    )
    .describe('Where the level changed for good.'),
  forecast: outlookForecast.nullable(),
  month: z
    .object({ spent: z.number(), expected: z.number(), low: z.number(), high: z.number(), reach })
    .nullable()
    .describe(
      'Of the calendar month, where a budget is asked about: what was spent, and what it will be at its end.',
    ),
  isTooShort: z.boolean().describe('There is too little of it to expect anything.'),
});

export const outlookResponse = z.object({
  printed: z.string(),
  unit,
  stepS: z.number(),
  series: z.array(outlookSeries).describe('Those with something unusual first.'),
  seriesCount: z.number().int(),
  peers: z
    .array(
      z.object({
        labels: z.record(z.string(), z.string()),
        from: timestamp,
        to: timestamp,
        value: z.number(),
        peers: z.number(),
        distance: z.number(),
        text: z.string(),
      }),
    )
    .describe('Which of at least four series is unlike the others.'),
});

export type OutlookParameters = z.output<typeof outlookParameters>;
export type OutlookResponse = z.infer<typeof outlookResponse>;
export type OutlookSeries = z.infer<typeof outlookSeries>;
