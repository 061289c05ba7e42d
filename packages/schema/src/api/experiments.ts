import { z } from 'zod';
import { pageParameters, timestamp, versionNumber } from './common.ts';
import { datasetName, splitName } from './datasets.ts';
import { evaluatorSettings } from './evaluators.ts';
import { promptContent, promptName } from './prompts.ts';

const scoreName = z.string().trim().min(1).max(200);

/** What judges the answer to an item: one of the built-in evaluators, or a comparison with what the item expects. */
const expectedSettings = z.strictObject({
  type: z
    .literal('expected')
    .describe('Passes when the answer is what the item expects: JSON by value, text but for case and space.'),
  ignoreCase: z.boolean().default(true),
});
export const experimentEvaluator = z.strictObject({
  name: scoreName,
  settings: z.union([expectedSettings, evaluatorSettings]),
});

/** As it is asked for. A judge sends a key somewhere, so it is one of the project's evaluators, which need the scope `admin` to be made. */
export const newExperimentEvaluator = z.strictObject({
  name: scoreName,
  settings: z.union([
    expectedSettings,
    z.strictObject({
      type: z.literal('stored').describe('The settings of an evaluator of the project, such as a judge.'),
      evaluator: scoreName.optional().describe('Its name; absent: the name of the score.'),
    }),
    evaluatorSettings,
  ]),
});

export const experimentScore = z.object({
  value: z.number().nullable(),
  label: z.string().nullable(),
  comment: z.string().nullable(),
});

/** Runs on the server itself: a prompt, and who answers. */
export const promptTarget = z.strictObject({
  kind: z.literal('prompt'),
  prompt: z
    .strictObject({ name: promptName, version: z.union([versionNumber, z.string().max(64)]) })
    .optional()
    .describe('A stored prompt by version or label.'),
  content: promptContent.optional().describe('Or the prompt itself.'),
  connection: z.string().max(100).describe('The name of a model connection.'),
  model: z.string().trim().min(1).max(200).optional().describe('Instead of the model of the prompt.'),
});
export const experimentTarget = z.union([
  promptTarget,
  z.strictObject({
    kind: z.literal('program'),
    name: z.string().trim().max(200).default('').describe('The function, command or address that answers.'),
  }),
]);

const runner = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, '8 to 64 letters, digits, _ and -')
  .describe(
    'What the program that runs the experiment calls itself, such as a random id. It says at /heartbeat that it is still there.',
  );

const labelled = {
  name: z.string().trim().min(1).max(200),
  description: z.string().trim().max(2_000).default(''),
};

export const newExperiment = z.strictObject({
  ...labelled,
  dataset: datasetName,
  datasetVersion: versionNumber.optional().describe('Absent: the newest.'),
  split: splitName.default('').describe('Only items of this split; empty: all.'),
  target: experimentTarget,
  evaluators: z
    .array(newExperimentEvaluator)
    .max(20)
    .default([])
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'each evaluator needs a name of its own',
    ),
  lowerIsBetter: z
    .array(scoreName)
    .max(50)
    .default([])
    .describe('Names of scores that are better when lower.'),
  repeats: z.number().int().min(1).max(20).default(1),
  concurrency: z.number().int().min(1).max(32).default(4),
  runner: runner.optional(),
  metadata: z.record(z.string().max(100), z.string().max(1_000)).default({}),
});

export const experimentState = z.enum(['running', 'done', 'stopped', 'failed']);

export const experiment = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  dataset: z.string(),
  datasetVersion: z.number().int(),
  split: z.string(),
  target: experimentTarget,
  evaluators: z.array(experimentEvaluator),
  lowerIsBetter: z.array(z.string()),
  repeats: z.number().int(),
  concurrency: z.number().int(),
  metadata: z.record(z.string(), z.string()),
  state: experimentState,
  reason: z.string().nullable(),
  isBaseline: z.boolean(),
  planned: z.number().int().describe('Results that it will have: items × repeats.'),
  results: z.number().int(),
  errors: z.number().int(),
  createdAt: timestamp,
  endedAt: timestamp.nullable(),
});

export const experimentSummary = experiment.extend({
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  costUsd: z.number().nullable().describe('Of the results whose cost is known.'),
  unpricedResults: z.number().int(),
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  scores: z.array(
    z.object({
      name: z.string(),
      count: z.number().int(),
      average: z.number().nullable(),
      passed: z
        .number()
        .int()
        .nullable()
        .describe('Labelled `pass`; null where nothing is labelled so or `fail`.'),
    }),
  ),
});

