import { matchesGlob } from './glob.ts';
import { catalogueRows, catalogueVersion } from './price-catalogue.ts';
import { findPriceRow, type PriceRow, type Rates, secondsPerDay } from './price-row.ts';
import { anyTier, standardTiers, tierFactors } from './service-tiers.ts';

/** A price set by the user. The first that fits wins over the catalogue. Dollars per million tokens. */
export interface PriceOverride {
  /** Glob over the model: `gpt-4o*`. */
  readonly model: string;
  /** A provider in OpenTelemetry's spelling; any unless said. */
  readonly provider?: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
  /** US dollars per call. */
  readonly request?: number;
}

/** One call. Counts as `derive` gives them: input includes cached tokens, output includes reasoning. */
export interface PriceRequest {
  readonly provider: string;
  readonly model: string;
  /** When the call was made: milliseconds since 1970. */
  readonly timeMs: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens?: number | null;
  readonly cacheWriteTokens?: number | null;
  /** Part of `cacheWriteTokens`. */
  readonly cacheWrite1hTokens?: number | null;
  readonly reasoningTokens?: number | null;
  readonly inputAudioTokens?: number | null;
  readonly outputAudioTokens?: number | null;
  readonly serviceTier?: string;
  readonly batch?: boolean;
}

export interface Price {
  readonly usd: number;
  /** Which prices: the catalogue's version, or the override's pattern. */
  readonly priceVersion: string;
  /** In US dollars; they add up to `usd`. */
  readonly breakdown: {
    readonly input: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly reasoning: number;
    readonly audio: number;
    readonly request: number;
  };
}

/** What one model of one provider costs. */
export interface PriceEntry {
  readonly provider: string;
  readonly model: string;
  readonly rows: readonly PriceRow[];
  readonly tierFactors: Readonly<Record<string, number>>;
  readonly priceVersion: string;
}

/** Why a call has no price. */
export type UnpricedReason = 'unknown_model' | 'unknown_provider' | 'unknown_tier' | 'counts_missing';

export interface PriceBook {
  /** null where the model, its provider, its tier or a count is unknown: unknown is never 0. */
  priceOf(request: PriceRequest): Price | null;
  /** undefined where `priceOf` gives a price. */
  whyUnpriced(request: PriceRequest): UnpricedReason | undefined;
  /** undefined for a model without a price. Looked up once per pair. */
  findEntry(provider: string, model: string): PriceEntry | undefined;
}

const entriesMax = 10_000;

/** The catalogue's prices under the user's own. Immutable: make another when the overrides change. */
export function createPriceBook(overrides: readonly PriceOverride[] = []): PriceBook {
  const entries = new Map<string, PriceEntry | undefined>();
  const findEntry = (provider: string, model: string): PriceEntry | undefined => {
    const key = `${provider}\n${model}`;
    if (entries.has(key)) return entries.get(key);
    // Senders choose the names, so the memory is bounded. Starting afresh costs microseconds per pair.
    if (entries.size >= entriesMax) entries.clear();
    const entry = makeEntry(provider, model, overrides);
    entries.set(key, entry);
    return entry;
  };
  return {
    findEntry,
    priceOf: (request) => priceWith(findEntry(request.provider, request.model), request),
    whyUnpriced: (request) => {
      const entry = findEntry(request.provider, request.model);
      if (entry === undefined)
        return findEntry('', request.model) === undefined ? 'unknown_model' : 'unknown_provider';
      if (factorOf(entry, request) === undefined) return 'unknown_tier';
      return priceWith(entry, request) === null ? 'counts_missing' : undefined;
    },
  };
}

function makeEntry(
  provider: string,
  model: string,
  overrides: readonly PriceOverride[],
): PriceEntry | undefined {
  const override = overrides.find(
    (each) => (each.provider === undefined || each.provider === provider) && matchesGlob(each.model, model),
  );
  const rows = override === undefined ? catalogueRows(provider, model) : [overrideRow(override)];
  if (rows === undefined) return undefined;
  return {
    provider,
    model,
    rows,
    // A user's own price is what is paid, whatever the tier.
    tierFactors: override === undefined ? tierFactors(provider, model) : { [anyTier]: 1 },
    priceVersion: override === undefined ? catalogueVersion : `override ${override.model}`,
  };
}

function overrideRow(override: PriceOverride): PriceRow {
  const { input, output, cacheRead = input, cacheWrite = input, reasoning = output, request = 0 } = override;
  const parts = { input, output, cacheRead, cacheWrite, cacheWrite1h: cacheWrite, reasoning, request };
  const rates: Rates = { ...parts, inputAudio: input, outputAudio: output };
  return { validFrom: 0, dayFrom: 0, dayTo: secondsPerDay, inputAbove: -1, ...rates };
}

function priceWith(entry: PriceEntry | undefined, request: PriceRequest): Price | null {
  if (entry === undefined) return null;
  const factor = factorOf(entry, request);
  const row = findPriceRow(entry.rows, request.timeMs / 1000, request.inputTokens ?? 0);
  if (factor === undefined || row === undefined || !isCounted(request, row)) return null;
  const perToken = factor / 1e6;
  const input = request.inputTokens ?? 0;
  const output = request.outputTokens ?? 0;
  // Parts are cut to the whole: a sender's mistake must not make a price negative.
  const cacheRead = Math.min(request.cacheReadTokens ?? 0, input);
  const cacheWrite = Math.min(request.cacheWriteTokens ?? 0, input - cacheRead);
  const cacheWrite1h = Math.min(request.cacheWrite1hTokens ?? 0, cacheWrite);
  const inputAudio = Math.min(request.inputAudioTokens ?? 0, input - cacheRead - cacheWrite);
  const reasoning = Math.min(request.reasoningTokens ?? 0, output);
  const outputAudio = Math.min(request.outputAudioTokens ?? 0, output - reasoning);
  const breakdown = {
    input: (input - cacheRead - cacheWrite - inputAudio) * row.input * perToken,
    cacheRead: cacheRead * row.cacheRead * perToken,
    cacheWrite: ((cacheWrite - cacheWrite1h) * row.cacheWrite + cacheWrite1h * row.cacheWrite1h) * perToken,
    output: (output - reasoning - outputAudio) * row.output * perToken,
    reasoning: reasoning * row.reasoning * perToken,
    audio: (inputAudio * row.inputAudio + outputAudio * row.outputAudio) * perToken,
    request: row.request * factor,
  };
  const usd = Object.values(breakdown).reduce((sum, part) => sum + part, 0);
  return { usd, priceVersion: entry.priceVersion, breakdown };
}

function factorOf(entry: PriceEntry, request: PriceRequest): number | undefined {
  const tier = request.batch === true ? 'batch' : (request.serviceTier ?? '').toLowerCase();
  return standardTiers.some((each) => each === tier)
    ? 1
    : (entry.tierFactors[tier] ?? entry.tierFactors[anyTier]);
}

/** Half of the counts gives half of the price, which is worse than none. Embeddings have no output to pay for. */
function isCounted(request: PriceRequest, row: PriceRow): boolean {
  if (request.inputTokens === null && (row.input > 0 || request.outputTokens === null)) return false;
  return request.outputTokens !== null || row.output === 0;
}
