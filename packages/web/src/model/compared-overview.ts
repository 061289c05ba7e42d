import type { OverviewFacts, OverviewResponse } from '@sightline/schema/api';

/** Of a time in which there was no run. */
export const noFacts: OverviewFacts = {
  runs: 0,
  failedRuns: 0,
  errorRate: null,
  p50Ms: null,
  p95Ms: null,
  llmCalls: 0,
  ttftP50Ms: null,
  ttftP95Ms: null,
  cacheHitRate: null,
  applicationCacheHitRate: null,
  hallucinationRate: null,
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
};

/** An answer that leaves something out leaves out the oldest: it is compared with nothing, rather than with a part of the time before. */
export function comparedOverview(overview: OverviewResponse): OverviewResponse {
  if (overview.limitsMet === undefined) return overview;
  return {
    ...overview,
    previous: noFacts,
    groups: overview.groups.map((group) => ({ ...group, previous: noFacts })),
    topTools: overview.topTools?.map((tool) => ({ ...tool, previous: { calls: 0, errors: 0 } })) ?? null,
    topPrompts:
      overview.topPrompts?.map((prompt) => ({ ...prompt, previous: { calls: 0, costUsd: null } })) ?? null,
  };
}
