import { z } from 'zod';
import { filterParameter, limitsMet, rangeParameters, timestamp } from './common.ts';

export const stagesParameters = rangeParameters.extend({
  q: filterParameter.optional().describe('On spans, in the query language.'),
  groupBy: z
    .enum(['none', 'version', 'service', 'environment', 'deployment'])
    .default('version')
    .describe(
      '`version` is `service.version`, `deployment` is `deployment.id` or the name of the pod or container.',
    ),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

const stage = z.object({
  name: z.string().describe('Of the span.'),
  service: z.string(),
  operation: z.string(),
  group: z.string().describe("Value of what is grouped by; '' where spans have none."),
  count: z.number().int(),
  avgMs: z.number(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  successRate: z.number().describe('Share of spans that did not fail.'),
});

export const stagesResponse = z.object({
  startTime: timestamp,
  endTime: timestamp,
  stages: z
    .array(stage)
    .describe('Stages that take most time together first, all groups of one stage side by side.'),
  limitsMet,
});

export type StagesParameters = z.infer<typeof stagesParameters>;
export type StagesResponse = z.infer<typeof stagesResponse>;
export type Stage = z.infer<typeof stage>;