export const experimentsParameters = z.object({
  dataset: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const experimentsResponse = z.object({ experiments: z.array(experimentSummary) });

export const newResult = z.strictObject({
  itemId: z.string().min(1).max(100),
  repeat: z.number().int().min(0).max(19).default(0),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, '32 lower-case hex digits')
    .nullable()
    .default(null),
  output: z.json().nullable().default(null),
  error: z.string().max(5_000).nullable().default(null),
  durationMs: z.number().min(0).finite(),
  costUsd: z.number().min(0).finite().nullable().default(null),
  inputTokens: z.number().int().min(0).nullable().default(null),
  outputTokens: z.number().int().min(0).nullable().default(null),
  documents: z
    .array(z.string().max(200_000))
    .max(200)
    .default([])
    .describe('What was retrieved for the answer: evaluators such as groundedness need it.'),
  scores: z
    .record(
      scoreName,
      z.strictObject({
        value: z.number().finite().nullable().default(null),
        label: z.string().max(200).nullable().default(null),
        comment: z.string().max(10_000).nullable().default(null),
      }),
    )
    .refine((scores) => Object.keys(scores).length <= 50, 'at most 50 scores')
    .default({})
    .describe('Scores of your own code.'),
});
export const newResultsRequest = z.strictObject({
  results: z.array(newResult).min(1).max(100),
  runner: runner.optional(),
});
export const newResultsResponse = z.object({
  results: z.array(
    z.object({
      itemId: z.string(),
      repeat: z.number().int(),
      scores: z.record(z.string(), experimentScore),
      notJudged: z.record(z.string(), z.string()).describe('By evaluator: why it gave no score.'),
    }),
  ),
});
export const finishExperimentRequest = z.strictObject({
  state: z.enum(['done', 'stopped', 'failed']),
  reason: z.string().max(2_000).nullable().default(null),
});
export const experimentHeartbeatRequest = z.strictObject({
  runner,
  waitS: z
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(60)
    .describe('How long the next sign is waited for; after that the experiment is stopped.'),
});
export const resumeExperimentRequest = z.strictObject({ runner: runner.optional() });

export const finishedResultsParameters = z.object({
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
  cursor: z.string().max(512).optional().describe('`nextCursor` of the page before.'),
});
export const finishedResultsResponse = z.object({
  results: z.array(z.object({ itemId: z.string(), repeat: z.number().int() })),
  nextCursor: z.string().nullable(),
});
export const baselineRequest = z.strictObject({ isBaseline: z.boolean() });

/** Experiments that are compared at a time. */
export const comparedMax = 6;

export const comparisonParameters = z.object({
  ...pageParameters.shape,
  ids: z
    .string()
    .max(1_000)
    .describe(`Ids of experiments over one dataset, with commas between them, at most ${comparedMax}.`),
  baseline: z
    .string()
    .max(64)
    .optional()
    .describe('What the others are compared with; absent: the pinned one, else the oldest of the ids.'),
  show: z.enum(['all', 'regressions', 'improvements', 'errors', 'changed']).default('all'),
});

const interval = z.object({ low: z.number(), high: z.number() });

export const scoreComparison = z.object({
  name: z.string(),
  baseline: z.number().nullable(),
  candidate: z.number().nullable(),
  pairs: z.number().int().describe('Items that both have a value for.'),
  difference: z.number().nullable().describe('Mean of the differences by item.'),
  interval: interval
    .nullable()
    .describe('95 % bootstrap interval of that mean, items drawn anew; null with fewer than two pairs.'),
  verdict: z
    .enum(['better', 'worse', 'unclear', 'same'])
    .describe('better or worse: the interval does not hold 0.'),
  lowerIsBetter: z.boolean(),
  wins: z.number().int(),
  losses: z.number().int(),
});

export const comparisonResponse = z.object({
  dataset: z.string(),
  baseline: z.string(),
  experiments: z.array(experimentSummary).describe('The baseline first.'),
  comparisons: z
    .array(z.object({ id: z.string(), scores: z.array(scoreComparison) }))
    .describe(
      'Of each other experiment with the baseline. Latency and cost are `latency_ms` and `cost_usd`.',
    ),
  counts: z.object({
    all: z.number().int(),
    regressions: z.number().int(),
    improvements: z.number().int(),
    errors: z.number().int(),
    changed: z.number().int(),
  }),
  items: z
    .array(
      z.object({
        itemId: z.string(),
        input: z.json(),
        expected: z.json().nullable(),
        split: z.string(),
        verdict: z.enum(['regression', 'improvement', 'mixed', 'same']),
        results: z.array(
          z
            .object({
              traceId: z.string().nullable(),
              output: z.json().nullable(),
              error: z.string().nullable(),
              repeats: z.number().int(),
              errors: z.number().int(),
              durationMs: z.number(),
              costUsd: z.number().nullable(),
              scores: z.record(z.string(), experimentScore),
              differsFromBaseline: z.boolean(),
            })
            .nullable(),
        ),
      }),
    )
    .describe(
      'Regressions first, the worst before the others. Results in the order of `experiments`; of repeats the first is shown, scores are averages.',
    ),
  nextCursor: z.string().nullable(),
});

export type ExperimentEvaluator = z.output<typeof experimentEvaluator>;
export type ExperimentScore = z.infer<typeof experimentScore>;
export type ExperimentTarget = z.output<typeof experimentTarget>;
export type PromptTarget = z.output<typeof promptTarget>;
export type NewExperiment = z.output<typeof newExperiment>;
export type ExperimentState = z.infer<typeof experimentState>;
export type Experiment = z.infer<typeof experiment>;
export type ExperimentSummary = z.infer<typeof experimentSummary>;
export type ExperimentsResponse = z.infer<typeof experimentsResponse>;
export type FinishedResultsResponse = z.infer<typeof finishedResultsResponse>;
export type NewResult = z.output<typeof newResult>;
export type NewResultsResponse = z.infer<typeof newResultsResponse>;
export type ComparisonParameters = z.infer<typeof comparisonParameters>;
export type ScoreComparison = z.infer<typeof scoreComparison>;
export type ComparisonResponse = z.infer<typeof comparisonResponse>;
