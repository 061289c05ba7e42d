/** Google's GenAI client: every request to a model, also those its automatic function calling makes. */
import type { LlmRecorder } from '../agent/llm-call.ts';
import { wrapMethod } from './llm-guard.ts';
import { asNumber, asText, count, isRecord } from '../core/json-value.ts';
import { traceApiPromise, type ClientCall } from './traced-client-call.ts';

type Json = Readonly<Record<string, unknown>>;

export function looksLikeGoogle(client: object): boolean {
  const { models } = client as { models?: unknown };
  return typeof models === 'object' && models !== null && 'generateContentInternal' in models;
}

/** `models` is the client's `models` object or its class's prototype. */
export function wrapGoogleModels(models: object): void {
  for (const [method, operation, streaming] of [
    ['generateContentInternal', 'generate_content', false],
    ['generateContentStreamInternal', 'generate_content', true],
    ['embedContentInternal', 'embeddings', false],
  ] as const) {
    wrapMethod(
      models,
      method,
      (original) =>
        function (this: unknown, ...args) {
          const [params] = args;
          if (!isRecord(params)) return original.apply(this, args);
          const { apiClient } = this as { apiClient?: { isVertexAI?: () => boolean } };
          const provider = apiClient?.isVertexAI?.() === true ? 'gcp.vertex_ai' : 'gcp.gemini';
          return traceApiPromise(
            () => describe(params, provider, operation, streaming),
            () => original.apply(this, args),
          );
        },
    );
  }
}

function describe(
  params: Json,
  provider: string,
  operation: 'generate_content' | 'embeddings',
  streaming: boolean,
): ClientCall {
  const config = isRecord(params['config']) ? params['config'] : {};
  const temperature = asNumber(config['temperature']);
  const maxTokens = asNumber(config['maxOutputTokens']);
  const system = config['systemInstruction'];
  let last: Json = {};
  const texts: unknown[] = [];
  return {
    streaming,
    request: {
      model: asText(params['model']) ?? 'unknown',
      provider,
      operation,
      ...(operation === 'embeddings' ? {} : { messages: contents(params['contents']) }),
      ...(system === undefined ? {} : { systemInstructions: parts(system) }),
      ...(config['tools'] === undefined ? {} : { tools: config['tools'] }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    },
    readResponse: (recorder, response) => readContent(recorder, response, undefined),
    readChunk: (_recorder, chunk) => {
      if (!isRecord(chunk)) return;
      last = { ...last, ...chunk };
      texts.push(...firstParts(chunk));
    },
    finish: (recorder) => readContent(recorder, last, joined(texts)),
  };
}

function readContent(recorder: LlmRecorder, response: unknown, streamed: unknown[] | undefined): void {
  if (!isRecord(response)) return;
  const candidates = Array.isArray(response['candidates']) ? response['candidates'].filter(isRecord) : [];
  const finishReasons = candidates
    .map((each) => asText(each['finishReason'])?.toLowerCase())
    .filter((each) => each !== undefined);
  recorder.recordResponse({
    id: asText(response['responseId']),
    model: asText(response['modelVersion']),
    ...(finishReasons.length === 0 ? {} : { finishReasons }),
    ...(candidates.length === 0
      ? {}
      : {
          messages: [
            { role: 'assistant', parts: streamed ?? firstParts(response), finish_reason: finishReasons[0] },
          ],
        }),
  });
  const usage = response['usageMetadata'];
  if (!isRecord(usage)) return;
  const thoughts = count(usage['thoughtsTokenCount']);
  const answer = count(usage['candidatesTokenCount']);
  recorder.recordUsage({
    inputTokens: count(usage['promptTokenCount']),
    // Google counts thoughts beside the answer; the convention counts reasoning inside the output.
    outputTokens:
      answer === undefined && thoughts === undefined ? undefined : (answer ?? 0) + (thoughts ?? 0),
    cacheReadTokens: count(usage['cachedContentTokenCount']),
    reasoningTokens: thoughts,
  });
}

function contents(value: unknown): unknown {
  const list = Array.isArray(value) ? value : [value];
  return list.map((item: unknown) =>
    isRecord(item) && 'parts' in item
      ? { role: item['role'] === 'model' ? 'assistant' : (item['role'] ?? 'user'), parts: parts(item) }
      : { role: 'user', parts: parts(item) },
  );
}

function parts(value: unknown): unknown[] {
  if (typeof value === 'string') return [{ type: 'text', content: value }];
  const list =
    isRecord(value) && Array.isArray(value['parts'])
      ? value['parts']
      : Array.isArray(value)
        ? value
        : [value];
  return list.filter(isRecord).map((part) => {
    if (isRecord(part['functionCall'])) {
      return {
        type: 'tool_call',
        id: part['functionCall']['id'],
        name: part['functionCall']['name'],
        arguments: part['functionCall']['args'],
      };
    }
    if (isRecord(part['functionResponse'])) {
      return {
        type: 'tool_call_response',
        id: part['functionResponse']['id'],
        response: part['functionResponse']['response'],
      };
    }
    if (part['thought'] === true) return { type: 'reasoning', content: part['text'] };
    return part['text'] === undefined ? { type: 'blob' } : { type: 'text', content: part['text'] };
  });
}

function firstParts(response: Json): unknown[] {
  const [candidate] = Array.isArray(response['candidates']) ? response['candidates'].filter(isRecord) : [];
  return candidate === undefined ? [] : parts(candidate['content']);
}

/** Streamed text comes in pieces of one part. */
function joined(pieces: unknown[]): unknown[] {
  const result: Record<string, unknown>[] = [];
  for (const piece of pieces.filter(isRecord)) {
    const previous = result.at(-1);
    if (
      previous !== undefined &&
      previous['type'] === piece['type'] &&
      typeof piece['content'] === 'string'
    ) {
      previous['content'] = String(previous['content']) + piece['content'];
    } else result.push({ ...piece });
  }
  return result;
}
