/** Dollars of a call from offline, dated price data. Unknown models have no price, never a price of zero. */
import { createRequire } from 'node:module';
import type { calcPrice as CalcPrice } from '@pydantic/genai-prices';
import { sayOnce } from '../core/diagnostics.ts';

export interface TokenUsage {
  /** All input tokens, cached ones included, as OpenTelemetry counts them. */
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Part of `inputTokens` that was read from the provider's cache. */
  readonly cacheReadTokens?: number | undefined;
  /** Part of `inputTokens` that was written to the provider's cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** Part of `outputTokens` spent on reasoning. */
  readonly reasoningTokens?: number | undefined;
}

let calcPrice: typeof CalcPrice | undefined;
const unknownModels = new Set<string>();

/** USD, or undefined when the model or its price is unknown or no usage is. */
export function priceOf(usage: TokenUsage, model: string, provider: string | undefined): number | undefined {
  if (usage.inputTokens === undefined && usage.outputTokens === undefined) return undefined;
  const key = `${provider ?? ''}/${model}`;
  if (unknownModels.has(key)) return undefined;
  try {
    // 800 KB of prices are read only by programs that make model calls.
    calcPrice ??= (
      createRequire(import.meta.url)('@pydantic/genai-prices') as { calcPrice: typeof CalcPrice }
    ).calcPrice;
    const tokens = {
      input_tokens: usage.inputTokens ?? 0,
      output_tokens: usage.outputTokens ?? 0,
      ...(usage.cacheReadTokens === undefined ? {} : { cache_read_tokens: usage.cacheReadTokens }),
      ...(usage.cacheWriteTokens === undefined ? {} : { cache_write_tokens: usage.cacheWriteTokens }),
    };
    const providerId = provider === undefined ? undefined : (priceProviders[provider] ?? provider);
    const price =
      (providerId === undefined ? null : calcPrice(tokens, model, { providerId })) ??
      calcPrice(tokens, model);
    if (price !== null) return price.total_price;
    if (unknownModels.size < 1000) unknownModels.add(key);
  } catch (error) {
    sayOnce(`price:${key}`, `The price of ${key} cannot be computed: ${String(error)}`);
  }
  return undefined;
}

/** OpenTelemetry's provider names where the price data uses another. */
const priceProviders: Readonly<Record<string, string>> = {
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'aws.bedrock': 'aws',
  x_ai: 'x-ai',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
};
