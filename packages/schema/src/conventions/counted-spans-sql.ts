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
  const span = [columns.spanId, columns.parentSpanId, isInference, columns.responseId].join(', ');
  const hasUsage = [columns.inputTokens, columns.outputTokens, columns.costUsd]
    .map((column) => `ifNull(${column}, 0) > 0`)
    .join(' OR ');
  const gathered = `arraySort(groupArrayIf(tuple(${span}), ${hasUsage}))`;
  // Calls of a model where there are any; what reports sums only where there are none.
  const relevant = `arrayFilter(s -> s.3 = arrayExists(x -> x.3, all_), all_)`;
  const innermost = `arrayFilter(s -> NOT has(parents_, s.1), relevant_)`;
  // Usually these are all. Where some are neither innermost nor directly around one, it is looked who is around an innermost one at any distance:
  // who is not, stands in a circle of parents, and counts.
  const around = `arrayMap(s -> s.2, innermost_)`;
  const others = `arrayFilter(s -> has(parents_, s.1) AND NOT has(around_, s.1), relevant_)`;
  const outwards = `arrayFold((reached_, step_) -> arrayDistinct(arrayConcat(reached_, arrayMap(s -> s.2, arrayFilter(s -> has(reached_, s.1), relevant_)))),
    range(if(empty(others_), 0, least(length(relevant_), ${depthMax}))), around_)`;
  const once = `arrayFilter((s, i) -> s.4 = '' OR indexOf(responses_, s.4) = i, counted_, arrayEnumerate(counted_))`;
  // Arrays of one element bind names.
  const bind = (name: string, value: string, body: string): string =>
    `arrayMap(${name} -> ${body}, [${value}])[1]`;
  const circles = bind(
    'around_',
    around,
    bind(
      'others_',
      others,
      bind('outwards_', outwards, `arrayFilter(s -> NOT has(outwards_, s.1), others_)`),
    ),
  );
  const counted = bind('innermost_', innermost, `arrayConcat(innermost_, ${circles})`);
  const withResponses = bind('counted_', counted, bind('responses_', `arrayMap(s -> s.4, counted_)`, once));
  const withParents = bind(
    'relevant_',
    relevant,
    bind('parents_', `arrayMap(s -> s.2, relevant_)`, withResponses),
  );
  return `arrayMap(s -> s.1, ${bind('all_', gathered, withParents)})`;
}
