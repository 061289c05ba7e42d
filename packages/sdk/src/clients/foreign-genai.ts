/**
 * Spans that others make for model calls (Anthropic's own, the AI SDK's, OpenInference's): each inference is priced, measured and
 * added to its workflow, as ours are. Sums on agent spans are left alone, so nothing counts twice.
 */
import type { Attributes, Context } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/sdk-trace';
import { priceOf, type TokenUsage } from '../agent/price.ts';
import { addLlmCall, totalsOf } from '../agent/totals.ts';
import { definedAttributes } from '../agent/traced-operation.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { sdkName } from '../core/version.ts';
import { noteNativeSpan } from './anthropic.ts';
import { standardMetrics } from '../metrics/standard-metrics.ts';

const inferences = new Set(['chat', 'text_completion', 'generate_content', 'embeddings']);
const serviceTierKeys = [
  'openai.response.service_tier',
  'gen_ai.response.service_tier',
  'openai.request.service_tier',
  'anthropic.response.service_tier',
];
const parents = new WeakMap<Span, Context>();

export function rememberParent(span: Span, parent: Context): void {
  if (span.instrumentationScope.name === sdkName) return;
  if (totalsOf(parent) !== undefined) parents.set(span, parent);
  noteNativeSpan(span, parent);
}

export function completeForeignSpan(runtime: Runtime, span: Span): void {
  if (span.instrumentationScope.name === sdkName) return;
  const { attributes } = span;
  const operation = attributes['gen_ai.operation.name'];
  if (typeof operation !== 'string' && attributes['openinference.span.kind'] === undefined) return;
  const stopReason = attributes['anthropic.message.stop_reason'];
  if (typeof stopReason === 'string' && attributes['gen_ai.response.finish_reasons'] === undefined)
    span.setAttribute('gen_ai.response.finish_reasons', [stopReason]);
  if (typeof operation === 'string' && inferences.has(operation)) completeInference(runtime, span, operation);
}

function completeInference(runtime: Runtime, span: Span, operation: string): void {
  const { attributes } = span;
  const usage = readUsage(attributes);
  const provider = text(attributes['gen_ai.provider.name']);
  const model = text(attributes['gen_ai.response.model']) ?? text(attributes['gen_ai.request.model']);
  const known = attributes['gen_ai.usage.cost'];
  const costUsd =
    typeof known === 'number'
      ? known
      : priceOf({
          usage,
          models: [model],
          provider,
          timeMs: span.startTime[0] * 1000 + span.startTime[1] / 1e6,
          serviceTier: serviceTierKeys.map((key) => text(attributes[key])).find((tier) => tier !== undefined),
        });
  if (costUsd !== undefined && known === undefined) span.setAttribute('gen_ai.usage.cost', costUsd);
  const parent = parents.get(span);
  if (parent !== undefined) addLlmCall(parent, usage, costUsd);

  const labels = definedAttributes({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': text(attributes['gen_ai.request.model']),
    'gen_ai.response.model': text(attributes['gen_ai.response.model']),
    'error.type': text(attributes['error.type']),
  });
  const metrics = standardMetrics(runtime);
  const seconds = span.duration[0] + span.duration[1] / 1e9;
  metrics.llmCallDuration.record(seconds, labels);
  metrics.operationDuration.record(seconds, labels);
  if (usage.inputTokens !== undefined)
    metrics.llmTokens.add(usage.inputTokens, { ...labels, 'gen_ai.token.type': 'input' });
  if (usage.outputTokens !== undefined)
    metrics.llmTokens.add(usage.outputTokens, { ...labels, 'gen_ai.token.type': 'output' });
}

function readUsage(attributes: Attributes): TokenUsage {
  const number = (...keys: string[]) => {
    for (const key of keys) {
      const value = attributes[key];
      if (typeof value === 'number') return value;
    }
    return undefined;
  };
  return {
    inputTokens: number('gen_ai.usage.input_tokens'),
    outputTokens: number('gen_ai.usage.output_tokens'),
    cacheReadTokens: number('gen_ai.usage.cache_read.input_tokens'),
    cacheWriteTokens: number(
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
    ),
    cacheWrite1hTokens: number('anthropic.usage.cache_creation.ephemeral_1h_input_tokens'),
    reasoningTokens: number('gen_ai.usage.reasoning.output_tokens'),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
