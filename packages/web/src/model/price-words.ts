import type { HistoryJob, PriceSettings, UnpricedModel } from '@sightline/schema/api';
import { formatCount, counted } from '@sightline/base';
import { costWords } from './usage-words.ts';

export type Override = PriceSettings['overrides'][number];

/** The sentence over the page of prices. */
export function unpricedSentence(models: readonly UnpricedModel[]): string {
  const missing = models.filter(({ reason }) => reason !== 'priced_since');
  if (missing.length === 0) return 'Every call of the last 7 days has a price';
  const calls = missing.reduce((sum, model) => sum + model.calls, 0);
  const tokens = missing.reduce((sum, model) => sum + model.tokens, 0);
  const names = new Set(missing.map(({ provider, model }) => `${provider ?? ''}/${model ?? ''}`)).size;
  const used = tokens === 0 ? '' : `, ${formatCount(tokens)} tokens`;
  return `${counted(names, 'model')} without a price: ${counted(calls, 'call')}${used} in 7 days`;
}

export const reasonWords: Readonly<Record<UnpricedModel['reason'], string>> = {
  unknown_model: 'Unknown model',
  unknown_provider: 'Known model, unknown host',
  unknown_tier: 'Unknown service tier',
  counts_missing: 'Token counts missing',
  no_model: 'The span names no model',
  priced_since: 'Has a price now: reprice',
};

/** A price of one's own helps where the catalogue does not know the model; counts that were not sent stay missing. */
export function canBePriced({ reason }: UnpricedModel): boolean {
  return ['unknown_model', 'unknown_provider', 'unknown_tier'].includes(reason);
}

export const rateFields = [
  { name: 'input', label: 'Input', isNeeded: true },
  { name: 'output', label: 'Output', isNeeded: true },
  { name: 'cacheRead', label: 'Cache read', isNeeded: false },
  { name: 'cacheWrite', label: 'Cache write', isNeeded: false },
  { name: 'reasoning', label: 'Reasoning', isNeeded: false },
  { name: 'request', label: 'Per call', isNeeded: false },
] as const;

export type PriceDraft = Readonly<Record<'model' | 'provider' | (typeof rateFields)[number]['name'], string>>;

export const emptyDraft: PriceDraft = {
  model: '',
  provider: '',
  input: '',
  output: '',
  cacheRead: '',
  cacheWrite: '',
  reasoning: '',
  request: '',
};

export function draftOfPrice(override: Override): PriceDraft {
  const entries = Object.entries(override).map(([name, value]) => [name, String(value ?? '')]);
  return { ...emptyDraft, ...(Object.fromEntries(entries) as Partial<PriceDraft>) };
}

/** The draft as the API takes it, or what is wrong with it. */
export function readPriceDraft(
  draft: PriceDraft,
): { readonly override: Override } | { readonly problem: string } {
  const model = draft.model.trim();
  if (model === '') return { problem: 'Name a model; * stands for any characters.' };
  const rates: Record<string, number> = {};
  for (const { name, label, isNeeded } of rateFields) {
    const text = draft[name].trim().replace(/^\$/, '');
    if (text === '' && !isNeeded) continue;
    const dollars = Number(text);
    if (text === '' || !Number.isFinite(dollars) || dollars < 0)
      return { problem: `${label} takes US dollars, 0 or more.` };
    rates[name] = dollars;
  }
  const provider = draft.provider.trim();
  const { input = 0, output = 0, ...others } = rates;
  return { override: { model, ...(provider === '' ? {} : { provider }), input, output, ...others } };
}

export function jobWords(job: HistoryJob): string {
  if (job.state === 'running') return `${job.daysDone} of ${counted(job.daysTotal, 'day')} done`;
  if (job.state === 'failed') return `Stopped after ${counted(job.daysDone, 'day')}: ${job.error ?? ''}`;
  const unpriced = job.unpricedCalls === 0 ? '' : `, ${formatCount(job.unpricedCalls)} still without a price`;
  const before = costWords({ costUsd: job.costUsdBefore, unpricedCalls: job.unpricedCallsBefore });
  const after = costWords({ costUsd: job.costUsdAfter, unpricedCalls: job.unpricedCalls });
  return `${counted(job.calls, 'call')} repriced: ${before} before, ${after} after${unpriced}`;
}
