import { z } from 'zod';
import { httpAddress, timestamp, traceId } from './common.ts';

export const targetName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dots, dashes; at most 100');
const path = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'names with dots between them, such as result.answer')
  .max(200);
const secretName = /\$\{secret:[A-Z0-9_]{1,60}\}/g;

/** How a target is asked. One of kind `sdk` makes itself known: `target()` in a program. */
export const targetSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    url: httpAddress,
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    headers: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'a lower-case name'),
        z
          .string()
          .max(1_000)
          .refine(
            (text) => /^[\x20-\x7e]*$/.test(text) && !text.replace(secretName, '').includes('${'),
            'text of ASCII; a secret by its name, such as ${secret:AGENT_KEY}',
          ),
      )
      .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
      .default({})
      .describe('`${secret:NAME}` is the variable SIGHTLINE_SECRET_NAME of the server.'),
    body: z
      .json()
      .default({ input: '{{input}}', context: '{{context}}' })
      .describe(
        'What is sent. `{{input}}`, `{{input.question}}` and `{{context}}` stand for what was recorded.',
      ),
    answerPath: path
      .optional()
      .describe('Where the answer is in the JSON that comes back. Default: all of it.'),
    timeoutMs: z.int().min(100).max(600_000).default(60_000),
    concurrency: z.int().min(1).max(100).default(8),
  }),
  z.strictObject({
    kind: z.literal('model'),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .describe('Of an OpenAI-compatible server, such as https://api.openai.com/v1.'),
    model: z.string().min(1).max(200),
    key: z
      .string()
      .regex(/^[A-Z0-9_]{1,60}$/)
      .optional()
      .describe('Name of the secret: the variable SIGHTLINE_SECRET_<name> of the server.'),
    system: z.string().max(50_000).optional(),
    parameters: z.record(z.string(), z.json()).default({}).describe('Such as `temperature`.'),
    timeoutMs: z.int().min(100).max(600_000).default(60_000),
    concurrency: z.int().min(1).max(100).default(4),
  }),
  z.strictObject({ kind: z.literal('sdk') }),
]);

export const targetInput = z.strictObject({ name: targetName, settings: targetSettings });
export const replayTarget = targetInput.extend({
  state: z.enum(['ready', 'away']).describe('away: no program that registered it is connected.'),
  lastSeenAt: timestamp.nullable(),
  places: z.int().describe('Replays that can run at one time.'),
  createdAt: timestamp,
});
export const targetsResponse = z.object({ targets: z.array(replayTarget) });

export const replayState = z
  .enum(['queued', 'running', 'done', 'failed', 'lost', 'cancelled', 'skipped'])
  .describe(
    'lost: whoever ran it left without a result; it is not run a second time. skipped: the budget was used up before.',
  );

const changesMax = 100;
const changesCharactersMax = 500_000;

/** From one step of a run on: before it the recording answers. */
export const replayWhatIf = z.strictObject({
  spanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/, '16 hex digits')
    .describe('The step: calls before it are answered from the recording, it and later ones are made.'),
  set: z
    .record(z.string().min(1).max(200), z.json())
    .refine(
      (set) => Object.keys(set).length <= changesMax && JSON.stringify(set).length <= changesCharactersMax,
      `at most ${changesMax} changes, together at most ${changesCharactersMax} characters`,
    )
    .optional()
    .describe(
      'Changes of the request of that call by dotted path, such as `messages.0.content`; null takes a field away.',
    ),
  result: z
    .json()
    .refine(
      (result) => JSON.stringify(result).length <= changesCharactersMax,
      `at most ${changesCharactersMax} characters`,
    )
    .optional()
    .describe('What that call, of a tool or a search, gives back; its code does not run.'),
  later: z
    .enum(['live', 'recorded'])
    .default('live')
    .describe('Calls after it. recorded: those that ask what was asked are answered from the recording.'),
});

const source = z.strictObject({
  traceId: z.string().max(64).optional(),
  correlationId: z.string().min(1).max(500).optional(),
  runId: z.string().min(1).max(500).optional(),
});

