/** Models, agents, tools and MCP servers: what the runs of a window called. Percentiles are estimates within 1 %. */
import { z } from 'zod';
import { limitsMet, timestamp } from './common.ts';
import { agentListParameters, failureExample, listEnd, sortParameter, usage } from './usage.ts';

const calls = {
  calls: z.number().int(),
  errors: z.number().int(),
  errorRate: z.number().describe('0 to 1.'),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  runs: z.number().int(),
  lastTime: timestamp,
};

export const modelFacts = usage.extend({
  provider: z.string().nullable(),
  model: z
    .string()
    .describe(
      'Empty for usage that was reported without a model, such as the sums of agents: `calls` are then those that are known to be of a model.',
    ),
  ...calls,
  ttftP50Ms: z.number().nullable(),
  ttftP95Ms: z.number().nullable(),
  cacheHitRate: z
    .number()
    .nullable()
    .describe(
      'Share of input tokens read from the cache; null without input, and where no call told of a cache.',
    ),
});

export const agentFacts = usage.extend({
  agent: z.string(),
  ...calls,
  llmCalls: z.number().int(),
  toolCalls: z.number().int(),
  services: z.array(z.string()),
  models: z.array(z.string()),
});

export const toolFacts = z.object({
  tool: z.string(),
  ...calls,
  lastError: failureExample.nullable(),
  byAgent: z
    .array(z.object({ agent: z.string().nullable(), calls: z.number().int(), errors: z.number().int() }))
    .describe('The agents that called it, the busiest first; null where no agent is known.'),
});

const callColumns = ['calls', 'errors', 'errorRate', 'p50Ms', 'p95Ms', 'runs', 'lastTime'] as const;
const usageColumns = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
  'unpricedCalls',
] as const;

export const modelsParameters = agentListParameters.extend({
  sort: sortParameter(
    [...callColumns, ...usageColumns, 'ttftP50Ms', 'ttftP95Ms', 'cacheHitRate'],
    '-costUsd',
  ),
});
export const agentsParameters = agentListParameters.extend({
  sort: sortParameter([...callColumns, ...usageColumns, 'llmCalls', 'toolCalls'], '-calls'),
});
export const toolsParameters = agentListParameters.extend({
  sort: sortParameter([...callColumns], '-errors'),
});

export const modelsResponse = z.object({ models: z.array(modelFacts), ...listEnd, limitsMet });
export const agentsResponse = z.object({ agents: z.array(agentFacts), ...listEnd, limitsMet });
export const toolsResponse = z.object({ tools: z.array(toolFacts), ...listEnd, limitsMet });

const mcpCalls = {
  calls: z.number().int(),
  errors: z.number().int(),
  errorRate: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  requestBytes: z.number().nullable().describe('Average size of the recorded arguments.'),
  responseBytes: z.number().nullable().describe('Average size of the recorded results.'),
  lastTime: timestamp,
};

export const mcpTool = z.object({
  server: z.string(),
  tool: z.string(),
  ...mcpCalls,
  lastError: failureExample.nullable(),
  schemas: z.number().int().describe('Different definitions seen in the range; 0 where none was recorded.'),
});

export const mcpServer = z.object({
  server: z.string(),
  transport: z.string().nullable(),
  protocolVersion: z.string().nullable(),
  clients: z.array(z.string()).describe('Services that called it.'),
  sessions: z.number().int(),
  methods: z.array(z.object({ method: z.string(), calls: z.number().int(), errors: z.number().int() })),
  ...mcpCalls,
});

/** A tool's definition became another one between two sightings. */
export const mcpSchemaChange = z.object({
  server: z.string(),
  tool: z.string(),
  time: timestamp.describe('When the new definition was seen first.'),
  change: z.enum(['added', 'removed', 'changed']),
  before: z.json().nullable(),
  after: z.json().nullable(),
});

export const mcpParameters = agentListParameters.omit({ limit: true, cursor: true, tool: true, model: true });
export const mcpResponse = z.object({
  servers: z.array(mcpServer),
  tools: z.array(mcpTool),
  schemaChanges: z.array(mcpSchemaChange),
  limitsMet,
});

export type ModelFacts = z.infer<typeof modelFacts>;
export type AgentFacts = z.infer<typeof agentFacts>;
export type ToolFacts = z.infer<typeof toolFacts>;
export type ModelsParameters = z.infer<typeof modelsParameters>;
export type AgentsParameters = z.infer<typeof agentsParameters>;
export type ToolsParameters = z.infer<typeof toolsParameters>;
export type ModelsResponse = z.infer<typeof modelsResponse>;
export type AgentsResponse = z.infer<typeof agentsResponse>;
export type ToolsResponse = z.infer<typeof toolsResponse>;
export type McpServer = z.infer<typeof mcpServer>;
export type McpTool = z.infer<typeof mcpTool>;
export type McpSchemaChange = z.infer<typeof mcpSchemaChange>;
export type McpParameters = z.infer<typeof mcpParameters>;
export type McpResponse = z.infer<typeof mcpResponse>;
