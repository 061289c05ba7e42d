import type { PromptMessage } from '@sightline/schema/api';
import type { Message } from '@sightline/schema/conventions';

/** Recorded messages as those of a prompt, which are text and calls of tools; `leftOut` names the rest. */
export function promptMessagesOf(recorded: readonly Message[]): {
  readonly messages: PromptMessage[];
  readonly leftOut: string[];
} {
  const leftOut = new Set<string>();
  const messages = recorded.flatMap((message) => {
    for (const part of message.parts)
      if (!['text', 'tool_call', 'tool_result'].includes(part.type)) leftOut.add(part.type);
    if (message.isCut === true) leftOut.add('what was cut off when it was recorded');
    return messagesOf(message);
  });
  return { messages, leftOut: [...leftOut] };
}

function messagesOf({ role, parts }: Message): PromptMessage[] {
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
  if (content === '' && toolCalls.length === 0) return results;
  if (role === 'tool') return results.length > 0 ? results : [{ role: 'tool', content }];
  return [...results, { role: roleOf(role), content, ...(toolCalls.length === 0 ? {} : { toolCalls }) }];
}

function roleOf(role: string): 'system' | 'user' | 'assistant' {
  if (role === 'system' || role === 'developer') return 'system';
  return role === 'assistant' || role === 'model' ? 'assistant' : 'user';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
