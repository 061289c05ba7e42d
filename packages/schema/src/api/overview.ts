import { z } from 'zod';
import { limitsMet, rangeParameters, timestamp } from './common.ts';
import { agentFilterParameters, usage } from './usage.ts';

export const overviewGroup = z.enum(['model', 'agent', 'service', 'version']);

/** Parts of an overview that are read each by itself. */
export const overviewPart = z.enum(['runs', 'calls', 'tools', 'scores', 'cache']);

const partList = new RegExp(
  `^(${overviewPart.options.join('|')})(,(${overviewPart.options.join('|')})){0,${overviewPart.options.length - 1}}$`,
);

/** Of the runs, or of the group's part in them. Percentiles are estimates within 1 %. */
export const overviewFacts = usage.extend({
  runs: z.number().int().nullable().describe('null where the part `runs` is missing.'),
  failedRuns: z.number().int().nullable(),
  errorRate: z
    .number()
    .nullable()
    .describe('Failed runs, 0 to 1; for a model its failed calls. null without any.'),
  p50Ms: z.number().nullable().describe('Duration of the runs; for a model of its calls.'),
  p95Ms: z.number().nullable(),
  llmCalls: z.number().int().nullable().describe('null where the part `calls` is missing.'),
  ttftP50Ms: z.number().nullable(),
  ttftP95Ms: z.number().nullable(),
  cacheHitRate: z
    .number()
    .nullable()
    .describe("Share of prompt tokens read from the provider's cache; null where no call told of a cache."),
  applicationCacheHitRate: z
    .number()
    .nullable()
    .describe(
      "Share of reads that the application's own cache answered, of the counter `cache.requests` by `cache.result`; null where none was counted, in groups, and under filters that the counter does not know (all but `service`).",
    ),
  hallucinationRate: z
    .number()
    .nullable()
    .describe('Of the runs that were scored for it; null where none was.'),
});

export const overviewPoint = overviewFacts.extend({ startMs: z.number().describe('Unix milliseconds.') });

export const overviewParameters = rangeParameters.extend({
  ...agentFilterParameters.shape,
  groupBy: overviewGroup.optional(),
  align: z
    .enum(['clock', 'from'])
    .default('clock')
    .describe('Where steps begin: at multiples of their length, or at `from` as it is.'),
  steps: z.coerce.number().int().min(1).max(300).default(60).describe('Points at most.'),
  groups: z.coerce.number().int().min(1).max(500).default(8).describe('Groups at most, the most runs first.'),
  groupSeries: z
    .stringbool()
    .default(true)
    .describe('Whether each group has its points, which are most of the answer.'),
  parts: z
    .string()
    .regex(partList, `expected names of ${overviewPart.options.join(', ')}, with commas between them`)
    .default(overviewPart.options.join(','))
    .describe('What is read, with commas between: the other numbers and lists are null. Fewer are faster.'),
});

export const overviewResponse = z.object({
  startTime: timestamp.describe('`from`, down to a whole step unless `align` says otherwise.'),
  endTime: timestamp,
  stepMs: z.number(),
  totals: overviewFacts,
  previous: overviewFacts.describe('The window of the same length before.'),
  series: z.array(overviewPoint).describe('Every step, also the empty ones.'),
  groups: z.array(
    z.object({
      key: z.string().describe("Name of the model, agent, service or version; '' where there is none."),
      totals: overviewFacts,
      previous: overviewFacts,
      series: z.array(overviewPoint).describe('Empty where `groupSeries` is false.'),
    }),
  ),
  otherGroups: z.number().int().describe('Groups that are not shown.'),
  topTools: z
    .array(
      z.object({
        tool: z.string(),
        calls: z.number().int(),
        errors: z.number().int(),
        errorRate: z.number(),
        p95Ms: z.number().nullable(),
        previous: z.object({ calls: z.number().int(), errors: z.number().int() }),
      }),
    )
    .nullable()
    .describe('The ten that failed most. null where the part `tools` is missing.'),
  toolCount: z.number().int().nullable().describe('Tools that were called, listed or not.'),
  topPrompts: z
    .array(
      z.object({
        prompt: z.string().describe('Name of the prompt; the name of the span where prompts have no name.'),
        isNamed: z.boolean(),
        calls: z.number().int(),
        costUsd: z.number().nullable(),
        unpricedCalls: z.number().int(),
        inputTokens: z.number().nullable(),
        outputTokens: z.number().nullable(),
        previous: z.object({ calls: z.number().int(), costUsd: z.number().nullable() }),
      }),
    )
    .nullable()
    .describe('The ten that cost most. null where the part `calls` is missing.'),
  promptCount: z.number().int().nullable().describe('Prompts that were used, listed or not.'),
  partsMissing: z
    .array(z.object({ part: overviewPart, code: z.string(), message: z.string() }))
    .optional()
    .describe(
      'Parts that could not be read this time, and why; absent otherwise. Their numbers and lists are null (`unpricedCalls` is 0), the others are whole.',
    ),
  limitsMet,
});

const realtimeWindow = z.coerce.number().int();

export const realtimeParameters = agentFilterParameters.omit({ q: true }).extend({
  windowS: realtimeWindow.min(10).max(900).default(60).describe('Of rates: runs, calls and dollars.'),
  latencyWindowS: realtimeWindow
    .min(10)
    .max(3600)
    .default(300)
    .describe('Of latency, and of shares of runs, tokens and cache reads.'),
  hallucinationWindowS: realtimeWindow
    .min(60)
    .max(86_400)
    .default(3600)
    .describe('Of scores, which come later than what they judge.'),
});

/** The last moments, each number over a window of its own. A query is a run; latency is that of runs that ended. */
export const realtimeResponse = z.object({
  time: timestamp,
  windowS: z.number(),
  latencyWindowS: z.number(),
  hallucinationWindowS: z.number(),
  queries: z.number().int().describe('Runs that began in `windowS`.'),
  queriesPerSecond: z.number(),
  llmCallsPerSecond: z.number(),
  costPerMinuteUsd: z.number().nullable(),
  avgMs: z.number().nullable().describe('In `latencyWindowS`, as are the next four.'),
  p95Ms: z.number().nullable(),
  errorRate: z.number().nullable(),
  cacheHitRate: z.number().nullable().describe("Share of prompt tokens read from the provider's cache."),
  applicationCacheHitRate: z
    .number()
    .nullable()
    .describe("Share of reads that the application's own cache answered: `cache.requests`."),
  hallucinationRate: z.number().nullable().describe('In `hallucinationWindowS`.'),
  points: z.array(
    z.object({
      startMs: z.number(),
      queriesPerSecond: z.number(),
      avgMs: z.number().nullable(),
      p95Ms: z.number().nullable(),
      errorRate: z.number().nullable(),
    }),
  ),
});

export type OverviewPart = z.infer<typeof overviewPart>;
export type OverviewGroup = z.infer<typeof overviewGroup>;
export type OverviewFacts = z.infer<typeof overviewFacts>;
export type OverviewPoint = z.infer<typeof overviewPoint>;
export type OverviewParameters = z.infer<typeof overviewParameters>;
export type OverviewResponse = z.infer<typeof overviewResponse>;
export type RealtimeParameters = z.infer<typeof realtimeParameters>;
export type RealtimeResponse = z.infer<typeof realtimeResponse>;
