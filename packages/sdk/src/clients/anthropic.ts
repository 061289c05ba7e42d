/**
 * Anthropic's client. Since 0.134 it traces itself as soon as a tracer provider is registered: it is configured (content as the
 * `capture` option says) and its spans are completed in `foreign-genai.ts`. Older ones, and clients whose tracing is switched off, are wrapped.
 */
import { createContextKey, type Context } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/sdk-trace';
import type { LlmRecorder } from '../agent/llm-call.ts';
import type { TokenUsage } from '../agent/price.ts';
import { activeContext, runInContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { capture } from '../tracing/capture.ts';
import { countAttempts } from './attempts.ts';
import { wrapMethod } from './llm-guard.ts';
import { asNumber, asText, count, isRecord } from '../core/json-value.ts';
import {
  isApiPromise,
  observeStream,
  serverOf,
  traceApiPromise,
  type ClientCall,
} from './traced-client-call.ts';

type Json = Readonly<Record<string, unknown>>;

interface NativeTracing {
  readonly openTelemetry?: {
    readonly traces?: { readonly enabled?: boolean; readonly contentMode?: string };
  };
  withOptions?(options: object): object;
}

export function looksLikeAnthropic(client: object): boolean {
  const { messages, chat } = client as { messages?: unknown; chat?: unknown };
  return chat === undefined && isRecord(messages) && 'create' in messages && 'countTokens' in messages;
}

export function tracesNatively(client: object): boolean {
  return (client as NativeTracing).openTelemetry?.traces?.enabled === true;
}

/** The client to use: for natively tracing ones a copy that records content when it should. */
export function instrumentAnthropic<C extends object>(client: C): C {
  const { messages } = client as { messages?: unknown };
  // The class, so that copies of the client have it too.
  if (typeof messages === 'object' && messages !== null)
    wrapAnthropicMessages(Object.getPrototypeOf(messages) as object);
  if (!tracesNatively(client)) return client;
  const native = client as NativeTracing;
  const { openTelemetry } = native;
  const wantsContent = currentRuntime() !== undefined && currentRuntime()?.options.capture !== 'off';
  if (!wantsContent || openTelemetry?.traces?.contentMode === 'content' || native.withOptions === undefined)
    return client;
  return native.withOptions({
    openTelemetry: { ...openTelemetry, traces: { ...openTelemetry?.traces, contentMode: 'content' } },
  }) as C;
}

/** For clients constructed after init without options: the library reads its content mode from this variable. */
export function configureAnthropic(capture: string): void {
  if (capture !== 'off') process.env['ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE'] ??= 'content';
}

export function wrapAnthropicMessages(target: object): boolean {
  return wrapMethod(
    target,
    'create',
    (original) =>
      function (this: unknown, ...args) {
        const [body] = args;
        const client = (this as { _client?: unknown } | undefined)?._client;
        if (!isRecord(body) || typeof client !== 'object' || client === null)
          return original.apply(this, args);
        if (tracesNatively(client)) {
          const start = () => original.apply(this, args);
          return body['stream'] === true ? completeNativeStream(start) : start();
        }
        countAttempts(client);
        return traceApiPromise(
          () => describe(body, client as unknown as Json),
          () => original.apply(this, args),
        );
      },
  );
}

const nativeSpanKey = createContextKey('sightline.anthropic_span');

/** The library's own span of the call made inside, once it has started. */
interface NativeSpan {
  span: Span | undefined;
}

/** Hands the library's span to the call that waits for it. */
export function noteNativeSpan(span: Span, parent: Context): void {
  const waiting = parent.getValue(nativeSpanKey) as NativeSpan | undefined;
  if (waiting !== undefined && span.attributes['gen_ai.operation.name'] === 'chat') waiting.span ??= span;
}

/** The library's span of a streamed call knows neither the first chunk nor what was streamed; both are added while it is open. */
function completeNativeStream(start: () => unknown): unknown {
  const runtime = currentRuntime();
  if (runtime === undefined) return start();
  const native: NativeSpan = { span: undefined };
  const startedMs = performance.now();
  const result = runInContext(activeContext().setValue(nativeSpanKey, native), start);
  if (!isApiPromise(result)) return result;
  return result._thenUnwrap((value) => {
    const stream = new MessageStream();
    let first = true;
    return observeStream(value, (event) =>
      guard('completing a model stream', () => {
        if (first)
          native.span?.setAttribute(
            'gen_ai.response.time_to_first_chunk',
            (performance.now() - startedMs) / 1000,
          );
        first = false;
        stream.read(event);
        if (!isRecord(event) || event['type'] !== 'message_delta') return;
        const { message, reason } = stream.result();
        if (reason !== undefined) native.span?.setAttribute('gen_ai.response.finish_reasons', [reason]);
        const text = capture(runtime, [outputMessage(message)]);
        if (text !== undefined) native.span?.setAttribute('gen_ai.output.messages', text);
      }),
    );
  });
}

function describe(body: Json, client: Json): ClientCall {
  const stream = new MessageStream();
  const temperature = asNumber(body['temperature']);
  const maxTokens = asNumber(body['max_tokens']);
  return {
    server: serverOf(client['baseURL']),
    streaming: body['stream'] === true,
    request: {
      model: asText(body['model']) ?? 'unknown',
      provider: 'anthropic',
      messages: anthropicMessages(body['messages']),
      ...(body['system'] === undefined ? {} : { systemInstructions: blocks(body['system']) }),
      ...(body['tools'] === undefined ? {} : { tools: body['tools'] }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    },
    readResponse: readMessage,
    readChunk: (_recorder, event) => stream.read(event),
    finish: (recorder) => stream.finish(recorder),
  };
}

function readMessage(recorder: LlmRecorder, message: unknown): void {
  if (!isRecord(message)) return;
  const reason = asText(message['stop_reason']);
  recorder.recordResponse({
    id: asText(message['id']),
    model: asText(message['model']),
    ...(reason === undefined ? {} : { finishReasons: [reason] }),
    serviceTier: isRecord(message['usage']) ? asText(message['usage']['service_tier']) : undefined,
    messages: [outputMessage(message)],
  });
  recorder.recordUsage(anthropicUsage(message['usage']));
}

function outputMessage(message: Json): Json {
  return {
    role: 'assistant',
    parts: blocks(message['content']),
    finish_reason: asText(message['stop_reason']),
  };
}

/** Anthropic's `input_tokens` excludes what the cache read and wrote; the convention includes it. */
export function anthropicUsage(usage: unknown): TokenUsage {
  if (!isRecord(usage)) return {};
  const plain = count(usage['input_tokens']);
  const read = count(usage['cache_read_input_tokens']);
  const written = count(usage['cache_creation_input_tokens']);
  const byLife = usage['cache_creation'];
  return {
    inputTokens: plain === undefined ? undefined : plain + (read ?? 0) + (written ?? 0),
    outputTokens: count(usage['output_tokens']),
    cacheReadTokens: read,
    cacheWriteTokens: written,
    cacheWrite1hTokens: isRecord(byLife) ? count(byLife['ephemeral_1h_input_tokens']) : undefined,
  };
}

function anthropicMessages(messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages;
  return messages
    .filter(isRecord)
    .map((message) => ({ role: message['role'], parts: blocks(message['content']) }));
}

function blocks(content: unknown): unknown[] {
  if (typeof content === 'string') return [{ type: 'text', content }];
  if (!Array.isArray(content)) return [];
  return content.filter(isRecord).map((block) => {
    switch (block['type']) {
      case 'text':
        return { type: 'text', content: block['text'] };
      case 'thinking':
        return { type: 'reasoning', content: block['thinking'] };
      case 'tool_use':
        return { type: 'tool_call', id: block['id'], name: block['name'], arguments: block['input'] };
      case 'tool_result':
        return { type: 'tool_call_response', id: block['tool_use_id'], response: block['content'] };
      default:
        return { type: block['type'] };
    }
  });
}

/** Puts the events of a message stream together: usage comes in two parts, content in deltas. */
class MessageStream {
  #message: Json = {};
  #usage: Record<string, unknown> = {};
  #reason: string | undefined;
  readonly #blocks = new Map<number, { type: string; text: string; block: Json }>();

  read(event: unknown): void {
    if (!isRecord(event)) return;
    const { message, usage, delta } = event as { message?: unknown; usage?: unknown; delta?: unknown };
    const index = asNumber(event['index']) ?? 0;
    if (event['type'] === 'message_start' && isRecord(message)) {
      this.#message = message;
      if (isRecord(message['usage'])) Object.assign(this.#usage, message['usage']);
    } else if (event['type'] === 'content_block_start' && isRecord(event['content_block'])) {
      const block = event['content_block'];
      this.#blocks.set(index, {
        type: asText(block['type']) ?? '',
        text: asText(block['text']) ?? '',
        block,
      });
    } else if (event['type'] === 'content_block_delta' && isRecord(delta)) {
      const known = this.#blocks.get(index);
      if (known !== undefined)
        known.text += asText(delta['text'] ?? delta['partial_json'] ?? delta['thinking']) ?? '';
    } else if (event['type'] === 'message_delta') {
      if (isRecord(usage)) Object.assign(this.#usage, usage);
      if (isRecord(delta)) this.#reason = asText(delta['stop_reason']);
    }
  }

  finish(recorder: LlmRecorder): void {
    readMessage(recorder, this.result().message);
  }

  /** What has arrived so far, as the message it adds up to. */
  result(): { readonly message: Json; readonly reason: string | undefined } {
    const content = [...this.#blocks.values()].map(({ type, text, block }) => {
      if (type === 'tool_use') return { ...block, input: tryParse(text) };
      return type === 'thinking' ? { type, thinking: text } : { type, text };
    });
    const message = { ...this.#message, content, usage: this.#usage, stop_reason: this.#reason };
    return { message, reason: this.#reason };
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
