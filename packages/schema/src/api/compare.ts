import { z } from 'zod';
import {
  filterParameter,
  limitsMet,
  rangeParameters,
  rangeStartParameter,
  timeParameter,
  timestamp,
  traceId,
} from './common.ts';

/** Traces a side may name one by one. */
const tracesNamedMax = 200;

const traceList = z
  .string()
  .max(tracesNamedMax * 33)
  .regex(
    /^[0-9a-fA-F]{32}(,[0-9a-fA-F]{32})*$/,
    'expected trace ids of 32 hex digits, with commas between them',
  )
  .describe(`Trace ids with commas between them, at most ${tracesNamedMax}.`);

const promptVersion = z
  .string()
  .max(400)
  .regex(/^.+@[^@]+$/s, 'expected a prompt and its version, such as support@3');

export const compareParameters = rangeParameters.extend({
  q: filterParameter.optional().describe('What both sides have in common, in the query language.'),
  a: filterParameter.optional().describe('Filter of side A.'),
  b: filterParameter
    .optional()
    .describe('Filter of side B. Where nothing is said about B, it is what is not in A.'),
  aFrom: rangeStartParameter.optional().describe('Where A begins; else `from`.'),
  aTo: timeParameter.optional().describe('Where A ends; else `to`.'),
  bFrom: rangeStartParameter.optional().describe('Where B begins; else `from`.'),
  bTo: timeParameter.optional().describe('Where B ends; else `to`.'),
  aTraces: traceList.optional(),
  bTraces: traceList.optional(),
  aPrompt: promptVersion
    .optional()
    .describe('A are traces with a call that used this version of a prompt: `support@3`.'),
  bPrompt: promptVersion.optional().describe('The same of B.'),
  replay: z
    .string()
    .max(64)
    .optional()
    .describe('Id of a bulk replay: A are its new runs, B those that they were made from.'),
  sample: z.coerce
    .number()
    .int()
    .min(10)
    .max(3000)
    .default(1000)
    .describe('Traces looked at of each side, picked uniformly by a hash of their ids.'),
});

const estimate = z
  .object({ value: z.number(), low: z.number(), high: z.number() })
  .describe('With the range in which it lies in 95 of 100 samples.');

const curve = z.object({
  count: z.number().int(),
  mean: z.number().nullable(),
  quantiles: z.array(z.number()).describe('At 0, 5, 10 … 100 %.'),
  p50: estimate.nullable(),
  p95: estimate.nullable(),
});

export const comparedSide = z.object({
  from: timestamp,
  to: timestamp,
  total: z.number().int().describe('Traces that the side has.'),
  sampled: z.number().int().describe('Those that were looked at.'),
  spans: z.number().int(),
  examples: z.array(traceId).describe('Some of the sample, the longest first.'),
});

const pair = <Value extends z.ZodType>(value: Value) => z.object({ a: value, b: value });

const comparedMetric = pair(curve).extend({
  name: z.enum(['duration', 'cost', 'input_tokens', 'output_tokens', 'spans', 'errors']),
  unit: z.enum(['ms', 'USD', 'token', 'span', 'error']),
});

const comparedScore = pair(curve).extend({ name: z.string() });

const difference = z.object({
  field: z.string().describe('As the query language writes it.'),
  alike: z.array(z.string()).describe('Fields that tell the traces apart in just the same way.'),
  score: z.number().describe('Jensen–Shannon divergence beyond what chance makes of it, 0 to 1.'),
  divergence: z.number(),
  byChance: z.number(),
  p: z
    .number()
    .describe('How often chance alone makes the largest difference of all fields as large as this one.'),
  isSignificant: z.boolean(),
  reason: z
    .enum(['selected', 'id'])
    .nullable()
    .describe(
      'Why it is not ranked: a side was selected by it, or nearly each trace has a value of its own.',
    ),
  tracesWithField: z.number().int(),
  valueCount: z.number().int(),
  values: z.array(
    z.object({
      value: z.string().nullable().describe('Null for traces without the field.'),
      a: z.number().describe('Share of the traces of A that have it.'),
      b: z.number(),
      q: z.string().nullable().describe('A filter for it; null where there is none.'),
    }),
  ),
});

export const stepKind = z.enum(['model', 'tool', 'retrieval', 'agent', 'code']);

const comparedSums = pair(
  z.object({
    traces: z.number().describe('Share of the traces that have it.'),
    calls: z.number().describe('Calls a trace.'),
    errors: z.number().describe('Failed calls a trace.'),
    pathMs: z
      .number()
      .describe('Time on the critical path, a trace: all of a side add up to its mean duration.'),
    selfMs: z.number().describe('Own time, on the critical path or not, a trace.'),
  }),
).extend({
  moreMs: z.number().describe('Time on the critical path, A minus B.'),
  moreMsLow: z.number().describe('With the range in which it lies in 95 of 100 samples.'),
  moreMsHigh: z.number(),
  isSignificant: z.boolean(),
});

const comparedStep = comparedSums.extend({ kind: stepKind, name: z.string(), service: z.string() });

const comparedNode = comparedSums.extend({
  id: z.number().int(),
  parent: z.number().int().describe('−1 for roots.'),
  kind: stepKind,
  name: z.string(),
  service: z.string(),
  change: z.enum(['same', 'added', 'removed', 'slower', 'faster', 'more', 'fewer']).describe('From B to A.'),
});

export const compareResponse = z.object({
  a: comparedSide,
  b: comparedSide.extend({
    isRest: z.boolean().describe('B is what is not in A.'),
    inBoth: z.number().int().describe('Traces that meet both; they count for A alone.'),
  }),
  metrics: z.array(comparedMetric),
  scores: z.array(comparedScore),
  differences: z.array(difference).describe('What tells A from B, the most telling first.'),
  steps: z
    .array(comparedStep)
    .describe('Models, tools, agents and code, those first whose time differs most.'),
  structure: z.array(comparedNode).describe('Who calls what, parents before children.'),
  limitsMet,
});

export type CompareParameters = z.infer<typeof compareParameters>;
export type CompareResponse = z.infer<typeof compareResponse>;
export type ComparedSide = z.infer<typeof comparedSide>;
export type ComparedStep = z.infer<typeof comparedStep>;
export type ComparedNode = z.infer<typeof comparedNode>;
export type ComparedSums = z.infer<typeof comparedSums>;
export type ComparedDifference = z.infer<typeof difference>;
export type ComparedMetric = z.infer<typeof comparedMetric>;
export type ComparedScore = z.infer<typeof comparedScore>;
export type ComparedCurve = z.infer<typeof curve>;
export type StepKind = z.infer<typeof stepKind>;
