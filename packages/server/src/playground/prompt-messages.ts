import { type PromptImage, promptImage, type PromptMessage } from '@sightline/schema/api';
import type { Message } from '@sightline/schema/conventions';

/** Recorded messages as those of a prompt, which are text, images of users and calls of tools; `leftOut` names the rest. */
export function promptMessagesOf(recorded: readonly Message[]): {
  readonly messages: PromptMessage[];
  readonly leftOut: string[];
} {
  const leftOut = new Set<string>();
  const messages = recorded.flatMap((message) => {
    for (const part of message.parts)
      if (!['text', 'tool_call', 'tool_result'].includes(part.type) && imageOf(message, part) === undefined)
        leftOut.add(part.type);
    if (message.isCut === true) leftOut.add('what was cut off when it was recorded');
    return messagesOf(message);
  });
  return { messages, leftOut: [...leftOut] };
}

function messagesOf(message: Message): PromptMessage[] {
  const { role, parts } = message;
  const results = parts.flatMap((part) =>
    part.type === 'tool_result'
      ? [
          {
            role: 'tool' as const,
            content: asText(part.result),
            ...(part.id === undefined ? {} : { toolCallId: part.id }),
            ...(part.name === undefined ? {} : { toolName: part.name }),
          },
        ]
      : [],
  );
  const content = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const toolCalls = parts.flatMap((part, at) =>
    part.type === 'tool_call'
      ? [{ id: part.id ?? `call_${at}`, name: part.name, arguments: (part.arguments ?? {}) as never }]
      : [],
  );
  const images = parts.flatMap((part) => imageOf(message, part) ?? []);
  if (content === '' && toolCalls.length === 0 && images.length === 0) return results;
  if (role === 'tool') return results.length > 0 ? results : [{ role: 'tool', content }];
  return [
    ...results,
    {
      role: roleOf(role),
      content,
      ...(images.length === 0 ? {} : { images }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    },
  ];
}

/** Undefined where it is none, or cannot be sent on: a file that only its provider knows, or one that is too large. */
function imageOf({ role }: Message, part: Message['parts'][number]): PromptImage | undefined {
  if (part.type !== 'image' || roleOf(role) !== 'user') return undefined;
  const read = promptImage.safeParse(
    part.data === undefined
      ? { url: part.uri }
      : { mediaType: mediaTypeOf(part.data) ?? part.mimeType, data: part.data },
  );
  return read.success ? read.data : undefined;
}

/** By the first bytes, as base64 has them: dialects write `png` and `image/png`, or nothing. */
function mediaTypeOf(data: string): string | undefined {
  const begins = { iVBORw0KGgo: 'image/png', '/9j/': 'image/jpeg', R0lGOD: 'image/gif', UklGR: 'image/webp' };
  return Object.entries(begins).find(([first]) => data.startsWith(first))?.[1];
}

function roleOf(role: string): 'system' | 'user' | 'assistant' {
  if (role === 'system' || role === 'developer') return 'system';
  return role === 'assistant' || role === 'model' ? 'assistant' : 'user';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
