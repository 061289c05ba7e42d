import { z } from 'zod';
import { limitsMet, rangeFrom, spanId, timestamp, traceId } from './common.ts';
import { operationKind, statusCode } from './traces.ts';
import { listEnd, usage } from './usage.ts';

/**
 * `partId` names the part within its turn. A part with `cutAt` is longer than it is shown: its text, or the JSON text of its value,
 * goes on at `…/conversation/{spanId}/parts/{partId}?offset={cutAt.shown}`. A value that was cut is the beginning of its JSON text.
 */
const part = {
  partId: z.string(),
  cutAt: z.object({ shown: z.number().int(), characters: z.number().int() }).optional(),
};

/** What a tool gave back, from the tool's own span or from the message that told the model. */
export const toolOutcome = z.object({
  from: z.enum(['span', 'message']),
  spanId: spanId.nullable().describe('The span of the tool, where there is one.'),
  startTime: timestamp.nullable(),
  durationMs: z.number().nullable(),
  isError: z.boolean(),
  statusMessage: z.string().nullable(),
  result: z.json().optional(),
  ...part,
});

const media = (type: 'image' | 'audio' | 'file' | 'blob' | 'uri') =>
  z.object({
    type: z.literal(type),
    ...part,
    mimeType: z.string().optional(),
    name: z.string().optional(),
    data: z.string().optional().describe('Base64.'),
    uri: z.string().optional(),
    fileId: z.string().optional(),
  });

export const conversationPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), ...part, text: z.string() }),
  z.object({ type: z.literal('reasoning'), ...part, text: z.string() }),
  z.object({
    type: z.literal('tool_call'),
    ...part,
    callId: z.string().optional(),
    name: z.string(),
    arguments: z.json(),
    outcome: toolOutcome.optional(),
  }),
  z.object({
    type: z.literal('tool_result'),
    ...part,
    callId: z.string().optional(),
    name: z.string().optional(),
    result: z.json(),
    isError: z.boolean(),
    isJoined: z.boolean().describe('Already shown as the outcome of a call in this answer.'),
  }),
  media('image'),
  media('audio'),
  media('file'),
  media('blob'),
  media('uri'),
  z.object({
    type: z.literal('raw'),
    ...part,
    value: z.json().describe('As it came; nothing could read it.'),
  }),
]);

export const conversationMessage = z.object({
  role: z.string().describe('`system`, `user`, `assistant`, `tool`, or what the sender wrote.'),
  name: z.string().optional(),
  parts: z.array(conversationPart),
  finishReason: z.string().optional(),
  isRepeated: z.boolean().describe('It stood in an earlier turn already.'),
  isCut: z
    .literal(true)
    .optional()
    .describe('The payload was longer than is kept (1 MiB): its end, and what came behind it, is lost.'),
});

/** One call of a model; or a tool, agent or log event whose content stands in no call. */
export const conversationTurn = usage.extend({
  traceId,
  spanId: spanId.nullable().describe('null for log events without a stored span.'),
  operation: operationKind,
  name: z.string(),
  agent: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  startTime: timestamp,
  durationMs: z.number(),
  status: z.object({ code: statusCode, message: z.string() }),
  isCounted: z.boolean().describe('Its usage is in the totals of the run.'),
  follows: spanId.nullable().describe('The turn whose messages the prompt repeats.'),
  promptMessages: z.number().int().describe('Messages of the whole prompt.'),
  foldedMessages: z
    .number()
    .int()
    .describe('Of these, left out of `input` because an earlier turn shows them.'),
  input: z
    .array(conversationMessage)
    .describe('What is new in the prompt; all of it at `…/conversation/{spanId}`.'),
  output: z.array(conversationMessage),
});

export const conversationParameters = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Turns.'),
  cursor: z.string().max(512).optional(),
  partCharacters: z.coerce
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(20_000)
    .describe('Parts are cut at this length.'),
});

/** Turns in the order of time. */
export const conversationResponse = z.object({
  turns: z.array(conversationTurn),
  isRecorded: z.boolean().describe('false where no message content was recorded in the run at all.'),
  ...listEnd,
  limitsMet,
});

export const sessionConversationParameters = conversationParameters.extend(rangeFrom('to-30d').shape);

export const turnParameters = conversationParameters.pick({ partCharacters: true });
/** The whole prompt, with what earlier turns have marked as repeated. */
export const turnResponse = z.object({ turn: conversationTurn, limitsMet });

export const partParameters = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(4_000_000).default(1_000_000).describe('Characters.'),
});
export const partResponse = z.object({
  partId: z.string(),
  type: z.string(),
  text: z.string(),
  offset: z.number().int(),
  characters: z.number().int().describe('Length of the whole.'),
  nextOffset: z.number().int().nullable(),
});

export type ToolOutcome = z.infer<typeof toolOutcome>;
export type ConversationPart = z.infer<typeof conversationPart>;
export type ConversationMessage = z.infer<typeof conversationMessage>;
export type ConversationTurn = z.infer<typeof conversationTurn>;
export type ConversationParameters = z.infer<typeof conversationParameters>;
export type ConversationResponse = z.infer<typeof conversationResponse>;
export type SessionConversationParameters = z.infer<typeof sessionConversationParameters>;
export type TurnParameters = z.infer<typeof turnParameters>;
export type TurnResponse = z.infer<typeof turnResponse>;
export type PartParameters = z.infer<typeof partParameters>;
export type PartResponse = z.infer<typeof partResponse>;
