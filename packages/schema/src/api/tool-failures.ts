import { z } from 'zod';
import { limitsMet, spanId, timestamp, traceId } from './common.ts';
import { toolsParameters } from './callees.ts';

export const toolFailuresParameters = toolsParameters.omit({ sort: true, cursor: true, limit: true }).extend({
  calls: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(20)
    .describe('Failed calls of each text, the newest first.'),
});

/** Failed calls of tools that say the same. Numbers and ids do not tell texts apart. */
export const toolFailure = z.object({
  message: z.string().describe('As the newest of them says it; empty where none says why.'),
  count: z.number().int(),
  tools: z.array(z.string()).describe('The tools that failed so, the most frequent first.'),
  firstTime: timestamp,
  lastTime: timestamp,
  calls: z.array(
    z.object({
      tool: z.string(),
      agent: z.string().nullable(),
      time: timestamp,
      durationMs: z.number(),
      message: z.string(),
      traceId,
      spanId,
    }),
  ),
});

export const toolFailuresResponse = z.object({
  failures: z.array(toolFailure).describe('The most frequent first.'),
  errors: z.number().int().describe('Failed calls that were read.'),
  limitsMet,
});

export type ToolFailuresParameters = z.infer<typeof toolFailuresParameters>;
export type ToolFailure = z.infer<typeof toolFailure>;
export type ToolFailuresResponse = z.infer<typeof toolFailuresResponse>;
