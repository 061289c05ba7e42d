import { z } from 'zod';
import { filterParameter, limitsMet, pageParameters, rangeParameters, timestamp, traceId } from './common.ts';
import { score } from './scores.ts';

const ignoreCase = z.boolean().default(true);
const budget = z.number().positive().finite();
const share = z.number().min(0).max(1);

/** The name of an environment variable of the server that holds a key. The key itself is never stored. */
export const keyVariable = z
  .string()
  .regex(
    /^(?!SIGHTLINE_)[A-Z][A-Z0-9_]{0,80}_API_KEY$/,
    'the name of an environment variable that ends with _API_KEY, and not one of Sightline’s own',
  );

/** What kind of evaluator it is, and its settings. Each judges the whole trace: its answer, its documents, its time and cost. */
export const evaluatorSettings = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('exact'),
    expected: z.string().min(1).max(10_000).describe('The answer, but for space around it.'),
    ignoreCase,
  }),
  z.strictObject({
    type: z.literal('regex'),
    pattern: z.string().min(1).max(2_000).describe('RE2: linear time, no lookaround, no back-references.'),
    mustMatch: z.boolean().default(true).describe('false: the answer passes when it does not match.'),
  }),
  z.strictObject({
    type: z.literal('json_schema'),
    schema: z
      .record(z.string(), z.json())
      .refine((schema) => JSON.stringify(schema).length <= 50_000, 'at most 50,000 characters')
      .describe('JSON Schema (draft 7). The answer is read as JSON, also from a fenced block.'),
  }),
  z.strictObject({ type: z.literal('latency'), maxMs: budget.describe('Duration of the trace.') }),
  z.strictObject({ type: z.literal('cost'), maxUsd: budget.describe('Unknown cost is not judged.') }),
  z.strictObject({
    type: z.literal('groundedness'),
    threshold: share
      .default(0.6)
      .describe('Share of the answer’s sentences that the retrieved documents support, to pass.'),
  }),
  z.strictObject({ type: z.literal('refusal') }),
  z.strictObject({
    type: z.literal('language'),
    expected: z
      .string()
      .regex(/^[a-z]{2}$/, 'an ISO 639-1 code such as en')
      .optional()
      .describe('Without it the language is only told.'),
  }),
  z.strictObject({
    type: z.literal('judge'),
    protocol: z.enum(['openai', 'anthropic']).describe('How the endpoint is spoken to.'),
    url: z
      .url()
      .max(500)
      .describe(
        'Base address, such as https://api.openai.com/v1 or https://api.anthropic.com: http or https, without a user, not link-local, not the metadata of a cloud.',
      ),
    model: z.string().trim().min(1).max(200),
    keyVariable: keyVariable.optional().describe('Absent: no key is sent, as for a local model.'),
    criterion: z
      .string()
      .trim()
      .min(10)
      .max(10_000)
      .describe('What is asked of the judge: what is good, what is bad.'),
    include: z
      .array(z.enum(['question', 'answer', 'documents']))
      .min(1)
      .default(['question', 'answer', 'documents']),
    passAt: share.default(0.5).describe('The judge’s score from 0 to 1 that passes.'),
    lowerIsBetter: z.boolean().default(false).describe('true for scores such as hallucination.'),
    maxOutputTokens: z.number().int().min(16).max(8_192).default(512),
    timeoutMs: z.number().int().min(500).max(120_000).default(30_000),
  }),
]);

export const evaluatorRule = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .describe('Name of the rule and of the scores it writes: `groundedness`, `answer_language`, …'),
  enabled: z.boolean().default(true),
  q: filterParameter
    .default('')
    .describe('Which traces: a filter as in /traces. Empty: all traces of agents and models.'),
  sampleRate: share
    .default(1)
    .describe(
      'Share of the traces, chosen by a hash of the trace id: the same trace always gets the same decision.',
    ),
  settings: evaluatorSettings,
});

export const evaluator = evaluatorRule.extend({
  id: z.string(),
  settings: evaluatorSettings,
  createdAt: timestamp,
  updatedAt: timestamp,
  totals: z.object({
    scored: z.number().int(),
    skipped: z.number().int().describe('Nothing to judge: no answer, no documents, unknown cost.'),
    failed: z.number().int(),
    costUsd: z
      .number()
      .nullable()
      .describe('What judging cost; null where it is unknown or no model judged.'),
    unpricedJudgements: z.number().int(),
    inputTokens: z.number().int(),
    outputTokens: z.number().int(),
    lastRunAt: timestamp.nullable(),
  }),
});

