import { inferenceOperations } from './counted-spans.ts';
import { sqlList } from './sql-text.ts';

export interface CountedSpansColumns {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly operation: string;
  readonly responseId: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly costUsd: string;
  /** Whether it reported a usage that cannot be counted: it is a call, of which nobody knows what it cost. */
  readonly isUncountable: string;
}

/** Calls around calls are looked through up to this depth to tell them from calls that are each other's parents. */
const depthMax = 32;

/**
 * `countedSpans` as an aggregate for `GROUP BY project, trace_id`: the ids of the counted spans. It sees direct parents
 * only, so it knows an agent's sum by the calls in the same trace and a wrapper by its child: exact for every recorded
 * dialect, and cheap, since only spans with usage are gathered. In the order of their ids, so that the same spans always give the same.
 */
export function countedSpanIdsSql(columns: CountedSpansColumns): string {
  const isInference = `${columns.operation} IN (${sqlList(inferenceOperations)})`;
  const span = [...keysOf(columns), isInference, columns.responseId, columns.spanId].join(', ');
  const hasUsage = [columns.inputTokens, columns.outputTokens, columns.costUsd]
    .map((column) => `ifNull(${column}, 0) > 0`)
    .join(' OR ')
    .concat(` OR ${columns.isUncountable}`);
  const gathered = `arraySort(groupArrayIf(tuple(${span}), ${hasUsage}))`;
  // Calls of a model where there are any; what reports sums only where there are none.
  const relevant = `arrayFilter(s -> s.3 = arrayExists(x -> x.3, all_), all_)`;
  const once = `arrayFilter((s, i) -> s.4 = '' OR indexOf(responses_, s.4) = i, counted_, arrayEnumerate(counted_))`;
  const counted = bind(
    'around_',
    outwardsSql('relevant_'),
    `arrayFilter(s -> NOT has(around_, s.1), relevant_)`,
  );
  const withResponses = bind('counted_', counted, bind('responses_', `arrayMap(s -> s.4, counted_)`, once));
  const withRelevant = bind('relevant_', relevant, withResponses);
  return `arrayMap(s -> s.5, ${bind('all_', gathered, withRelevant)})`;
}

/**
 * The ids of a span and its parent. Those of embeddings are read backwards, so that they are found among themselves only: one within a call that answers is another call. (A letter
 * behind each id would tell them apart as well, but makes strings of them, which take half as long again to compare.)
 */
function keysOf({
  spanId,
  parentSpanId,
  operation,
}: Pick<CountedSpansColumns, 'spanId' | 'parentSpanId' | 'operation'>): readonly string[] {
  return [spanId, parentSpanId].map((id) => `if(${operation} = 'embedding', reverse(${id}), ${id})`);
}

/**
 * An aggregate for `GROUP BY project, trace_id`: the ids of spans for which `isCall` holds that are directly or by such spans around another for which it holds, and which is alike. Spans
 * that are each other's parents are around nothing but each other, which is nothing.
 */
export function wrapperIdsSql({
  isCall,
  ...columns
}: Pick<CountedSpansColumns, 'spanId' | 'parentSpanId' | 'operation'> & { readonly isCall: string }): string {
  const ids = bind(
    'around_',
    outwardsSql('calls_'),
    `arrayMap(s -> s.3, arrayFilter(s -> has(around_, s.1), calls_))`,
  );
  return bind(
    'calls_',
    `groupArrayIf(tuple(${[...keysOf(columns), columns.spanId].join(', ')}), ${isCall})`,
    ids,
  );
}

/**
 * Of tuples of an id and its parent's: the parents of innermost spans, their parents among the spans, and so on. Mostly the direct parents are all. Where some are neither
 * innermost nor directly around one, it is looked who is around an innermost one at any distance: who is not, stands in a circle of parents.
 */
function outwardsSql(spans: string): string {
  const direct = `arrayMap(s -> s.2, arrayFilter(s -> NOT has(parents_, s.1), ${spans}))`;
  const others = `arrayExists(s -> has(parents_, s.1) AND NOT has(direct_, s.1), ${spans})`;
  const outwards = `arrayFold((reached_, step_) -> arrayDistinct(arrayConcat(reached_, arrayMap(s -> s.2, arrayFilter(s -> has(reached_, s.1), ${spans})))),
    range(if(${others}, least(length(${spans}), ${depthMax}), 0)), direct_)`;
  return bind('parents_', `arrayMap(s -> s.2, ${spans})`, bind('direct_', direct, outwards));
}

// Arrays of one element bind names.
const bind = (name: string, value: string, body: string): string =>
  `arrayMap(${name} -> ${body}, [${value}])[1]`;
