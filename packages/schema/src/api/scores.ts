import { z } from 'zod';
import {
  limitsMet,
  pageParameters,
  rangeParameters,
  rangeFrom,
  spanId,
  spanIdParameter,
  timeParameter,
  timestamp,
  traceId,
  traceIdParameter,
} from './common.ts';

/** Where a score came from: telemetry of a program, the API, a person in the UI, an evaluator in code, a model as judge. */
export const scoreSource = z.enum(['telemetry', 'api', 'ui', 'code', 'judge']);

export const score = z.object({
  id: z.string(),
  time: timestamp,
  target: z.enum(['span', 'trace', 'session']).describe('What was scored: the most specific of the ids.'),
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
  sessionId: z.string().nullable(),
  responseId: z.string().nullable().describe('The evaluated answer, where the score came without its span.'),
  service: z.string().nullable(),
  name: z.string(),
  value: z.number().nullable(),
  label: z.string().nullable(),
  comment: z.string().nullable(),
  source: scoreSource,
  who: z.string().nullable().describe('The person, or the program’s own name for the evaluator.'),
  evaluatorId: z.string().nullable(),
  judge: z
    .object({
      model: z.string(),
      inputTokens: z.number().int().nullable(),
      outputTokens: z.number().int().nullable(),
      costUsd: z.number().nullable().describe('null when the price is unknown, never 0.'),
    })
    .nullable()
    .describe('What the judging itself took; null where no model judged.'),
});

const text = (max: number): z.ZodString => z.string().trim().max(max);

/** An id of zeros is W3C's way to say that there is none. */
const notZero = [/[^0]/, 'an id of zeros names nothing'] as const;

export const newScore = z
  .strictObject({
    id: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, 'an id has 1 to 64 letters, digits or . : _ -')
      .optional()
      .describe('A later score of the same id replaces this one. Made up where absent.'),
    traceId: traceIdParameter.regex(...notZero).optional(),
    spanId: spanIdParameter.regex(...notZero).optional(),
    sessionId: text(256).min(1).optional(),
    name: text(200).min(1).describe('What was judged: `relevance`, `hallucination`, `user_feedback`, …'),
    value: z.number().nullable().optional(),
    label: text(200).nullable().optional().describe('A word for it: `pass`, `fail`, `relevant`, …'),
    comment: text(10_000).nullable().optional(),
    source: scoreSource.extract(['api', 'ui']).default('api'),
    who: text(200).nullable().optional(),
    time: timeParameter.optional().describe('When it was judged; now where absent. RFC 3339 or relative.'),
  })
  .refine((given) => given.traceId !== undefined || given.sessionId !== undefined, {
    message: 'give a traceId (with a spanId for one span) or a sessionId',
  })
  .refine((given) => given.spanId === undefined || given.traceId !== undefined, {
    message: 'a spanId needs its traceId',
    path: ['spanId'],
  })
  .refine((given) => typeof given.value === 'number' || Boolean(given.label) || Boolean(given.comment), {
    message: 'a score has a value, a label or a comment',
  });

export const scoresBatchMax = 500;
export const newScoresRequest = z.union([
  z.strictObject({ scores: z.array(newScore).min(1).max(scoresBatchMax) }),
  newScore,
]);
export const newScoresResponse = z.object({ scores: z.array(score) });

export const scoresParameters = rangeFrom('to-30d').extend({
  ...pageParameters.shape,
  traceId: traceIdParameter.optional(),
  spanId: spanIdParameter.optional(),
  session: z.string().max(256).optional().describe('Scores of the session and of its traces and spans.'),
  name: z.string().max(200).optional(),
  label: z.string().max(200).optional(),
  source: scoreSource.optional(),
  evaluatorId: z.string().max(64).optional(),
  who: z.string().max(200).optional(),
  minValue: z.coerce.number().optional(),
  maxValue: z.coerce.number().optional(),
});
export const scoresResponse = z.object({
  scores: z.array(score),
  nextCursor: z.string().nullable(),
  limitsMet,
});

export const scoreSummaryParameters = rangeParameters.extend({
  name: z.string().max(200).optional(),
  source: scoreSource.optional(),
  evaluatorId: z.string().max(64).optional(),
});
/** Scores by name over a window. */
export const scoreSummaryResponse = z.object({
  names: z.array(
    z.object({
      name: z.string(),
      count: z.number().int(),
      average: z.number().nullable().describe('Of those with a value.'),
      min: z.number().nullable(),
      max: z.number().nullable(),
      labels: z
        .array(z.object({ label: z.string(), count: z.number().int() }))
        .describe('The ten most frequent.'),
      sources: z.array(scoreSource),
      judgeCostUsd: z.number().nullable(),
      unpricedJudgements: z.number().int(),
    }),
  ),
  hallucination: z
    .object({
      judged: z.number().int().describe('Traces with a verdict.'),
      hallucinated: z.number().int(),
      rate: z.number().nullable().describe('null where nothing was judged.'),
    })
    .describe('See docs/scores.md for what counts as a verdict.'),
  limitsMet,
});

export type Score = z.infer<typeof score>;
export type ScoreSource = z.infer<typeof scoreSource>;
export type NewScore = z.output<typeof newScore>;
export type NewScoresRequest = z.output<typeof newScoresRequest>;
export type ScoresParameters = z.infer<typeof scoresParameters>;
export type ScoresResponse = z.infer<typeof scoresResponse>;
export type ScoreSummaryParameters = z.infer<typeof scoreSummaryParameters>;
export type ScoreSummaryResponse = z.infer<typeof scoreSummaryResponse>;
