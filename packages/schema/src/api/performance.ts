import { z } from 'zod';
import { limitsMet, rangeParameters, rangeFrom, spanId, timestamp, traceId } from './common.ts';

/** The limits above which a run or a step is too slow, too expensive or fails too often. */
export const thresholds = z.object({
  workflowDurationS: z.number().positive(),
  stepDurationS: z.number().positive(),
  llmCallDurationS: z.number().positive(),
  workflowCostUsd: z.number().positive(),
  errorRate: z.number().min(0).max(1).describe('Share of failed runs.'),
});

export const defaultThresholds: z.infer<typeof thresholds> = {
  workflowDurationS: 600,
  stepDurationS: 120,
  llmCallDurationS: 30,
  workflowCostUsd: 1,
  errorRate: 0.05,
};

export const performanceFinding = z.object({
  type: z.enum(['slow_workflow', 'slow_step', 'slow_llm_call', 'costly_workflow', 'high_error_rate']),
  severity: z.enum(['warning', 'critical']).describe('`critical` from twice the threshold on.'),
  metric: z.enum(['workflow.duration', 'step.duration', 'llm.call.duration', 'workflow.cost', 'error.rate']),
  value: z.number().describe('Seconds, US dollars, or a share.'),
  threshold: z.number(),
  unit: z.enum(['s', 'USD', '1']),
  message: z.string(),
  time: timestamp,
  traceId: traceId.nullable(),
  spanId: spanId.nullable(),
});

const filters = {
  service: z.string().optional(),
  agent: z.string().optional(),
  model: z.string().optional(),
  version: z.string().optional(),
  environment: z.string().optional(),
};

export const performanceParameters = rangeParameters.extend(filters);
export const sessionPerformanceParameters = rangeFrom('to-30d').extend(filters);

export const performanceResponse = z.object({
  session: z.string().nullable(),
  service: z.string().nullable(),
  agent: z.string().nullable(),
  model: z.string().nullable(),
  version: z.string().nullable(),
  startTime: timestamp,
  endTime: timestamp,
  total: z.number().int(),
  completed: z.number().int(),
  failed: z.number().int(),
  errorRate: z.number().nullable(),
  avgMs: z.number().nullable(),
  maxMs: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p90Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  totalCostUsd: z.number().nullable(),
  avgCostUsd: z.number().nullable().describe('Over the runs whose cost is known.'),
  unpricedCalls: z.number().int(),
  thresholds,
  findings: z
    .array(performanceFinding)
    .describe('The furthest over their threshold first, 100 of each type at most; `findingCounts` has all.'),
  findingCounts: z
    .record(performanceFinding.shape.type, z.number().int())
    .describe('How many crossed each threshold, also those that are not among the findings.'),
  limitsMet,
});

export type Thresholds = z.infer<typeof thresholds>;
export type PerformanceFinding = z.infer<typeof performanceFinding>;
export type PerformanceParameters = z.infer<typeof performanceParameters>;
export type SessionPerformanceParameters = z.infer<typeof sessionPerformanceParameters>;
export type PerformanceResponse = z.infer<typeof performanceResponse>;
