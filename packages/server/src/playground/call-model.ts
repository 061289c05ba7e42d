/**
 * One question to a model, as a stream of events: by the client packages of the AI SDK, which are read when the first question comes. Tools that are
 * stubbed are answered by their stubs, and the model goes on; nothing is ever executed.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { ModelProtocol, PlaygroundEvent, PromptContent, PromptMessage } from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import { guardedFetch } from '../outbound/guarded-fetch.ts';
import { type Reach, RefusedAddressError } from '../outbound/reach.ts';
import type { OpenConnection } from './connections.ts';

export interface ModelCall {
  readonly connection: OpenConnection;
  /** With its variables filled in. */
  readonly content: PromptContent;
  readonly stubs: Readonly<Record<string, unknown>>;
  readonly stepsMax: number;
}

export interface ModelCallSurroundings {
  readonly reach: Reach;
  readonly prices: Pick<PriceBook, 'priceOf'>;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

type End = Extract<PlaygroundEvent, { type: 'end' }>;

const timeoutMs = 300_000;
const answerBytesMax = 16 * 1024 * 1024;

export const providerOf: Readonly<Record<ModelProtocol, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gcp.gemini',
};

/** Ends with `end`, or with `error`; never throws. */
export async function* callModel(
  call: ModelCall,
  surroundings: ModelCallSurroundings,
): AsyncGenerator<PlaygroundEvent> {
  const { connection, content } = call;
  const timeout = AbortSignal.timeout(timeoutMs);
  const begun = performance.now();
  const usage = { input: undefined, output: undefined, cacheRead: undefined, cacheWrite: undefined } as Usage;
  const end = { finishReason: 'other', model: null, firstTokenMs: null, steps: 0, warnings: [] } as Pick<
    End,
    'finishReason' | 'model' | 'firstTokenMs' | 'steps' | 'warnings'
  >;
  try {
    if (content.model === undefined) throw new Error('no model is named');
    const model = await openModel(connection, content.model, surroundings.reach);
    const options = optionsOf(content, AbortSignal.any([timeout, surroundings.signal]));
    const messages = content.messages.map(messageOf);
    while (end.steps < call.stepsMax) {
      end.steps += 1;
      const calls: LanguageModelV4ToolCall[] = [];
      let said = '';
      const { stream } = await model.doStream({ ...options, prompt: mergeTools(messages) });
      for await (const part of stream as ReadableStream<LanguageModelV4StreamPart> &
        AsyncIterable<LanguageModelV4StreamPart>) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'stream-start') end.warnings.push(...part.warnings.map(warningText));
        if (part.type === 'response-metadata' && part.modelId !== undefined) end.model = part.modelId;
        if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
          end.firstTokenMs ??= performance.now() - begun;
          if (part.type === 'text-delta') said += part.delta;
          yield { type: part.type === 'text-delta' ? 'text' : 'reasoning', text: part.delta };
        }
        if (part.type === 'tool-call') {
          end.firstTokenMs ??= performance.now() - begun;
          calls.push(part);
          yield {
            type: 'tool-call',
            id: part.toolCallId,
            name: part.toolName,
            arguments: jsonOf(part.input) as never,
          };
        }
        if (part.type === 'finish') {
          end.finishReason = part.finishReason.unified;
          addUsage(usage, part.usage);
        }
      }
      if (calls.length === 0 || !calls.every(({ toolName }) => Object.hasOwn(call.stubs, toolName))) break;
      messages.push(assistantOf(said, calls));
      for (const { toolCallId, toolName } of calls) {
        const result = call.stubs[toolName];
        messages.push(toolOf(toolCallId, toolName, result));
        yield { type: 'tool-result', id: toolCallId, name: toolName, result: result as never };
      }
    }
    yield {
      type: 'end',
      ...end,
      inputTokens: usage.input ?? null,
      outputTokens: usage.output ?? null,
      costUsd: costOf(call, { usage, answered: end.model }, surroundings),
      durationMs: performance.now() - begun,
    };
  } catch (error) {
    yield failureOf(error, {
      key: connection.key,
      isTimeout: timeout.aborted,
      isGone: surroundings.signal.aborted,
    });
  }
}

