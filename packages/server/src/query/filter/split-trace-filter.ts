/**
 * A filter on traces mixes conditions on spans with conditions on whole traces (`trace.spans>100`). Conditions on spans that
 * stand together are about one span: `status:error service:api` wants a span that is both.
 */
import type { BoundFilter } from '@sightline/schema/filter';
import type { BoundTest } from './compile-condition.ts';

export type TraceFilter =
  | { readonly type: 'everything' }
  /** A span of the trace meets `filter`. */
  | { readonly type: 'span'; readonly filter: BoundFilter }
  /** The trace as a whole meets `filter`, which has conditions on whole traces only: on its summary, or on what it used. */
  | { readonly type: 'trace' | 'usage'; readonly filter: BoundFilter }
  /** The trace, or one of its spans, has a score that meets the one test. */
  | { readonly type: 'score'; readonly test: BoundTest }
  | { readonly type: 'and' | 'or'; readonly items: readonly TraceFilter[] }
  | { readonly type: 'not'; readonly item: TraceFilter };

export function splitTraceFilter(filter: BoundFilter): TraceFilter {
  if (filter.type === 'everything') return filter;
  for (const type of ['span', 'trace', 'usage'] as const) {
    if (!mentions(filter, (leaf) => kindOf(leaf) !== type)) return { type, filter };
  }
  if (filter.type === 'test' && kindOf(filter) === 'score') return { type: 'score', test: filter };
  if (filter.type === 'not') return { type: 'not', item: splitTraceFilter(filter.item) };
  if (filter.type !== 'and' && filter.type !== 'or') return { type: 'span', filter };
  const { type } = filter;
  const isOfSpans = (item: BoundFilter) => !mentions(item, (leaf) => kindOf(leaf) !== 'span');
  const ofSpans = filter.items.filter(isOfSpans);
  const rest = filter.items.filter((item) => !isOfSpans(item)).map(splitTraceFilter);
  const [only] = ofSpans;
  if (only === undefined) return { type, items: rest };
  const together: BoundFilter = ofSpans.length === 1 ? only : { type, items: ofSpans };
  return { type, items: [{ type: 'span', filter: together }, ...rest] };
}

type Leaf = Extract<BoundFilter, { type: 'test' | 'text' | 'everything' }>;

const usageFields = ['trace.cost', 'trace.input_tokens', 'trace.output_tokens'];

function kindOf(leaf: Leaf): 'span' | 'trace' | 'usage' | 'score' {
  if (leaf.type !== 'test' || leaf.field.type !== 'builtin' || leaf.field.field.ofTrace !== true)
    return 'span';
  if (leaf.field.field.type === 'score') return 'score';
  return usageFields.includes(leaf.field.field.name) ? 'usage' : 'trace';
}

function mentions(filter: BoundFilter, is: (leaf: Leaf) => boolean): boolean {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.items.some((item) => mentions(item, is));
    case 'not':
      return mentions(filter.item, is);
    default:
      return is(filter);
  }
}
