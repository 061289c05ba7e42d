import { z } from 'zod';
import { limitsMet, rangeFrom, timestamp } from './common.ts';

export const codingAgentName = z.enum(['claude-code', 'codex', 'gemini-cli']);

export const codingAgentsParameters = rangeFrom('to-24h').extend({
  agent: codingAgentName.optional(),
  user: z.string().max(256).optional(),
  model: z.string().max(256).optional(),
  session: z.string().max(256).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(200)
    .describe('Sessions at most, the newest first.'),
});

const count = z.number().int();
const unknown = 'null: the agent did not tell.';

/** What agents did, in sums. */
export const codingAgentTotals = z.object({
  sessions: count,
  prompts: count,
  calls: count.describe('Answers of models.'),
  errors: count.describe('Calls of models that failed.'),
  inputTokens: count.describe('Cached tokens are in.'),
  outputTokens: count.describe('Reasoning is in.'),
  cacheReadTokens: count,
  costUsd: z
    .number()
    .nullable()
    .describe('What the agent reported, else the computed price; null when unknown.'),
  unpricedCalls: count,
  toolCalls: count,
  toolFailures: count,
  toolsAccepted: count.nullable().describe(unknown),
  toolsRejected: count.nullable().describe(unknown),
  linesAdded: count.nullable().describe(unknown),
  linesRemoved: count.nullable().describe(unknown),
  commits: count.nullable().describe(unknown),
  pullRequests: count.nullable().describe(unknown),
  activeSeconds: z.number().nullable().describe(unknown),
});

export const codingAgentsResponse = z.object({
  totals: codingAgentTotals,
  agents: z.array(
    codingAgentTotals.extend({ agent: codingAgentName, versions: z.array(z.string()), lastSeen: timestamp }),
  ),
  users: z.array(codingAgentTotals.extend({ user: z.string().nullable() })),
  models: z.array(
    codingAgentTotals
      .pick({
        calls: true,
        errors: true,
        inputTokens: true,
        outputTokens: true,
        cacheReadTokens: true,
        costUsd: true,
        unpricedCalls: true,
      })
      .extend({ model: z.string().nullable().describe(unknown), agents: z.array(codingAgentName) }),
  ),
  tools: z.array(
    z.object({
      agent: codingAgentName,
      tool: z.string(),
      calls: count,
      failures: count,
      accepted: count,
      rejected: count,
    }),
  ),
  sessions: z.array(
    codingAgentTotals.omit({ sessions: true }).extend({
      agent: codingAgentName,
      sessionId: z.string().nullable().describe('null: what the agent tells without a session.'),
      user: z.string().nullable(),
      models: z.array(z.string()),
      firstSeen: timestamp,
      lastSeen: timestamp,
      source: z
        .enum(['events', 'metrics', 'spans'])
        .nullable()
        .describe('Where tokens and cost are from: events, else metrics, else spans; never two of them.'),
    }),
  ),
  sessionCount: count,
  limitsMet,
});

export type CodingAgentName = z.infer<typeof codingAgentName>;
export type CodingAgentsParameters = z.infer<typeof codingAgentsParameters>;
export type CodingAgentTotals = z.infer<typeof codingAgentTotals>;
export type CodingAgentsResponse = z.infer<typeof codingAgentsResponse>;
