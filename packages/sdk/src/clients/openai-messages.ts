/** OpenAI's messages and usage, in the conventions' shape: role and parts. */
import { count, isRecord } from '../core/json-value.ts';
import type { TokenUsage } from '../agent/price.ts';

const text = (content: unknown) => ({ type: 'text', content });

export function chatMessages(messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages.filter(isRecord).map((message) => {
    if (message['role'] === 'tool') {
      return {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: message['tool_call_id'], response: message['content'] }],
      };
    }
    return {
      role: message['role'],
      parts: [...contentParts(message['content']), ...toolCallParts(message['tool_calls'])],
    };
  });
}

export function contentParts(content: unknown): unknown[] {
  if (typeof content === 'string') return content === '' ? [] : [text(content)];
  if (!Array.isArray(content)) return [];
  return content.filter(isRecord).map((part) => {
    switch (part['type']) {
      case 'text':
      case 'input_text':
      case 'output_text':
        return text(part['text']);
      case 'image_url':
      case 'input_image': {
        const image = part['image_url'];
        return { type: 'uri', modality: 'image', uri: shortUri(isRecord(image) ? image['url'] : image) };
      }
      default:
        return part;
    }
  });
}

/** Inline images are megabytes of base64; their type and size say enough. */
function shortUri(uri: unknown): unknown {
  if (typeof uri !== 'string' || !uri.startsWith('data:')) return uri;
  return `${uri.slice(0, uri.indexOf(',') + 1)}[${uri.length} characters]`;
}

export function toolCallParts(calls: unknown): unknown[] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isRecord).map((call) => {
    const fn = isRecord(call['function']) ? call['function'] : call;
    return { type: 'tool_call', id: call['id'], name: fn['name'], arguments: parsed(fn['arguments']) };
  });
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Items of the Responses API, in and out. */
export function responseItems(input: unknown): unknown {
  if (typeof input === 'string') return [{ role: 'user', parts: [text(input)] }];
  if (!Array.isArray(input)) return input;
  return input.filter(isRecord).map((item) => {
    switch (item['type']) {
      case 'function_call':
        return {
          role: 'assistant',
          parts: [
            {
              type: 'tool_call',
              id: item['call_id'],
              name: item['name'],
              arguments: parsed(item['arguments']),
            },
          ],
        };
      case 'function_call_output':
        return {
          role: 'tool',
          parts: [{ type: 'tool_call_response', id: item['call_id'], response: item['output'] }],
        };
      case 'reasoning':
        return { role: 'assistant', parts: reasoningParts(item['summary']) };
      default:
        return { role: item['role'] ?? 'assistant', parts: contentParts(item['content']) };
    }
  });
}

function reasoningParts(summary: unknown): unknown[] {
  if (!Array.isArray(summary)) return [];
  return summary.filter(isRecord).map((part) => ({ type: 'reasoning', content: part['text'] }));
}

/** Usage of chat completions (`prompt_tokens`) and responses (`input_tokens`) alike. OpenAI's input includes the cached part. */
export function readUsage(usage: unknown): TokenUsage {
  if (!isRecord(usage)) return {};
  const input = usage['prompt_tokens_details'] ?? usage['input_tokens_details'];
  const output = usage['completion_tokens_details'] ?? usage['output_tokens_details'];
  return {
    inputTokens: count(usage['prompt_tokens'] ?? usage['input_tokens']),
    outputTokens: count(usage['completion_tokens'] ?? usage['output_tokens']),
    cacheReadTokens: isRecord(input) ? count(input['cached_tokens']) : undefined,
    cacheWriteTokens: isRecord(input) ? count(input['cache_write_tokens']) : undefined,
    reasoningTokens: isRecord(output) ? count(output['reasoning_tokens']) : undefined,
  };
}
