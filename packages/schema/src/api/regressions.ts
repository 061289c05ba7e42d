import { z } from 'zod';
import { rangeFrom, timestamp } from './common.ts';

export const deployInput = z.strictObject({
  service: z.string().trim().min(1).max(200),
  version: z.string().trim().min(1).max(200),
  environment: z.string().trim().max(200).default(''),
  time: timestamp.optional().describe('When it began to run. Left out: now.'),
  note: z.string().trim().max(1_000).default('').describe('Shown beside it: a link, or what changed.'),
});

export const deploy = z.object({
  id: z.string(),
  service: z.string(),
  version: z.string(),
  environment: z.string(),
  time: timestamp,
  source: z.enum(['spans', 'reported']).describe('Seen by its first spans, or said.'),
  note: z.string(),
});

export const deploysParameters = rangeFrom('to-7d').extend({
  service: z.string().max(200).optional(),
});

export const deploysResponse = z.object({ deploys: z.array(deploy).describe('The newest first.') });

export const verdict = z.enum(['regressed', 'improved', 'no_evidence', 'too_little']);

export const regressionMeasure = z
  .enum(['duration', 'p95', 'p99', 'error_rate', 'cost', 'tokens', 'score'])
  .describe(
    'The median, 95th and 99th percentile of durations in milliseconds and the share of failures, of calls; dollars, tokens and a score, of runs.',
  );

const change = z.object({
  before: z.number(),
  after: z.number(),
  share: z
    .number()
    .describe(
      '0.22: 22 % more than before. Of error rates and scores the difference: 0.01 is one of a hundred.',
    ),
  low: z.number(),
  high: z.number().describe('19 of 20 such intervals hold the true change.'),
});

const side = z
  .object({ q: z.string(), from: timestamp, to: timestamp })
  .describe('The traces behind it: a filter, and their time.');

export const regressionCell = z.object({
  service: z.string(),
  name: z.string(),
  operation: z.string(),
  model: z.string(),
  agent: z.string(),
  measure: regressionMeasure,
  score: z.string().describe('Of the measure score: its name.'),
  verdict,
  text: z.string().describe('`+22 % (15 % to 31 %)`, `needs 34 more minutes`'),
  change: change.nullable(),
  p: z.number().nullable().describe('Corrected for the number of cells (Benjamini and Hochberg).'),
  calmer: z
    .number()
    .nullable()
    .describe('Share of earlier pairs of windows, without a deploy between them, that differ less.'),
  method: z
    .enum(['paired', 'before_after', 'beside', 'exact'])
    .describe(
      'Both at once, minute by minute; one after the other, against pairs of earlier windows; both at once, run by run; counted out.',
    ),
  minutes: z.number().int().describe('Minutes that were compared.'),
  calls: z.object({ before: z.number(), after: z.number() }).describe('Of cost, tokens and scores: runs.'),
  runs: z.object({ before: side, after: side }),
});

export const regressionLook = z.object({
  minutes: z
    .number()
    .int()
    .describe('After the deploy: 15, 60 or 240; of what is asked now, as many as there are.'),
  time: timestamp,
  method: z.enum(['paired', 'before_after', 'last_week']),
  comparedWith: z.string().describe('What ran before, or beside it.'),
  from: timestamp,
  to: timestamp,
  cells: z.array(regressionCell).describe('Regressed first, then improved, then the others.'),
  regressed: z.number().int(),
  improved: z.number().int(),
  regressedByMeasure: z.record(z.string(), z.number().int()),
});

export const regressionsResponse = z.object({
  deploys: z.array(
    deploy.extend({
      looks: z.array(regressionLook).describe('The newest first.'),
      nextLook: timestamp.nullable(),
    }),
  ),
});

export const judgeParameters = z.object({
  id: z.string().max(64).optional().describe('A deploy.'),
  service: z.string().max(200).optional(),
  before: z.string().max(200).optional().describe('A version, or left out: what ran before.'),
  after: z.string().max(200).optional().describe('A version.'),
  baseline: z
    .string()
    .max(100)
    .optional()
    .describe('The name of a saved baseline, instead of what ran before.'),
  against: z
    .enum(['before', 'last_week'])
    .default('before')
    .describe('`last_week`: the same minutes seven days earlier, whatever ran then.'),
});

export const baselineInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  service: z.string().trim().min(1).max(200),
  from: z.string().default('-4h'),
  to: z.string().default('now'),
});

export const baseline = z.object({
  name: z.string(),
  service: z.string(),
  from: timestamp,
  to: timestamp,
  cells: z.number().int(),
  createdAt: timestamp,
});

export type DeployInputRequest = z.output<typeof deployInput>;
export type Deploy = z.infer<typeof deploy>;
export type DeploysResponse = z.infer<typeof deploysResponse>;
export type RegressionCell = z.infer<typeof regressionCell>;
export type RegressionLook = z.infer<typeof regressionLook>;
export type RegressionMeasure = z.infer<typeof regressionMeasure>;
export type RegressionVerdict = z.infer<typeof verdict>;
export type RegressionsResponse = z.infer<typeof regressionsResponse>;
export type Baseline = z.infer<typeof baseline>;
