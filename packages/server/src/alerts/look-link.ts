import { parseFilter, printText } from '@sightline/schema/filter';
import type { CompiledRule } from './compiled-rule.ts';
import type { Labels } from './rule-states.ts';

type ListedSource = 'spans' | 'calls' | 'runs' | 'logs' | 'scores';

const pages: Readonly<Record<ListedSource, string>> = {
  spans: '/traces',
  calls: '/traces',
  runs: '/runs',
  logs: '/logs',
  scores: '/runs',
};
/** Labels that the filter language has fields for; attributes are named with their source. */
const filterLabels = new Set([
  'service',
  'name',
  'operation',
  'model',
  'provider',
  'agent',
  'tool',
  'kind',
  'status',
  'scope',
  'session',
  'user',
  'severity',
  'event',
]);

/** A path of the UI that shows what a rule looked at: the items of its window, narrowed to the labels; the rule itself where its language is not the filter's. */
export function lookLink(
  rule: { readonly id: string; readonly body: CompiledRule['body'] | undefined },
  labels: Labels,
  at: Date,
): string {
  const { body } = rule;
  if (body?.kind === 'burn') return `/slos?${new URLSearchParams({ slo: body.node.slo }).toString()}`;
  if (body?.kind !== 'value') return `/alerts/rule?id=${rule.id}`;
  const { source, filter, windowS } = body.node.query;
  const terms = Object.entries(labels)
    .filter(([name, value]) => value !== '' && (filterLabels.has(name) || /^(?:attr|resource)\./.test(name)))
    .map(([name, value]) => `${name}:${printText(value)}`);
  const parsed = parseFilter(filter);
  const isOr = parsed.ok && parsed.value.type === 'or' && terms.length > 0;
  const q = [...(filter === '' ? [] : [isOr ? `(${filter})` : filter]), ...terms].join(' ');
  const search = new URLSearchParams({
    ...(q === '' ? {} : { q }),
    from: new Date(at.getTime() - windowS * 1000).toISOString(),
    to: at.toISOString(),
  });
  return `${pages[source]}?${search.toString()}`;
}
