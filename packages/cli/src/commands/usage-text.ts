import type { Usage } from '@sightline/schema/api';
import { formatCostUsd, formatCount } from '@sightline/base';

/** At least so much, where some calls have no known price. */
export function costText({ costUsd, unpricedCalls }: Pick<Usage, 'costUsd' | 'unpricedCalls'>): string {
  if (costUsd === null) return unpricedCalls > 0 ? 'unknown' : '·';
  return `${unpricedCalls > 0 ? '≥' : ''}${formatCostUsd(costUsd)}`;
}

export function tokensText({
  inputTokens,
  outputTokens,
}: Pick<Usage, 'inputTokens' | 'outputTokens'>): string {
  if (inputTokens === null && outputTokens === null) return '·';
  return `${formatCount(inputTokens ?? 0)}→${formatCount(outputTokens ?? 0)}`;
}
