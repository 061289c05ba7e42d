/** What an SLO counts as bad, as a list of the UI shows it and as a question for traces. */
import type { SloIndicator } from '@sightline/schema/api';
import { parseFilter } from '@sightline/schema/filter';
import type { Term, ValueQuery } from '@sightline/schema/rules';

type ItemIndicator = Exclude<SloIndicator, { kind: 'promql' }>;

const pages = {
  spans: '/traces',
  calls: '/traces',
  runs: '/runs',
  logs: '/logs',
  scores: '/runs',
} as const;

/** A path of the UI; null where what is counted are metrics. */
export function badItemsLink(
  indicator: SloIndicator,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): string | null {
  if (indicator.kind === 'promql') return null;
  const source = indicator.kind === 'quality' ? 'scores' : indicator.of;
  const q = [indicator.where, badFilter(indicator)]
    .filter((filter) => filter.trim() !== '')
    .map(inParentheses)
    .join(' ');
  const search = new URLSearchParams({
    ...(q === '' ? {} : { q }),
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  });
  return `${pages[source]}?${search.toString()}`;
}

function badFilter(indicator: ItemIndicator): string {
  switch (indicator.kind) {
    case 'availability':
      return indicator.bad.trim() === '' ? 'status:error' : indicator.bad;
    case 'latency': {
      const { of, measure, withinMs } = indicator;
      return `${measure === 'ttft' ? 'ttft' : of === 'runs' ? 'trace.duration' : 'duration'}>${withinMs}ms`;
    }
    case 'quality':
      return `-(${indicator.good})`;
    case 'freshness':
      return '';
  }
}

function inParentheses(filter: string): string {
  const parsed = parseFilter(filter);
  return parsed.ok && parsed.value.type === 'or' ? `(${filter})` : filter;
}

/** Undefined where no trace shows it. */
export function badItemsQuery(indicator: SloIndicator, windowS: number): ValueQuery | undefined {
  if (indicator.kind === 'promql' || indicator.kind === 'freshness') return undefined;
  const source = indicator.kind === 'quality' ? 'scores' : indicator.of;
  return {
    left: badTerm(indicator),
    operator: undefined,
    right: undefined,
    source,
    filter: indicator.where,
    by: [],
    windowS,
    unit: 'none',
  };
}

function badTerm(indicator: Exclude<ItemIndicator, { kind: 'freshness' }>): Term {
  switch (indicator.kind) {
    case 'availability':
      return indicator.bad.trim() === '' ? { type: 'failed' } : { type: 'count', filter: indicator.bad };
    case 'latency':
      return { type: 'max', measure: { type: 'builtin', name: indicator.measure } };
    case 'quality':
      return { type: 'share', filter: `-(${indicator.good})` };
  }
}
