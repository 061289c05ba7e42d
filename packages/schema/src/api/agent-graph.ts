import { z } from 'zod';
import { limitsMet, rangeParameters, spanId, traceId } from './common.ts';
import { statusCode } from './traces.ts';
import { agentFilterParameters, usage } from './usage.ts';

const traffic = usage.extend({
  calls: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  totalMs: z.number(),
});

export const agentGraphNode = traffic.extend({
  id: z.string().describe('`type:name`, the same in every graph.'),
  type: z
    .enum(['entry', 'agent', 'model', 'tool', 'mcp', 'retrieval', 'other'])
    .describe('`entry` is the service that began; `mcp` a server, `retrieval` a source of documents.'),
  name: z.string(),
  provider: z.string().nullable(),
});

export const agentGraphEdge = traffic.extend({ source: z.string(), target: z.string() });

const graph = {
  nodes: z.array(agentGraphNode),
  edges: z
    .array(agentGraphEdge)
    .describe('Who called whom. An agent that calls itself has an edge to itself.'),
  limitsMet,
};

/** Usage stands on the calls of models, and is added up at the agents and tools that made them. */
export const runGraphResponse = z.object({
  traceId,
  durationMs: z.number(),
  ...graph,
  path: z
    .array(
      z.object({
        spanId,
        source: z.string(),
        target: z.string(),
        startOffsetMs: z.number(),
        durationMs: z.number(),
        status: statusCode,
      }),
    )
    .describe('The calls of the run in the order of their start, for playing it.'),
});

export const agentGraphParameters = rangeParameters.extend({
  ...agentFilterParameters.shape,
  runs: z.coerce.number().int().min(1).max(10_000).default(2000).describe('The newest runs are looked at.'),
});
export const agentGraphResponse = z.object({ runs: z.number().int(), ...graph });

export type AgentGraphNode = z.infer<typeof agentGraphNode>;
export type AgentGraphEdge = z.infer<typeof agentGraphEdge>;
export type RunGraphResponse = z.infer<typeof runGraphResponse>;
export type AgentGraphParameters = z.infer<typeof agentGraphParameters>;
export type AgentGraphResponse = z.infer<typeof agentGraphResponse>;