export const evaluatorsResponse = z.object({
  evaluators: z.array(evaluator),
  runner: z
    .object({
      state: z.enum(['idle', 'running', 'failing']),
      waiting: z.number().int().describe('Judgements that wait for their turn.'),
      lastError: z.string().nullable(),
    })
    .describe('The worker of this server.'),
});

export const evaluatorRunStatus = z.enum(['scored', 'skipped', 'failed']);
export const evaluatorRun = z.object({
  evaluatorId: z.string(),
  traceId,
  time: timestamp,
  status: evaluatorRunStatus,
  reason: z.string().nullable().describe('Why it was skipped or failed.'),
  durationMs: z.number(),
  value: z.number().nullable(),
  label: z.string().nullable(),
});
export const evaluatorRunsParameters = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  status: evaluatorRunStatus.optional(),
});
export const evaluatorRunsResponse = z.object({ runs: z.array(evaluatorRun) });

export const tryEvaluatorRequest = z.strictObject({
  traceId: z.string().regex(/^[0-9a-fA-F]{32}$/, 'a trace id has 32 hex digits'),
  save: z.boolean().default(true).describe('false: only shown.'),
});
export const tryEvaluatorResponse = z.object({ run: evaluatorRun, score: score.nullable() });

/** Traces that people shall look at. */
export const annotationQueueRule = z.strictObject({
  name: z.string().trim().min(1).max(100),
  instructions: z.string().trim().max(5_000).default('').describe('Shown to those who annotate.'),
  scoreNames: z.array(z.string().trim().min(1).max(200)).min(1).max(20).default(['quality']),
  q: filterParameter
    .default('')
    .describe('Which traces: a filter as in /traces, also on scores: `score.groundedness<0.5`.'),
  sampleRate: share.default(1),
  follow: z.boolean().default(false).describe('true: new traces that fit are added as they become quiet.'),
});
export const annotationQueue = annotationQueueRule.extend({
  id: z.string(),
  createdAt: timestamp,
  open: z.number().int(),
  done: z.number().int(),
  skipped: z.number().int(),
});
export const annotationQueuesResponse = z.object({ queues: z.array(annotationQueue) });

export const annotationState = z.enum(['open', 'done', 'skipped']);
export const annotationItem = z.object({
  id: z.string(),
  traceId,
  addedAt: timestamp,
  state: annotationState,
  who: z.string().nullable(),
  doneAt: timestamp.nullable(),
});
export const annotationItemsParameters = z.object({
  ...pageParameters.omit({ cursor: true }).shape,
  state: annotationState.optional(),
});
export const annotationItemsResponse = z.object({
  items: z.array(annotationItem),
  open: z.number().int(),
  done: z.number().int(),
  skipped: z.number().int(),
});
export const fillQueueRequest = z.strictObject({
  ...rangeParameters.shape,
  limit: z.number().int().min(1).max(1_000).default(200),
  traceIds: z
    .array(z.string().regex(/^[0-9a-fA-F]{32}$/, 'a trace id has 32 hex digits'))
    .max(1_000)
    .optional()
    .describe('These traces instead of those that fit the filter.'),
});
export const fillQueueResponse = z.object({ added: z.number().int(), known: z.number().int(), limitsMet });
export const changeItemRequest = z.strictObject({
  state: annotationState,
  who: z.string().trim().max(200).optional(),
});

export type EvaluatorSettings = z.output<typeof evaluatorSettings>;
export type EvaluatorType = EvaluatorSettings['type'];
export type JudgeSettings = Extract<EvaluatorSettings, { type: 'judge' }>;
export type EvaluatorRule = z.output<typeof evaluatorRule>;
export type Evaluator = z.infer<typeof evaluator>;
export type EvaluatorsResponse = z.infer<typeof evaluatorsResponse>;
export type EvaluatorRun = z.infer<typeof evaluatorRun>;
export type EvaluatorRunsResponse = z.infer<typeof evaluatorRunsResponse>;
export type TryEvaluatorResponse = z.infer<typeof tryEvaluatorResponse>;
export type AnnotationQueueRule = z.output<typeof annotationQueueRule>;
export type AnnotationQueue = z.infer<typeof annotationQueue>;
export type AnnotationQueuesResponse = z.infer<typeof annotationQueuesResponse>;
export type AnnotationItem = z.infer<typeof annotationItem>;
export type AnnotationItemsResponse = z.infer<typeof annotationItemsResponse>;
export type AnnotationState = z.infer<typeof annotationState>;
export type FillQueueRequest = z.output<typeof fillQueueRequest>;