interface Usage {
  input: number | undefined;
  output: number | undefined;
  cacheRead: number | undefined;
  cacheWrite: number | undefined;
}

async function openModel(
  { protocol, baseUrl: baseURL, key }: OpenConnection,
  model: string,
  reach: Reach,
): Promise<LanguageModelV4> {
  const fetch = guardedFetch(reach, answerBytesMax);
  // Left out, a key would be looked for in the environment by the packages themselves.
  const apiKey = key ?? '';
  switch (protocol) {
    case 'openai': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const settings = {
        name: 'openai',
        baseURL,
        fetch,
        includeUsage: true,
        supportsStructuredOutputs: true,
      };
      return createOpenAICompatible({ ...settings, ...(key === undefined ? {} : { apiKey: key }) }).chatModel(
        model,
      );
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ baseURL, apiKey, fetch }).languageModel(model);
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle({ baseURL, apiKey, fetch }).languageModel(model);
    }
  }
}

function optionsOf(
  { parameters, tools, responseSchema }: PromptContent,
  abortSignal: AbortSignal,
): Omit<LanguageModelV4CallOptions, 'prompt'> {
  const { stop, ...rest } = parameters;
  return {
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Omit<
      LanguageModelV4CallOptions,
      'prompt'
    >),
    abortSignal,
    ...(stop === undefined ? {} : { stopSequences: stop }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters: inputSchema }) => ({
            type: 'function' as const,
            name,
            inputSchema,
            ...(description === '' ? {} : { description }),
          })),
        }),
    ...(responseSchema === undefined
      ? {}
      : { responseFormat: { type: 'json' as const, schema: responseSchema as object, name: 'answer' } }),
  };
}

function messageOf(message: PromptMessage): LanguageModelV4Message {
  const { role, content, images = [], toolCalls = [] } = message;
  switch (role) {
    case 'system':
      return { role, content };
    case 'user':
      return {
        role,
        content: [
          ...(content === '' && images.length > 0 ? [] : [{ type: 'text' as const, text: content }]),
          ...images.map((image) => ({
            type: 'file' as const,
            ...('url' in image
              ? { mediaType: typeByName(image.url), data: { type: 'url' as const, url: new URL(image.url) } }
              : { mediaType: image.mediaType, data: { type: 'data' as const, data: image.data } }),
          })),
        ],
      };
    case 'assistant':
      return {
        role,
        content: [
          ...(content === '' ? [] : [{ type: 'text' as const, text: content }]),
          ...toolCalls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.name,
            input: call.arguments,
          })),
        ],
      };
    case 'tool':
      return toolOf(message.toolCallId ?? '', message.toolName ?? '', jsonOf(content));
  }
}

/** Google wants a type for what it reads itself; most names tell it. */
function typeByName(url: string): string {
  const [, ending = ''] = /\.(png|gif|webp|heic|avif)$/i.exec(new URL(url).pathname) ?? [];
  return `image/${ending === '' ? 'jpeg' : ending.toLowerCase()}`;
}

/** The provider's own marks, such as signatures of thoughts, go back with the call that they came with. */
function assistantOf(said: string, calls: readonly LanguageModelV4ToolCall[]): LanguageModelV4Message {
  return {
    role: 'assistant',
    content: [
      ...(said === '' ? [] : [{ type: 'text' as const, text: said }]),
      ...calls.map(({ toolCallId, toolName, input, providerMetadata }) => ({
        type: 'tool-call' as const,
        toolCallId,
        toolName,
        input: jsonOf(input),
        ...(providerMetadata === undefined ? {} : { providerOptions: providerMetadata }),
      })),
    ],
  };
}

function toolOf(toolCallId: string, toolName: string, result: unknown): LanguageModelV4Message {
  const output =
    typeof result === 'string'
      ? { type: 'text' as const, value: result }
      : { type: 'json' as const, value: (result ?? null) as never };
  return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
}

