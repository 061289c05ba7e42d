import { z } from 'zod';
import { limitsMet, rangeFrom, timestamp, versionNumber } from './common.ts';

const text = z.string().max(500_000);
const jsonObject = z.record(z.string(), z.json());

/** Base64 of one image, about 3.7 MB of it. */
export const promptImageCharsMax = 5_000_000;
const promptImagesMax = 20;

export const promptImage = z.union([
  z.strictObject({
    mediaType: z.string().regex(/^image\/[a-z0-9.+-]{1,50}$/, 'such as image/png'),
    data: z
      .string()
      .max(promptImageCharsMax)
      .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64'),
  }),
  z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(4_000)
      .describe('Where the provider reads it; the server itself never does.'),
  }),
]);

/** One message. Texts may have variables: `{{name}}`. */
export const promptMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: text.default(''),
  images: z.array(promptImage).max(promptImagesMax).optional().describe('Of a user: shown after the text.'),
  toolCalls: z
    .array(
      z.strictObject({
        id: z.string().max(200),
        name: z.string().min(1).max(200),
        arguments: z.json().describe('JSON, as the tool takes it.'),
      }),
    )
    .max(100)
    .optional()
    .describe('Of an assistant: which tools it called.'),
  toolCallId: z.string().max(200).optional().describe('Of a tool: the call that this answers.'),
  toolName: z.string().max(200).optional().describe('Of a tool: its name.'),
});

export const promptTool = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'letters, digits, _ . : and -'),
  description: z.string().max(20_000).default(''),
  parameters: jsonObject.default({ type: 'object', properties: {} }).describe('JSON Schema.'),
});

export const promptParameters = z.strictObject({
  temperature: z.number().min(0).max(10).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.number().int().min(1).max(100_000).optional(),
  maxOutputTokens: z.number().int().min(1).max(1_000_000).optional(),
  presencePenalty: z.number().min(-10).max(10).optional(),
  frequencyPenalty: z.number().min(-10).max(10).optional(),
  seed: z.number().int().optional(),
  stop: z.array(z.string().min(1).max(200)).max(16).optional(),
});

/** Everything that is sent to a model, but for who answers. */
export const promptContent = z.strictObject({
  messages: z.array(promptMessage).min(1).max(500),
  model: z.string().trim().min(1).max(200).optional(),
  parameters: promptParameters.default({}),
  tools: z.array(promptTool).max(128).default([]),
  responseSchema: jsonObject.optional().describe('JSON Schema of the answer.'),
});

export const promptName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/,
    'letters, digits, . _ / and -, at most 200, the first a letter or digit',
  );
/** A label must not look like a number, and `latest` is always the newest version. */
export const promptLabel = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, . _ and -, the first a letter')
  .refine((label) => label !== 'latest', '`latest` is the newest version by itself');

const version = versionNumber;

export const newPromptVersion = z.strictObject({
  name: promptName,
  description: z.string().trim().max(2_000).optional().describe('Of the prompt; absent: it stays.'),
  content: promptContent,
  note: z.string().trim().max(2_000).default('').describe('What is new in this version.'),
  labels: z.array(promptLabel).max(20).default([]).describe('Labels that this version takes over.'),
  who: z.string().trim().max(200).optional(),
});

export const promptVersion = z.object({
  name: z.string(),
  version,
  content: promptContent,
  variables: z.array(z.string()),
  labels: z.array(z.string()),
  note: z.string(),
  who: z.string().nullable(),
  createdAt: timestamp,
  isNew: z.boolean().optional().describe('false: the newest version says just this already.'),
});

export const promptSummary = z.object({
  name: z.string(),
  description: z.string(),
  latestVersion: version,
  labels: z.record(z.string(), version),
  updatedAt: timestamp,
});
export const promptsResponse = z.object({ prompts: z.array(promptSummary) });

export const promptResponse = promptSummary.extend({
  versions: z
    .array(
      z.object({
        version,
        labels: z.array(z.string()),
        note: z.string(),
        who: z.string().nullable(),
        model: z.string().nullable(),
        createdAt: timestamp,
      }),
    )
    .describe('The newest first, at most 200.'),
});

export const promptLabelRequest = z.strictObject({ version });
export const promptLabelResponse = z.object({ labels: z.record(z.string(), version) });

export const promptUsageParameters = rangeFrom('to-7d');
export const promptUsageResponse = z.object({
  versions: z
    .array(
      z.object({
        version: z.string().describe('As the calls say it; empty where they do not.'),
        calls: z.number().int(),
        errors: z.number().int(),
        runs: z.number().int(),
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        inputTokens: z.number().nullable(),
        outputTokens: z.number().nullable(),
        costUsd: z.number().nullable().describe('null: unknown.'),
        unpricedCalls: z.number().int(),
        lastTime: timestamp,
        scores: z.array(
          z.object({ name: z.string(), count: z.number().int(), average: z.number().nullable() }),
        ),
      }),
    )
    .describe('Calls of models that carried this prompt, by its version; the newest used first.'),
  limitsMet,
});

export type PromptImage = z.output<typeof promptImage>;
export type PromptMessage = z.output<typeof promptMessage>;
export type PromptTool = z.output<typeof promptTool>;
export type PromptParameters = z.output<typeof promptParameters>;
export type PromptContent = z.output<typeof promptContent>;
export type NewPromptVersion = z.output<typeof newPromptVersion>;
export type PromptVersion = z.infer<typeof promptVersion>;
export type PromptSummary = z.infer<typeof promptSummary>;
export type PromptsResponse = z.infer<typeof promptsResponse>;
export type PromptResponse = z.infer<typeof promptResponse>;
export type PromptUsageParameters = z.infer<typeof promptUsageParameters>;
export type PromptUsageResponse = z.infer<typeof promptUsageResponse>;
