/** OpenAI's client, and every OpenAI-compatible endpoint through it: chat completions, responses and embeddings. */
import type { LlmRecorder } from '../agent/llm-call.ts';
import { countAttempts } from './attempts.ts';
import { belongsToLangChain } from './langchain.ts';
import { wrapMethod } from './llm-guard.ts';
import { chatMessages, readUsage, responseItems, toolCallParts } from './openai-messages.ts';
import { asNumber, asText, isRecord } from '../core/json-value.ts';
import { serverOf, traceApiPromise, type ClientCall } from './traced-client-call.ts';

type Json = Readonly<Record<string, unknown>>;
type Describe = (body: Json, client: Json) => ClientCall;

/** The three kinds of resources; `target` is an instance or the class's prototype. */
export const openAiResources = {
  chat: describeChat,
  responses: describeResponses,
  embeddings: describeEmbeddings,
} as const;

/** Wraps `create` of a resource; false when somebody already did. */
export function wrapOpenAiResource(target: object, kind: keyof typeof openAiResources): boolean {
  const describe: Describe = openAiResources[kind];
  return wrapMethod(
    target,
    'create',
    (original) =>
      function (this: unknown, ...args) {
        const client = clientOf(this);
        const [body] = args;
        if (!isRecord(body) || client === undefined || belongsToLangChain(client))
          return original.apply(this, args);
        countAttempts(client);
        return traceApiPromise(
          () => describe(body, client),
          () => original.apply(this, args),
        );
      },
  );
}

/** Wraps one client object. */
export function instrumentOpenAi(client: object): void {
  const { chat, responses, embeddings } = client as {
    chat?: unknown;
    responses?: unknown;
    embeddings?: unknown;
  };
  const completions = isObject(chat) ? (chat as { completions?: unknown }).completions : undefined;
  if (isObject(completions)) wrapOpenAiResource(completions, 'chat');
  if (isObject(responses)) wrapOpenAiResource(responses, 'responses');
  if (isObject(embeddings)) wrapOpenAiResource(embeddings, 'embeddings');
}

export function looksLikeOpenAi(client: object): boolean {
  const { chat } = client as { chat?: unknown };
  return isObject(chat) && isObject((chat as { completions?: unknown }).completions);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function clientOf(resource: unknown): Json | undefined {
  const client = isObject(resource) ? (resource as { _client?: unknown })._client : undefined;
  return isObject(client) ? (client as Json) : undefined;
}

/** By the address: OpenAI-compatible servers are asked through the same client. */
const providersByHost: readonly (readonly [RegExp, string])[] = [
  [/\.openai\.azure\.com$/, 'azure.ai.openai'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)x\.ai$/, 'x_ai'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)together\.(ai|xyz)$/, 'together_ai'],
  [/(^|\.)fireworks\.ai$/, 'fireworks'],
  [/generativelanguage\.googleapis\.com$/, 'gcp.gemini'],
];

function common(body: Json, client: Json, operation: 'chat' | 'embeddings') {
  const server = serverOf(client['baseURL']);
  const provider =
    providersByHost.find(([host]) => server !== undefined && host.test(server.address))?.[1] ?? 'openai';
  const temperature = asNumber(body['temperature']);
  const topP = asNumber(body['top_p']);
  const maxTokens = asNumber(
    body['max_completion_tokens'] ?? body['max_output_tokens'] ?? body['max_tokens'],
  );
  return {
    server,
    request: {
      model: asText(body['model']) ?? 'unknown',
      provider,
      operation,
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(body['tools'] === undefined ? {} : { tools: body['tools'] }),
    },
  };
}

function characters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + characters(item), 0);
  if (!isRecord(value)) return 0;
  return characters(value['content'] ?? value['text'] ?? value['output'] ?? '');
}

function describeChat(body: Json, client: Json): ClientCall {
  const { server, request } = common(body, client, 'chat');
  const stream = new ChatStream();
  return {
    server,
    streaming: body['stream'] === true,
    request: {
      ...request,
      promptLength: characters(body['messages']),
      messages: chatMessages(body['messages']),
      attributes: {
        'openai.api.type': 'chat_completions',
        ...extras(body, {
          n: 'gen_ai.request.choice.count',
          seed: 'gen_ai.request.seed',
          frequency_penalty: 'gen_ai.request.frequency_penalty',
          presence_penalty: 'gen_ai.request.presence_penalty',
          service_tier: 'openai.request.service_tier',
          reasoning_effort: 'gen_ai.request.reasoning.level',
        }),
      },
    },
    readResponse: readChat,
    readChunk: (recorder, chunk) => stream.read(recorder, chunk),
    finish: (recorder) => stream.finish(recorder),
  };
}

function extras(
  body: Json,
  names: Readonly<Record<string, string>>,
): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [field, name] of Object.entries(names)) {
    const value = body[field];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      attributes[name] = value;
  }
  return attributes;
}

function readChat(recorder: LlmRecorder, response: unknown): void {
  if (!isRecord(response)) return;
  const choices = Array.isArray(response['choices']) ? response['choices'].filter(isRecord) : [];
  const finishReasons = choices
    .map((choice) => asText(choice['finish_reason']))
    .filter((reason) => reason !== undefined);
  recorder.recordResponse({
    id: asText(response['id']),
    model: asText(response['model']),
    serviceTier: asText(response['service_tier']),
    finishReasons,
    messages: choices.map((choice) => outputMessage(choice['message'], choice['finish_reason'])),
  });
  recorder.recordUsage(readUsage(response['usage']));
}

