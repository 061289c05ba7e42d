import { z } from 'zod';
import { spanIdParameter, timestamp, traceIdParameter } from './common.ts';
import { keyVariable } from './evaluators.ts';
import { promptContent } from './prompts.ts';

export const modelProtocol = z.enum(['openai', 'anthropic', 'google']);

/** Where models are asked, and where the key is. */
export const newConnection = z.strictObject({
  name: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, 'letters, digits, spaces, . _ and -'),
  protocol: modelProtocol.describe('openai: whatever speaks like OpenAI’s chat completions.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .describe(
      'Such as https://api.openai.com/v1, https://api.anthropic.com/v1 or https://generativelanguage.googleapis.com/v1beta.',
    ),
  keyVariable: keyVariable
    .nullable()
    .default(null)
    .describe('The variable of the server’s environment that has the key.'),
  key: z
    .string()
    .min(1)
    .max(2_000)
    .regex(/^[\x21-\x7e]+$/, 'a key of ASCII signs without spaces')
    .optional()
    .describe(
      'Or the key itself; it is kept encrypted and never shown again. The server needs SIGHTLINE_SECRET for that.',
    ),
});
export const modelConnection = z.object({
  id: z.string(),
  name: z.string(),
  protocol: modelProtocol,
  baseUrl: z.string(),
  keyVariable: z.string().nullable(),
  hasKey: z.boolean().describe('A key is there to ask with: the variable is set, or a key is kept.'),
  createdAt: timestamp,
});
export const connectionsResponse = z.object({
  connections: z.array(modelConnection),
  canKeepKeys: z.boolean().describe('The server has a secret to encrypt keys with.'),
});

export const playgroundRequest = z.strictObject({
  connection: z.string().max(100),
  content: promptContent,
  variables: z.record(z.string().max(100), z.json()).default({}),
  stubs: z
    .record(z.string().max(128), z.json())
    .default({})
    .describe('What a tool answers when the model calls it; calls of other tools end the answer.'),
  stepsMax: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(5)
    .describe('Calls of the model, where tools are stubbed.'),
});

/** What the stream of an answer says, event by event. */
export const playgroundEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('reasoning'), text: z.string() }),
  z.object({ type: z.literal('tool-call'), id: z.string(), name: z.string(), arguments: z.json() }),
  z.object({ type: z.literal('tool-result'), id: z.string(), name: z.string(), result: z.json() }),
  z.object({
    type: z.literal('end'),
    finishReason: z.string(),
    model: z.string().nullable(),
    inputTokens: z.number().nullable(),
    outputTokens: z.number().nullable(),
    costUsd: z.number().nullable().describe('null: the price is not known.'),
    durationMs: z.number(),
    firstTokenMs: z.number().nullable(),
    steps: z.number().int(),
    warnings: z.array(z.string()).describe('Settings that the model does not know.'),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string() }),
]);

export const playgroundCallParameters = z.object({ traceId: traceIdParameter, spanId: spanIdParameter });
/** A recorded call of a model as a prompt that can be edited. */
export const playgroundCall = z.object({
  content: promptContent,
  provider: z.string().nullable(),
  protocol: modelProtocol.nullable().describe('How its provider is spoken to, where that is known.'),
  serverAddress: z.string().nullable(),
  answer: z.string().describe('What was answered then.'),
  leftOut: z.array(z.string()).describe('What of the call cannot be edited here, such as images.'),
  prompt: z.object({ name: z.string(), version: z.string() }).nullable(),
});

export type ModelProtocol = z.infer<typeof modelProtocol>;
export type NewConnection = z.output<typeof newConnection>;
export type ModelConnection = z.infer<typeof modelConnection>;
export type ConnectionsResponse = z.infer<typeof connectionsResponse>;
export type PlaygroundRequest = z.output<typeof playgroundRequest>;
export type PlaygroundEvent = z.infer<typeof playgroundEvent>;
export type PlaygroundCall = z.infer<typeof playgroundCall>;
