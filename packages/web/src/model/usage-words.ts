import type { Usage } from '@sightline/schema/api';
import { formatCostUsd, formatCount, counted } from '@sightline/base';

type Costs = Pick<Usage, 'costUsd' | 'unpricedCalls'>;
type Tokens = Pick<
  Usage,
  'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'reasoningTokens'
>;

/** `$1.20`; `≥ $1.20` where some prices are not known; `unknown` where none is; a dash where nothing was used. */
export function costWords({ costUsd, unpricedCalls }: Costs): string {
  if (costUsd === null) return unpricedCalls > 0 ? 'unknown' : '–';
  return `${unpricedCalls > 0 ? '≥ ' : ''}${formatCostUsd(costUsd)}`;
}

/** Why a cost is not the whole truth; empty where it is. */
export function costNote({ costUsd, unpricedCalls }: Costs): string {
  if (unpricedCalls === 0) return costUsd === null ? 'No call of a model with usage' : '';
  const calls = counted(unpricedCalls, 'call');
  return costUsd === null
    ? `No price is known for ${unpricedCalls === 1 ? 'the call' : `any of the ${calls}`}`
    : `At least: ${calls} without a known price not counted`;
}

export function totalTokens({ inputTokens, outputTokens }: Tokens): number | null {
  return inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
}

/** `812 in (640 from cache), 64 out (20 reasoning)`. */
export function tokenWords(usage: Tokens): string {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage;
  if (inputTokens === null && outputTokens === null) return '';
  const cached = [
    (cacheReadTokens ?? 0) > 0 ? `${formatCount(cacheReadTokens ?? 0)} from cache` : '',
    (cacheWriteTokens ?? 0) > 0 ? `${formatCount(cacheWriteTokens ?? 0)} to cache` : '',
  ].filter((word) => word !== '');
  const into = `${formatCount(inputTokens ?? 0)} in${cached.length > 0 ? ` (${cached.join(', ')})` : ''}`;
  const out = `${formatCount(outputTokens ?? 0)} out${(reasoningTokens ?? 0) > 0 ? ` (${formatCount(reasoningTokens ?? 0)} reasoning)` : ''}`;
  return `${into}, ${out}`;
}