function outputMessage(message: unknown, finishReason: unknown): unknown {
  const [normal] = chatMessages([isRecord(message) ? message : {}]) as [Json];
  return { ...normal, role: 'assistant', finish_reason: finishReason };
}

/** Puts the deltas of a chat stream together again. */
class ChatStream {
  #id: string | undefined;
  #model: string | undefined;
  #serviceTier: string | undefined;
  #usage: unknown;
  readonly #choices = new Map<
    number,
    { text: string; finish: string | undefined; calls: Map<number, StreamedCall> }
  >();

  read(_recorder: LlmRecorder, chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#id ??= asText(chunk['id']);
    this.#model ??= asText(chunk['model']);
    this.#serviceTier = asText(chunk['service_tier']) ?? this.#serviceTier;
    if (isRecord(chunk['usage'])) this.#usage = chunk['usage'];
    for (const choice of Array.isArray(chunk['choices']) ? chunk['choices'].filter(isRecord) : [])
      this.#readChoice(choice);
  }

  finish(recorder: LlmRecorder): void {
    const choices = [...this.#choices.values()];
    recorder.recordResponse({
      id: this.#id,
      model: this.#model,
      serviceTier: this.#serviceTier,
      finishReasons: choices.map((choice) => choice.finish).filter((reason) => reason !== undefined),
      messages: choices.map((choice) => ({
        role: 'assistant',
        parts: [
          ...(choice.text === '' ? [] : [{ type: 'text', content: choice.text }]),
          ...toolCallParts([...choice.calls.values()]),
        ],
        finish_reason: choice.finish,
      })),
    });
    recorder.recordUsage(readUsage(this.#usage));
  }

  #readChoice(choice: Json): void {
    const index = asNumber(choice['index']) ?? 0;
    let state = this.#choices.get(index);
    if (state === undefined)
      this.#choices.set(index, (state = { text: '', finish: undefined, calls: new Map() }));
    state.finish = asText(choice['finish_reason']) ?? state.finish;
    const { delta } = choice as { delta?: unknown };
    if (!isRecord(delta)) return;
    state.text += asText(delta['content']) ?? '';
    for (const call of Array.isArray(delta['tool_calls']) ? delta['tool_calls'].filter(isRecord) : []) {
      const at = asNumber(call['index']) ?? 0;
      const fn = isRecord(call['function']) ? call['function'] : {};
      const known = state.calls.get(at) ?? { id: undefined, name: undefined, arguments: '' };
      state.calls.set(at, {
        id: asText(call['id']) ?? known.id,
        name: asText(fn['name']) ?? known.name,
        arguments: known.arguments + (asText(fn['arguments']) ?? ''),
      });
    }
  }
}

interface StreamedCall {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

function describeResponses(body: Json, client: Json): ClientCall {
  const { server, request } = common(body, client, 'chat');
  return {
    server,
    streaming: body['stream'] === true,
    request: {
      ...request,
      promptLength: characters(body['input']) + characters(body['instructions']),
      messages: responseItems(body['input']),
      ...(body['instructions'] === undefined
        ? {}
        : { systemInstructions: [{ type: 'text', content: body['instructions'] }] }),
      attributes: {
        'openai.api.type': 'responses',
        ...extras(body, {
          service_tier: 'openai.request.service_tier',
          previous_response_id: 'gen_ai.request.previous_response.id',
        }),
        ...(typeof body['conversation'] === 'string'
          ? { 'gen_ai.conversation.id': body['conversation'] }
          : {}),
      },
    },
    readResponse,
    readChunk: (recorder, chunk) => {
      // The last event carries the whole response.
      if (isRecord(chunk) && isRecord(chunk['response'])) readResponse(recorder, chunk['response']);
    },
    // `response.created` and the like come before the model has said anything.
    isToken: (chunk) => isRecord(chunk) && (asText(chunk['type']) ?? '').endsWith('.delta'),
  };
}

function readResponse(recorder: LlmRecorder, response: unknown): void {
  if (!isRecord(response)) return;
  const incomplete = response['incomplete_details'];
  const status = asText(response['status']);
  const reason = isRecord(incomplete)
    ? asText(incomplete['reason'])
    : status === 'completed'
      ? 'stop'
      : status;
  recorder.recordResponse({
    id: asText(response['id']),
    model: asText(response['model']),
    ...(reason === undefined ? {} : { finishReasons: [reason] }),
    serviceTier: asText(response['service_tier']),
    messages: responseItems(response['output']),
  });
  recorder.recordUsage(readUsage(response['usage']));
}

function describeEmbeddings(body: Json, client: Json): ClientCall {
  const { server, request } = common(body, client, 'embeddings');
  return {
    server,
    streaming: false,
    request: {
      ...request,
      promptLength: characters(body['input']),
      attributes: extras(body, {
        dimensions: 'gen_ai.embeddings.dimension.count',
        encoding_format: 'gen_ai.request.encoding_formats',
      }),
    },
    readResponse: (recorder, response) => {
      if (!isRecord(response)) return;
      recorder.recordResponse({ model: asText(response['model']) });
      recorder.recordUsage({ ...readUsage(response['usage']), outputTokens: undefined });
    },
  };
}
