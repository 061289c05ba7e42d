import { ownValue } from '@sightline/base';
import {
  calcPrice,
  type ConditionalPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  waitForUpdate,
} from '@pydantic/genai-prices';
import { normalProvider } from '../derive-source.ts';
import { type PriceRow, type Rates, secondsPerDay } from './price-row.ts';

/** The data comes with the package, so its version names the prices. Compared with what is installed by a test. */
export const catalogueVersion = 'genai-prices 0.1.8';

/** OpenTelemetry's provider names that the catalogue does not recognise by itself. */
const catalogueProviders: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  'gcp.gen_ai': 'google',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  x_ai: 'x-ai',
};

/**
 * The prices of a model, all that ever applied, in the order of `PriceRow`; undefined for a model the catalogue does not
 * have. Without a provider the model's name decides whose it is; a provider that is not in the catalogue has no prices,
 * since who hosts a model decides what it costs.
 */
export function catalogueRows(provider: string, model: string): readonly PriceRow[] | undefined {
  const found = findModel(provider, model);
  if (found === undefined) return undefined;
  const rows = periods(found.prices).flatMap(periodRows);
  return rows.length > 0 ? rows : undefined;
}

export interface CatalogueModel {
  /** In OpenTelemetry's spelling; '' where a model's name alone tells whose it is. */
  readonly provider: string;
  readonly model: string;
}

/** Names that the catalogue spells out. It also knows models by patterns, which have no list. */
export async function catalogueModels(): Promise<readonly CatalogueModel[]> {
  const providers = (await waitForUpdate()) ?? [];
  return providers.flatMap(({ id, models }) => {
    const spellings = Object.keys(catalogueProviders).filter((name) => catalogueProviders[name] === id);
    const names = new Set(models.flatMap((model) => [model.id, ...namesIn(model.match)]));
    return [...(spellings.length > 0 ? spellings : [id]), ''].flatMap((provider) =>
      [...names].map((model) => ({ provider, model })),
    );
  });
}

function namesIn(match: MatchLogic): readonly string[] {
  if ('or' in match) return match.or.flatMap(namesIn);
  return 'equals' in match ? [match.equals] : [];
}

function findModel(provider: string, model: string): ModelInfo | undefined {
  if (model === '') return undefined;
  const providerId = ownValue(catalogueProviders, provider) ?? provider;
  // Without usage nothing is computed: this only looks the model up.
  for (const options of providerId === '' ? [{}, ...makers] : [{ providerId }]) {
    const found = calcPrice({}, model, options)?.model;
    if (found !== undefined) return found;
  }
  const name = nameBehindHost(provider, model);
  return name === undefined ? undefined : findModel(provider, name);
}

/** LiteLLM names the host before the model as well: `openai/gpt-4o`. */
function nameBehindHost(provider: string, model: string): string | undefined {
  const end = model.indexOf('/');
  if (provider === '' || end < 0) return undefined;
  return normalProvider(model.slice(0, end)) === provider ? model.slice(end + 1) : undefined;
}

/** Whose names the catalogue does not all recognise by themselves: embeddings above all, which Langfuse and OpenInference send without a provider. */
const makers = [{ providerId: 'openai' }, { providerId: 'mistral' }, { providerId: 'cohere' }];

function periods(prices: ModelInfo['prices']): readonly ConditionalPrice[] {
  return Array.isArray(prices) ? prices : [{ prices }];
}

/** One row per step of the price. All keys of a model step at the same lengths. */
function periodRows(period: ConditionalPrice, index: number): readonly PriceRow[] {
  // Audio by the hour, pages and images cannot be priced from tokens.
  if (period.prices['input_mtok'] === undefined && period.prices['output_mtok'] === undefined) return [];
  const steps = new Set([-1]);
  for (const price of Object.values(period.prices)) {
    if (typeof price === 'object') for (const tier of price.tiers) steps.add(tier.start);
  }
  return [...steps]
    .toSorted((a, b) => a - b)
    .map((inputAbove) => ({
      ...conditions(period, index),
      inputAbove,
      ...ratesAt(period.prices, inputAbove),
    }));
}

function conditions(
  period: ConditionalPrice,
  index: number,
): Pick<PriceRow, 'validFrom' | 'dayFrom' | 'dayTo'> {
  const { constraint } = period;
  // The first period applies where no other does.
  if (constraint === undefined || index === 0) return { validFrom: 0, dayFrom: 0, dayTo: secondsPerDay };
  if ('start_date' in constraint) {
    return { validFrom: Date.parse(constraint.start_date) / 1000, dayFrom: 0, dayTo: secondsPerDay };
  }
  return {
    validFrom: 0,
    dayFrom: secondOfDay(constraint.start_time),
    dayTo: secondOfDay(constraint.end_time),
  };
}

const secondOfDay = (time: string) =>
  (Date.parse(`1970-01-01T${time}`) / 1000 + secondsPerDay) % secondsPerDay;

function ratesAt(prices: ModelPrice, inputAbove: number): Rates {
  const at = (key: string): number | undefined => {
    const price = prices[key];
    if (typeof price !== 'object') return price;
    return (
      price.tiers.filter((tier) => tier.start <= inputAbove).toSorted((a, b) => b.start - a.start)[0]
        ?.price ?? price.base
    );
  };
  const input = at('input_mtok') ?? 0;
  const output = at('output_mtok') ?? 0;
  const cacheWrite = at('cache_write_mtok') ?? input;
  return {
    input,
    output,
    cacheRead: at('cache_read_mtok') ?? input,
    cacheWrite,
    cacheWrite1h: at('cache_write_1h_mtok') ?? cacheWrite,
    reasoning: at('output_reasoning_mtok') ?? output,
    inputAudio: at('input_audio_mtok') ?? input,
    outputAudio: at('output_audio_mtok') ?? output,
    request: (at('requests_kcount') ?? 0) / 1000,
  };
}
