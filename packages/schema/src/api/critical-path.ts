import { z } from 'zod';
import { filterParameter, limitsMet, rangeParameters, spanId, timestamp, traceId } from './common.ts';
import { stepKind } from './compare.ts';

const named = { kind: stepKind, name: z.string(), service: z.string() };

export const traceCriticalPathResponse = z.object({
  traceId,
  durationMs: z.number().describe('Of the root that stands for the trace; the parts add up to it.'),
  parts: z
    .array(
      z.object({
        spanId,
        spanName: z.string(),
        ...named,
        fromMs: z.number().describe('Since the trace began.'),
        toMs: z.number(),
      }),
    )
    .describe('Who decides at which moment when the trace ends, in the order of time.'),
  steps: z
    .array(
      z.object({
        ...named,
        calls: z.number().int().describe('Those on the path.'),
        pathMs: z.number(),
        share: z.number(),
        waitMs: z.number().describe('Of models: until the first token, where it was told.'),
        streamMs: z.number().describe('Of models: from the first token on.'),
      }),
    )
    .describe('The same, added up by model, tool, agent or code.'),
  spans: z.array(
    z.object({
      spanId,
      selfMs: z.number().describe('What no child covers.'),
      pathMs: z.number(),
      slackMs: z
        .number()
        .nullable()
        .describe('How much longer it may take before its trace does; null where nobody waits.'),
    }),
  ),
  limitsMet,
});

export const criticalPathParameters = rangeParameters.extend({
  q: filterParameter.optional(),
  service: z.string().max(500).optional().describe('Only traces in which this service took part.'),
  sample: z.coerce
    .number()
    .int()
    .min(10)
    .max(20_000)
    .default(2000)
    .describe('Traces looked at, picked uniformly by a hash of their ids.'),
});

const bandName = z.enum(['fastest', 'middle', 'slow', 'slowest']);

const byBand = z.array(z.number()).describe('In the order of `bands`.');

export const criticalPathResponse = z.object({
  startTime: timestamp,
  endTime: timestamp,
  total: z.number().int().describe('Traces that meet the question.'),
  sampled: z.number().int(),
  spans: z.number().int(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  bands: z
    .array(
      z.object({
        name: bandName,
        from: z.number().describe('Quantile of the duration.'),
        to: z.number(),
        traces: z.number().int(),
        meanMs: z.number(),
      }),
    )
    .describe('The fastest quarter, the middle half, the slower fifth and the slowest 5 %.'),
  steps: z
    .array(
      z.object({
        ...named,
        calls: z.number().int(),
        errors: z.number().int(),
        traces: z.number().int().describe('Of the sample, those with a call.'),
        pathMs: z.number().describe('On the critical path, a trace.'),
        selfMs: z.number().describe('Own time on the path or beside it, a trace.'),
        share: z.number().describe('Of the critical paths of all.'),
        shareByBand: byBand,
        waitMs: z.number().describe('Of models, on the path, a trace: until the first token.'),
        streamMs: z.number(),
        ifFaster: z
          .object({ p50SavedMs: z.number(), p95SavedMs: z.number() })
          .nullable()
          .describe(
            'What the sample saves where each call takes 20 % less; null for steps that are not worked out.',
          ),
      }),
    )
    .describe('Models, tools, agents and code, those that hold most of the paths first.'),
  contexts: z
    .array(
      z.object({
        id: z.number().int(),
        parent: z.number().int().describe('−1 for roots.'),
        ...named,
        calls: z.number().int(),
        traces: z.number().int(),
        pathMs: z.number(),
        selfMs: z.number(),
        pathMsByBand: byBand,
      }),
    )
    .describe('Who calls what, parents before children.'),
  slowest: z.array(
    z.object({
      ...named,
      spanName: z.string(),
      calls: z.number().int(),
      p50Ms: z.number(),
      p95Ms: z.number(),
      maxMs: z.number(),
      worst: z.object({ traceId, spanMs: z.number() }),
    }),
  ),
  limitsMet,
});

export type TraceCriticalPathResponse = z.infer<typeof traceCriticalPathResponse>;
export type CriticalPathParameters = z.infer<typeof criticalPathParameters>;
export type CriticalPathResponse = z.infer<typeof criticalPathResponse>;
