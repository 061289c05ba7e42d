import type {
  ModelProtocol,
  PlaygroundCall,
  PromptParameters,
  PromptTool,
  Span,
} from '@sightline/schema/api';
import { promptTool } from '@sightline/schema/api';
import { readConversation } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { promptMessagesOf } from './prompt-messages.ts';

/** A recorded call of a model as what can be edited and asked again. Throws `bad_request` where it has no recorded input. */
export function readRecordedCall(span: Span): PlaygroundCall {
  const { attributes } = span;
  const { input, output } = readConversation(span);
  const { messages, leftOut } = promptMessagesOf(input);
  if (messages.length === 0)
    throw new SightlineError('bad_request', 'The call has no recorded input.', {
      hint: 'Its program may not capture content, see docs/sdk/masking.md.',
    });
  const model = textOf(attributes['gen_ai.request.model']) ?? span.model ?? undefined;
  const provider = span.provider ?? textOf(attributes['gen_ai.provider.name']) ?? null;
  const responseSchema = schemaOf(attributes);
  const name = textOf(attributes['gen_ai.prompt.name']);
  return {
    content: {
      messages,
      ...(model === undefined ? {} : { model }),
      parameters: parametersOf(attributes),
      tools: toolsOf(attributes),
      ...(responseSchema === undefined ? {} : { responseSchema }),
    },
    provider,
    protocol: protocolOf(provider),
    serverAddress: textOf(attributes['server.address']) ?? null,
    answer: output
      .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])))
      .join('\n'),
    leftOut,
    prompt: name === undefined ? null : { name, version: textOf(attributes['gen_ai.prompt.version']) ?? '' },
  };
}

type Attributes = Span['attributes'];

function protocolOf(provider: string | null): ModelProtocol | null {
  if (provider === null) return null;
  if (provider === 'anthropic') return 'anthropic';
  return /^(gcp\.|google|gemini)/.test(provider) ? 'google' : 'openai';
}

function parametersOf(attributes: Attributes): PromptParameters {
  const number = (key: string): number | undefined => {
    const value = attributes[`gen_ai.request.${key}`];
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
  };
  const stop = parsed(attributes['gen_ai.request.stop_sequences']);
  const known = {
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    maxOutputTokens: number('max_tokens'),
    presencePenalty: number('presence_penalty'),
    frequencyPenalty: number('frequency_penalty'),
    seed: number('seed'),
    stop: Array.isArray(stop)
      ? stop.filter((each): each is string => typeof each === 'string' && each !== '').slice(0, 16)
      : undefined,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

const toolKeys = ['gen_ai.tool.definitions', 'gen_ai.request.tools', 'llm.tools', 'ai.prompt.tools'];

/** As OpenAI (Chat and Responses), Anthropic, Google and OpenTelemetry write them. */
function toolsOf(attributes: Attributes): PromptTool[] {
  const value = toolKeys.map((key) => parsed(attributes[key])).find((each) => Array.isArray(each));
  const flat = (Array.isArray(value) ? value : []).map(parsed).flatMap((each) => {
    const declarations = fieldOf(each, 'functionDeclarations') ?? fieldOf(each, 'function_declarations');
    return Array.isArray(declarations) ? declarations : [each];
  });
  return flat.flatMap((each) => {
    const definition = fieldOf(each, 'function') ?? each;
    const parameters = ['parameters', 'input_schema', 'inputSchema', 'parametersJsonSchema']
      .map((key) => fieldOf(definition, key))
      .find((schema) => typeof schema === 'object' && schema !== null);
    const read = promptTool.safeParse({
      name: fieldOf(definition, 'name'),
      description: textOf(fieldOf(definition, 'description')) ?? '',
      ...(parameters === undefined ? {} : { parameters }),
    });
    return read.success ? [read.data] : [];
  });
}

function schemaOf(attributes: Attributes): Record<string, never> | undefined {
  const format = parsed(
    attributes['gen_ai.request.response_format'] ?? attributes['gen_ai.openai.request.response_format'],
  );
  const schema =
    fieldOf(fieldOf(format, 'json_schema'), 'schema') ??
    parsed(attributes['gen_ai.request.response_schema']) ??
    parsed(attributes['ai.schema']);
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? (schema as Record<string, never>)
    : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