/** Answers of tools that follow each other are one message: some providers want all of one turn together. */
function mergeTools(messages: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  const merged: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (message.role === 'tool' && last?.role === 'tool')
      merged[merged.length - 1] = { ...last, content: [...last.content, ...message.content] };
    else merged.push(message);
  }
  return merged;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function addUsage(usage: Usage, { inputTokens, outputTokens }: LanguageModelV4Usage): void {
  const add = (before: number | undefined, more: number | undefined): number | undefined =>
    more === undefined ? before : (before ?? 0) + more;
  usage.input = add(usage.input, inputTokens.total);
  usage.output = add(usage.output, outputTokens.total);
  usage.cacheRead = add(usage.cacheRead, inputTokens.cacheRead);
  usage.cacheWrite = add(usage.cacheWrite, inputTokens.cacheWrite);
}

/** By the model that answered, else by the one that was asked for. */
function costOf(
  { connection, content }: ModelCall,
  { usage, answered }: { readonly usage: Usage; readonly answered: string | null },
  { prices, nowMs }: ModelCallSurroundings,
): number | null {
  const priceOf = (model: string): number | undefined =>
    prices.priceOf({
      provider: providerOf[connection.protocol],
      model,
      timeMs: nowMs(),
      inputTokens: usage.input ?? null,
      outputTokens: usage.output ?? null,
      cacheReadTokens: usage.cacheRead ?? null,
      cacheWriteTokens: usage.cacheWrite ?? null,
    })?.usd;
  return (answered === null ? undefined : priceOf(answered)) ?? priceOf(content.model ?? '') ?? null;
}

function warningText(warning: {
  readonly type: string;
  readonly feature?: string;
  readonly setting?: string;
  readonly details?: string;
  readonly message?: string;
}): string {
  const { type, feature, setting, details, message } = warning;
  return [feature ?? setting, details ?? message ?? (type === 'unsupported' ? 'is not supported' : undefined)]
    .filter((word) => word !== undefined)
    .join(': ');
}

function failureOf(
  error: unknown,
  {
    key,
    isTimeout,
    isGone,
  }: { readonly key: string | undefined; readonly isTimeout: boolean; readonly isGone: boolean },
): PlaygroundEvent {
  const fail = (message: string, hint: string): PlaygroundEvent => ({
    type: 'error',
    code: 'model_call_failed',
    // A server that echoes its request must not bring the key to a screen or into the database.
    message: key === undefined || key.length < 4 ? message : message.replaceAll(key, '[key]'),
    hint,
  });
  if (isTimeout)
    return fail(`The model did not answer within ${timeoutMs / 1000} s.`, 'Try again, or ask for less.');
  if (isGone) return fail('The call was stopped.', 'Start it again.');
  const refused = findCause(error, (each) => each instanceof RefusedAddressError);
  if (refused !== undefined)
    return fail(
      `The address of the connection ${refused.message}.`,
      'A network that is not public is allowed with --model-network.',
    );
  const { statusCode, responseBody } = error as { statusCode?: unknown; responseBody?: unknown };
  if (typeof statusCode === 'number') {
    const said = typeof responseBody === 'string' ? responseBody.slice(0, 500) : '';
    return fail(
      `The model’s server answered ${statusCode}${said === '' ? '' : `: ${said}`}`,
      statusCode === 401 || statusCode === 403
        ? 'Look at the key of the connection.'
        : 'The provider says what is wrong.',
    );
  }
  const socket = findCause(error, (each) => typeof (each as { code?: unknown }).code === 'string');
  if (socket !== undefined)
    return fail(
      `The model’s server cannot be reached: ${(socket as { code?: string }).code}.`,
      'Look at the address of the connection.',
    );
  return fail(
    `The call failed: ${error instanceof Error ? error.message.slice(0, 500) : String(error).slice(0, 500)}`,
    'Look at the settings of the call.',
  );
}

function findCause(error: unknown, is: (error: Error) => boolean): Error | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) if (is(each)) return each;
  return undefined;
}
