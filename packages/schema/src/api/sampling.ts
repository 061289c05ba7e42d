import { z } from 'zod';
import { rangeFrom, timestamp } from './common.ts';

export const samplingParameters = rangeFrom('to-24h');

/** By what traces say of it themselves: `th` of OpenTelemetry in the trace state of their roots. Who samples and does not say so is not known. */
export const samplingResponse = z.object({
  startTime: timestamp,
  endTime: timestamp,
  traces: z.number().int().describe('Traces whose root is stored.'),
  sampledTraces: z
    .number()
    .int()
    .describe('Of these, traces whose sender says in `th` of the trace state that it keeps only some.'),
  representedTraces: z.number().int().describe('How many there were before senders chose, as they say.'),
  keptShare: z.number().nullable().describe('What is stored of these; null where there are none.'),
});

export type SamplingParameters = z.output<typeof samplingParameters>;
export type SamplingResponse = z.infer<typeof samplingResponse>;
