/**
 * What a filter asks of a whole trace. Every condition on spans may be met by another span of it; comparisons of one field that stand together (`duration>1s
 * duration<2s`) and what is inside of `span( … )` are about one.
 */
import type { BoundFilter, BuiltinField } from '@sightline/schema/filter';
import type { BoundTest } from './compile-condition.ts';

export type TraceFilter =
  | { readonly type: 'everything' }
  /** A span of the trace meets `filter`. */
  | { readonly type: 'span'; readonly filter: BoundFilter }
  /** The trace as a whole meets `filter`, which has conditions on whole traces only: on its summary, or on what it used. */
  | { readonly type: 'trace' | 'usage'; readonly filter: BoundFilter }
  /** The trace, or one of its spans, has a score that meets every test; all are of one name. */
  | { readonly type: 'score'; readonly tests: readonly BoundTest[] }
  | { readonly type: 'and' | 'or'; readonly items: readonly TraceFilter[] }
  | { readonly type: 'not'; readonly item: TraceFilter };

export function splitTraceFilter(filter: BoundFilter): TraceFilter {
  for (const type of ['trace', 'usage'] as const) if (isAll(filter, type)) return { type, filter };
  switch (filter.type) {
    case 'everything':
      return filter;
    case 'text':
      return { type: 'span', filter };
    case 'span':
      return { type: 'span', filter: filter.item };
    case 'test':
      return splitTests([filter]);
    case 'not':
      return { type: 'not', item: splitTraceFilter(filter.item) };
    case 'or':
      return splitOr(filter.items.map(splitTraceFilter));
    case 'and': {
      const comparisons = Map.groupBy(filter.items.filter(isComparison), ({ field }) => nameOf(field));
      const others = filter.items.filter((item) => !isComparison(item)).map(splitTraceFilter);
      return { type: 'and', items: [...others, ...[...comparisons.values()].map(splitTests)] };
    }
  }
}

function splitTests(tests: readonly BoundTest[]): TraceFilter {
  const [first] = tests;
  if (first === undefined) return { type: 'everything' };
  const type = kindOf(first);
  if (type === 'score') return { type, tests };
  return { type, filter: tests.length === 1 ? first : { type: 'and', items: tests } };
}

/** A span meets one of several conditions where one of them is met by a span: they are looked for at once. */
function splitOr(items: readonly TraceFilter[]): TraceFilter {
  const ofSpans = items.flatMap((item) => (item.type === 'span' ? [item.filter] : []));
  const rest = items.filter(({ type }) => type !== 'span');
  const [only] = ofSpans;
  if (only === undefined) return { type: 'or', items: rest };
  const filter: BoundFilter = ofSpans.length === 1 ? only : { type: 'or', items: ofSpans };
  return rest.length === 0
    ? { type: 'span', filter }
    : { type: 'or', items: [{ type: 'span', filter }, ...rest] };
}

const isComparison = (filter: BoundFilter): filter is BoundTest =>
  filter.type === 'test' && filter.match.type === 'compare';

const nameOf = (field: BoundTest['field']): string =>
  field.type === 'builtin' ? field.field.name : `${field.sources.join(' ')} ${field.key}`;

const usageFields = ['trace.cost', 'trace.input_tokens', 'trace.output_tokens'];

export const isOfUsage = ({ name }: BuiltinField): boolean => usageFields.includes(name);

function kindOf({ field }: BoundTest): 'span' | 'trace' | 'usage' | 'score' {
  if (field.type !== 'builtin' || field.field.ofTrace !== true) return 'span';
  if (field.field.type === 'score') return 'score';
  return isOfUsage(field.field) ? 'usage' : 'trace';
}

/** Whether every condition is of this kind: then one lookup answers them together. */
function isAll(filter: BoundFilter, kind: 'trace' | 'usage'): boolean {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.items.every((item) => isAll(item, kind));
    case 'not':
      return isAll(filter.item, kind);
    case 'test':
      return kindOf(filter) === kind;
    default:
      return false;
  }
}
