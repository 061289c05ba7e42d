/** One model call: the span, its GenAI attributes, tokens, cost and metrics. The client instrumentations use the same recorder. */
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { countError, standardMetrics } from '../metrics/standard-metrics.ts';
import { capture } from '../tracing/capture.ts';
import { idleHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { tracedCall, type CallHooks } from '../tracing/traced-call.ts';
import { exchangesOn } from '../replay/exchange-note.ts';
import { recordResult } from '../replay/record-result.ts';
import { isAsyncFunction, runReplayed } from '../replay/replay-slot.ts';
import { addLlmCall } from './totals.ts';
import { definedAttributes, describeAndRun, errorType } from './traced-operation.ts';
import { priceOf, type TokenUsage } from './price.ts';

export interface LlmCallOptions {
  readonly model: string;
  /** OpenTelemetry's provider name: `openai`, `anthropic`, `gcp.gemini`, `aws.bedrock`, … */
  readonly provider: string;
  /** Characters of the prompt, for those who record no content. */
  readonly promptLength?: number;
  readonly operation?: 'chat' | 'text_completion' | 'generate_content' | 'embeddings';
  /** Messages sent, recorded under the `capture` option. */
  readonly messages?: unknown;
  readonly systemInstructions?: unknown;
  readonly tools?: unknown;
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly topP?: number;
  readonly attributes?: SpanAttributes;
}

export interface LlmResponse {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReasons?: readonly string[] | undefined;
  /** The tier that answered (`default`, `flex`, `priority`, `batch`); it decides the price. */
  readonly serviceTier?: string | undefined;
  /** Messages received, recorded under the `capture` option. */
  readonly messages?: unknown;
}

/** The handle inside `traceLlmCall`. */
export interface LlmCallSpan extends SpanHandle {
  /** Tokens as the provider reports them. The last call wins. */
  recordUsage(usage: TokenUsage): void;
  recordResponse(response: LlmResponse): void;
  /** Call it for every chunk of a stream: gives time to first chunk and between chunks. */
  chunk(): void;
}

/**
 * A model call of a client that is not instrumented automatically. The cost is computed from the recorded usage.
 *
 * @example
 * const text = await traceLlmCall({ model: 'gpt-4o', provider: 'openai' }, async (call) => {
 *   call.recordUsage({ inputTokens: 1000, outputTokens: 200 });
 *   return 'answer';
 * });
 */
export function traceLlmCall<T>(options: LlmCallOptions, fn: (call: LlmCallSpan) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn(idleCall);
  return describeAndRun(
    () => {
      const recorder = new LlmRecorder(runtime, options);
      const { spanName, requestAttributes } = recorder;
      return () =>
        tracedCall(
          runtime,
          spanName,
          { kind: 'CLIENT', attributes: requestAttributes },
          (handle) => runReplayed(handle, () => fn(recorder.handleFor(handle)), isAsyncFunction(fn)),
          {
            ...recorder.hooks,
            ended: (span, value, durationMs, items) => {
              // A call that used no fetch is replayed by its result.
              if (items === undefined && exchangesOn(span) === 0)
                recordResult(runtime, span, value, { shown: undefined });
              recorder.hooks.ended?.(span, value, durationMs, items);
            },
          },
        );
    },
    () => fn(idleCall),
  );
}

/** Collects what is known about one call and writes it at the end. */
export class LlmRecorder {
  readonly #runtime: Runtime;
  readonly #options: LlmCallOptions;
  readonly #context: Context;
  #usage: TokenUsage = {};
  #response: LlmResponse = {};
  #reportedCostUsd: number | undefined;
  #startedMs = performance.now();
  #firstChunkMs: number | undefined;
  #lastChunkMs = 0;
  #chunks = 0;

  constructor(runtime: Runtime, options: LlmCallOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#context = runtime.contextManager.active();
  }

  get spanName(): string {
    return `${this.#operation} ${this.#options.model}`;
  }

  get #operation(): string {
    return this.#options.operation ?? 'chat';
  }

  get #requestedTier(): string | undefined {
    const tier = this.#options.attributes?.['openai.request.service_tier'];
    return typeof tier === 'string' ? tier : undefined;
  }

  get requestAttributes(): Attributes {
    const {
      model,
      provider,
      promptLength,
      temperature,
      maxTokens,
      topP,
      messages,
      systemInstructions,
      tools,
      attributes,
    } = this.#options;
    const runtime = this.#runtime;
    return definedAttributes({
      'gen_ai.operation.name': this.#operation,
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': model,
      'gen_ai.request.temperature': temperature,
      'gen_ai.request.max_tokens': maxTokens,
      'gen_ai.request.top_p': topP,
      'sightline.prompt.characters': promptLength,
      'gen_ai.input.messages': capture(runtime, messages),
      'gen_ai.system_instructions': capture(runtime, systemInstructions),
      'gen_ai.tool.definitions': capture(runtime, tools),
      ...attributes,
    });
  }

  get hooks(): CallHooks {
    return {
      always: true,
      started: () => (this.#startedMs = performance.now()),
      ended: (span, _value, durationMs) => this.#finish(span, durationMs, undefined),
      failed: (span, error, durationMs) => this.#finish(span, durationMs, errorType(error)),
    };
  }

  handleFor(handle: SpanHandle): LlmCallSpan {
    return Object.assign(Object.create(handle) as SpanHandle, {
      recordUsage: (usage: TokenUsage) => this.recordUsage(usage),
      recordResponse: (response: LlmResponse) => this.recordResponse(response),
      chunk: () => this.chunk(),
    });
  }

  recordUsage(usage: TokenUsage): void {
    guard('recording usage', () => (this.#usage = { ...this.#usage, ...usage }));
  }

  recordResponse(response: LlmResponse): void {
    guard('recording a response', () => (this.#response = { ...this.#response, ...response }));
  }

  recordCost(usd: number): void {
    this.#reportedCostUsd = usd;
  }

  chunk(): void {
    const now = performance.now();
    this.#firstChunkMs ??= now - this.#startedMs;
    this.#lastChunkMs = now - this.#startedMs;
    this.#chunks++;
  }

  #finish(span: Span, durationMs: number, failure: string | undefined): void {
    const { provider, model } = this.#options;
    const usage = this.#usage;
    const response = this.#response;
    const costUsd =
      this.#reportedCostUsd ??
      priceOf({
        usage,
        models: [response.model, model],
        provider,
        timeMs: performance.timeOrigin + this.#startedMs,
        serviceTier: response.serviceTier ?? this.#requestedTier,
      });
    span.setAttributes(
      definedAttributes({
        'gen_ai.response.id': response.id,
        'gen_ai.response.model': response.model,
        'gen_ai.response.finish_reasons':
          response.finishReasons === undefined ? undefined : [...response.finishReasons],
        [provider === 'openai' ? 'openai.response.service_tier' : 'gen_ai.response.service_tier']:
          response.serviceTier,
        'gen_ai.output.messages': capture(this.#runtime, response.messages),
        'gen_ai.usage.input_tokens': usage.inputTokens,
        'gen_ai.usage.output_tokens': usage.outputTokens,
        'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
        'gen_ai.usage.cache_write.input_tokens': usage.cacheWriteTokens,
        'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': usage.cacheWrite1hTokens,
        'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
        'gen_ai.usage.cost': costUsd,
        'gen_ai.response.time_to_first_chunk':
          this.#firstChunkMs === undefined ? undefined : this.#firstChunkMs / 1000,
        'sightline.response.chunks': this.#chunks === 0 ? undefined : this.#chunks,
      }),
    );
    addLlmCall(this.#context, usage, costUsd);
    this.#measure(durationMs, failure);
  }

  #measure(durationMs: number, failure: string | undefined): void {
    const metrics = standardMetrics(this.#runtime);
    const labels = definedAttributes({
      'gen_ai.operation.name': this.#operation,
      'gen_ai.provider.name': this.#options.provider,
      'gen_ai.request.model': this.#options.model,
      'gen_ai.response.model': this.#response.model,
    });
    const withError = failure === undefined ? labels : { ...labels, 'error.type': failure };
    metrics.llmCallDuration.record(durationMs / 1000, withError);
    metrics.operationDuration.record(durationMs / 1000, withError);
    if (failure !== undefined) countError(this.#runtime, { ...withError, operation: 'llm_call' });
    for (const [type, tokens] of tokenParts(this.#usage)) {
      metrics.llmTokens.add(tokens, { ...labels, 'gen_ai.token.type': type });
      // The convention's histogram knows input and output only; the parts are inside them.
      if (type === 'input' || type === 'output')
        metrics.tokenUsage.record(tokens, { ...labels, 'gen_ai.token.type': type });
    }
    if (this.#firstChunkMs !== undefined) metrics.timeToFirstChunk.record(this.#firstChunkMs / 1000, labels);
    if (this.#chunks > 1) {
      const betweenMs = (this.#lastChunkMs - (this.#firstChunkMs ?? 0)) / (this.#chunks - 1);
      metrics.timePerOutputChunk.record(betweenMs / 1000, labels);
    }
  }
}

function tokenParts(usage: TokenUsage): [string, number][] {
  const parts: [string, number | undefined][] = [
    ['input', usage.inputTokens],
    ['output', usage.outputTokens],
    ['cache_read', usage.cacheReadTokens],
    ['cache_write', usage.cacheWriteTokens],
    ['reasoning', usage.reasoningTokens],
  ];
  return parts.filter((part): part is [string, number] => part[1] !== undefined && part[1] > 0);
}

const idleCall: LlmCallSpan = {
  ...idleHandle,
  recordUsage: () => undefined,
  recordResponse: () => undefined,
  chunk: () => undefined,
};
