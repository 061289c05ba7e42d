import { inferenceOperations } from './counted-spans.ts';
import { inputBits, type TellingColumns, tellingSql, retoldOnceSql } from './retold-spans-sql.ts';
import { bind, membersSql, sqlList } from './sql-text.ts';

export interface CountedSpansColumns extends TellingColumns {
  readonly parentSpanId: string;
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
  const { responseId, spanId } = columns;
  const response = `if(${responseId} = '', toUInt64(0), cityHash64(${responseId}))`;
  const span = [...keysOf(columns), isInference, response, spanId, tellingSql(columns)].join(', ');
  const hasUsage = [columns.inputTokens, columns.outputTokens, columns.costUsd]
    .map((column) => `ifNull(${column}, 0) > 0`)
    .join(' OR ')
    .concat(` OR ${columns.isUncountable}`);
  const gathered = `arraySort(groupArrayIf(tuple(${span}), ${hasUsage}))`;
  // Calls of a model where there are any; what reports sums only where there are none.
  const relevant = bind('any_', `arrayExists(x -> x.3, all_)`, `arrayFilter(s -> s.3 = any_, all_)`);
  const wraps = membersSql('arrayMap(s -> s.1, relevant_)', 'around_');
  const counted = bind('around_', outwardsSql('relevant_'), bind('wraps_', wraps, oncePerResponse));
  const withResponses = bind('counted_', counted, retoldOnceSql('counted_', { id: 5, telling: 6 }));
  const withRelevant = bind('relevant_', relevant, withResponses);
  return bind('all_', gathered, withRelevant);
}

/**
 * Innermost calls and, of those with one response, what tells most of it, which may stand around them: of several that tell as much an innermost one, with the most input, the first
 * by id.
 */
const oncePerResponse = bind(
  'placed_',
  `arraySort(arrayMap((s, in_) -> tuple(bitNot(bitShiftRight(s.9, ${inputBits})), in_, bitNot(s.9), s.5, s), relevant_, wraps_))`,
  bind(
    'candidates_',
    `arrayFilter((p, answers_) -> NOT p.2 OR (p.5.4 != 0 AND answers_), placed_, ${membersSql(
      'arrayMap(p -> p.5.4, placed_)',
      'arrayMap(p -> p.5.4, arrayFilter(p -> NOT p.2, placed_))',
    )})`,
    `arrayMap(p -> p.5, arrayFilter((p, nth_) -> p.5.4 = 0 OR nth_ = 1, candidates_, arrayEnumerateUniq(arrayMap(p -> p.5.4, candidates_))))`,
  ),
);

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
    `arrayMap(s -> s.3, arrayFilter((s, in_) -> in_, calls_, ${membersSql('arrayMap(s -> s.1, calls_)', 'around_')}))`,
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
  const ids = `arrayMap(s -> s.1, ${spans})`;
  const direct = `arrayMap(s -> s.2, arrayFilter((s, in_) -> NOT in_, ${spans}, are_parents_))`;
  const others = `arrayExists((is_parent_, is_direct_) -> is_parent_ AND NOT is_direct_, are_parents_, ${membersSql(ids, 'direct_')})`;
  const outwards = `arrayFold((reached_, step_) -> arrayDistinct(arrayConcat(reached_, arrayMap(s -> s.2, arrayFilter((s, in_) -> in_, ${spans}, ${membersSql(ids, 'reached_')})))),
    range(if(${others}, least(length(${spans}), ${depthMax}), 0)), direct_)`;
  const withParents = bind('are_parents_', membersSql(ids, 'parents_'), bind('direct_', direct, outwards));
  return bind('parents_', `arrayMap(s -> s.2, ${spans})`, withParents);
}
