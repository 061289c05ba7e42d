/** Dollars of a call, from the same price book as the server's. Unknown models have no price, never a price of zero. */
import { sayOnce } from '../core/diagnostics.ts';
import { loadLazily } from '../core/load-lazily.ts';

export interface TokenUsage {
  /** All input tokens, cached ones included, as OpenTelemetry counts them. */
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Part of `inputTokens` that was read from the provider's cache. */
  readonly cacheReadTokens?: number | undefined;
  /** Part of `inputTokens` that was written to the provider's cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** Part of `cacheWriteTokens` that the provider keeps for an hour, at a higher price (Anthropic). */
  readonly cacheWrite1hTokens?: number | undefined;
  /** Part of `outputTokens` spent on reasoning. */
  readonly reasoningTokens?: number | undefined;
}

export interface PricedCall {
  readonly usage: TokenUsage;
  /** The first of these that has a price counts. */
  readonly models: readonly (string | undefined)[];
  readonly provider: string | undefined;
  /** Epoch milliseconds. */
  readonly timeMs: number;
  /** `flex`, `priority`, `batch`; absent for the standard tier. */
  readonly serviceTier?: string | undefined;
}

/** What the SDK needs of the schema's `PriceBook`, which is loaded on first use. */
export interface Prices {
  priceOf(request: {
    readonly provider: string;
    readonly model: string;
    readonly timeMs: number;
    readonly inputTokens: number | null;
    readonly outputTokens: number | null;
    readonly cacheReadTokens: number | null;
    readonly cacheWriteTokens: number | null;
    readonly cacheWrite1hTokens: number | null;
    readonly reasoningTokens: number | null;
    readonly serviceTier: string;
  }): { readonly usd: number } | null;
}

let loaded: Prices | undefined;

/** USD, or undefined when the model, its tier or its price is unknown or no usage is. */
export function priceOf({ usage, models, provider, timeMs, serviceTier }: PricedCall): number | undefined {
  if (usage.inputTokens === undefined && usage.outputTokens === undefined) return undefined;
  try {
    loaded ??= (loadLazily('price-book') as { readonly prices: Prices }).prices;
    for (const model of models) {
      const price =
        model === undefined
          ? null
          : loaded.priceOf({
              provider: provider ?? '',
              model,
              timeMs,
              inputTokens: usage.inputTokens ?? null,
              outputTokens: usage.outputTokens ?? null,
              cacheReadTokens: usage.cacheReadTokens ?? null,
              cacheWriteTokens: usage.cacheWriteTokens ?? null,
              cacheWrite1hTokens: usage.cacheWrite1hTokens ?? null,
              reasoningTokens: usage.reasoningTokens ?? null,
              serviceTier: serviceTier ?? '',
            });
      if (price !== null) return price.usd;
    }
  } catch (error) {
    sayOnce('price', `The price of a model call cannot be computed: ${String(error)}`);
  }
  return undefined;
}