export const replayRequest = source.extend({
  target: targetName.optional().describe('Default: the target that the run names.'),
  input: z.json().optional().describe('In place of what was recorded.'),
  context: z.json().optional(),
  whatIf: replayWhatIf.optional().describe('Only for targets that a program offers.'),
  key: z.string().min(1).max(200).optional().describe('The same key again gives the same replay.'),
});

export const replay = z.object({
  id: z.string(),
  batchId: z.string().nullable(),
  target: z.string(),
  state: replayState,
  sourceTraceId: traceId,
  traceId: traceId.nullable().describe('Of the new run.'),
  input: z.json(),
  context: z.json(),
  masked: z.boolean().describe('Parts of what was recorded are masked, and are replayed masked.'),
  edited: z.boolean().describe('The input is not the recorded one.'),
  whatIf: replayWhatIf.extend({ step: z.string().describe('Name of the step.') }).nullable(),
  report: z
    .string()
    .nullable()
    .describe('Calls before the step of a what-if that the recording could not answer.'),
  before: z.object({ answer: z.string().nullable(), failed: z.boolean(), durationMs: z.number().nullable() }),
  answer: z.string().nullable(),
  error: z.string().nullable(),
  durationMs: z.number().nullable(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  finishedAt: timestamp.nullable(),
});

export const replaysParameters = z.object({
  traceId: z.string().max(64).optional().describe('Replays of this run, and the one that made it.'),
  batchId: z.string().max(64).optional().describe('`none`: those that are in no bulk replay.'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const replaysResponse = z.object({ replays: z.array(replay) });

const both = z.object({ before: z.number().nullable(), after: z.number().nullable() });
export const replayedStep = z.object({
  state: z.enum(['same', 'changed', 'added', 'removed']),
  name: z.string(),
  depth: z.int(),
  operation: z.string(),
  before: z.object({ spanId: z.string(), durationMs: z.number(), failed: z.boolean() }).nullable(),
  after: z.object({ spanId: z.string(), durationMs: z.number(), failed: z.boolean() }).nullable(),
});
export const replayComparison = z.object({
  replay,
  answer: z.object({
    before: z.string().nullable(),
    after: z.string().nullable(),
    same: z.boolean().nullable().describe('null: one of them is not known.'),
    diff: z
      .array(z.object({ mark: z.enum([' ', '-', '+']), text: z.string() }))
      .describe('By lines; JSON is written one value a line.'),
  }),
  durationMs: both,
  inputTokens: both,
  outputTokens: both,
  costUsd: both,
  errors: both,
  scores: z.array(
    z.object({ name: z.string(), before: z.number().nullable(), after: z.number().nullable() }),
  ),
  steps: z.array(replayedStep),
  stepsLeftOut: z.string().nullable().describe('Why there are no steps.'),
});

export const replayBatchRequest = z.strictObject({
  q: z.string().max(2_000).default('').describe('Which runs, in the filter language.'),
  from: z.string().optional(),
  to: z.string().optional(),
  limit: z.int().min(1).max(1_000).default(100),
  target: targetName.optional(),
  concurrency: z.int().min(1).max(100).default(8),
  budgetUsd: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('No replay begins once the new runs cost this much.'),
  gate: z
    .string()
    .max(500)
    .optional()
    .describe('Such as `pass_rate >= 0.95 and p95_duration_ms <= 1.2 * before`.'),
  key: z.string().min(1).max(200).optional(),
});

export const batchFigures = z.object({
  runs: z.int(),
  passRate: z.number().nullable().describe('Runs that did not fail, of those that ended.'),
  sameAnswerRate: z.number().nullable(),
  p50DurationMs: z.number().nullable(),
  p95DurationMs: z.number().nullable(),
  costUsd: z.number().nullable(),
  tokens: z.number().nullable(),
});
export const replayBatch = z.object({
  id: z.string(),
  q: z.string(),
  target: z.string().nullable(),
  concurrency: z.int(),
  budgetUsd: z.number().nullable(),
  gate: z.string().nullable(),
  state: z.enum(['running', 'paused', 'done', 'cancelled']),
  stoppedAtBudget: z.boolean(),
  createdAt: timestamp,
  counts: z.record(replayState, z.int()),
  leftOut: z
    .array(z.object({ traceId: z.string(), reason: z.string() }))
    .describe('Runs found that cannot be replayed.'),
});
export const replayBatchesResponse = z.object({ batches: z.array(replayBatch) });
export const replayBatchItem = z.object({
  replay,
  verdict: z
    .enum(['regressed', 'failed', 'changed', 'fixed', 'same', 'unknown'])
    .describe('regressed: it failed, and did not before. unknown: it has not ended, or did not run.'),
  costUsd: both,
  durationMs: both,
});
export const replayBatchResponse = z.object({
  batch: replayBatch,
  before: batchFigures,
  after: batchFigures,
  gate: z
    .object({
      passed: z.boolean(),
      conditions: z.array(
        z.object({
          text: z.string(),
          value: z.number().nullable(),
          limit: z.number().nullable(),
          passed: z.boolean(),
        }),
      ),
    })
    .nullable(),
  items: z.array(replayBatchItem).describe('Regressions first.'),
});
export const replayBatchChange = z.strictObject({ state: z.enum(['running', 'paused', 'cancelled']) });

/** What a program that registered a target sends every so often: it lives, these run, and it has so many places free. */
export const workRequest = z.strictObject({
  worker: z.string().min(1).max(100),
  places: z.int().min(1).max(100),
  free: z.int().min(0).max(100),
  running: z.array(z.string().max(64)).max(100).default([]).describe('Claims that go on.'),
  waitMs: z.int().min(0).max(25_000).default(20_000),
  leaves: z.boolean().default(false),
  whatIf: z.boolean().default(false).describe('The program can go on from a step in the middle of a run.'),
});
export const workResponse = z.object({
  work: z.array(
    z.object({
      replayId: z.string(),
      claim: z.string(),
      sourceTraceId: traceId,
      input: z.json(),
      context: z.json(),
      whatIf: replayWhatIf
        .nullable()
        .describe('The recording is at /api/v1/replay-claims/<claim>/recording.'),
    }),
  ),
  cancelled: z.array(z.string()).describe('Claims to end.'),
});
export const workResult = z.strictObject({
  claim: z.string().max(64),
  failed: z.boolean(),
  answer: z.string().max(1_000_000).nullable().default(null),
  error: z.string().max(10_000).nullable().default(null),
  report: z.string().max(20_000).nullable().default(null),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable()
    .default(null),
  durationMs: z.number().min(0).nullable().default(null),
});

/** A run as the SDK replays it: spans by start time, with what they carry. */
export const replayRecording = z.object({
  traceId,
  spans: z.array(
    z.object({
      spanId: z.string(),
      parentSpanId: z.string().optional(),
      name: z.string(),
      kind: z.int().describe("OTLP's number."),
      startMs: z.number(),
      endMs: z.number(),
      attributes: z.record(z.string(), z.json()),
      events: z.array(z.object({ name: z.string(), attributes: z.record(z.string(), z.json()) })),
      failed: z.boolean(),
      message: z.string(),
    }),
  ),
});

export type ReplayWhatIf = z.output<typeof replayWhatIf>;
export type ReplayRecording = z.infer<typeof replayRecording>;
export type TargetSettings = z.output<typeof targetSettings>;
export type ReplayTarget = z.infer<typeof replayTarget>;
export type TargetsResponse = z.infer<typeof targetsResponse>;
export type ReplayState = z.infer<typeof replayState>;
export type ReplayRequest = z.output<typeof replayRequest>;
export type Replay = z.infer<typeof replay>;
export type ReplaysResponse = z.infer<typeof replaysResponse>;
export type ReplayComparison = z.infer<typeof replayComparison>;
export type ReplayedStep = z.infer<typeof replayedStep>;
export type ReplayBatch = z.infer<typeof replayBatch>;
export type ReplayBatchesResponse = z.infer<typeof replayBatchesResponse>;
export type ReplayBatchRequest = z.output<typeof replayBatchRequest>;
export type ReplayBatchResponse = z.infer<typeof replayBatchResponse>;
export type ReplayBatchItem = z.infer<typeof replayBatchItem>;
export type BatchFigures = z.infer<typeof batchFigures>;
export type WorkRequest = z.output<typeof workRequest>;
export type WorkResponse = z.infer<typeof workResponse>;
export type WorkResult = z.output<typeof workResult>;
