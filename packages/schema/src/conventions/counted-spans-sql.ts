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

/**
 * `countedSpans` as an aggregate for `GROUP BY project, trace_id`: the ids of the counted spans. It sees direct parents
 * only, so it knows an agent's sum by the calls in the same trace and a wrapper by its child: exact for every recorded
 * dialect, and cheap, since only spans with usage are gathered.
 */
export function countedSpanIdsSql(columns: CountedSpansColumns): string {
  const isInference = `${columns.operation} IN (${sqlList(inferenceOperations)})`;
  const span = [columns.spanId, columns.parentSpanId, isInference, columns.responseId].join(', ');
  const hasUsage = [columns.inputTokens, columns.outputTokens, columns.costUsd]
    .map((column) => `ifNull(${column}, 0) > 0`)
    .join(' OR ');
  const gathered = `groupArrayIf(tuple(${span}), ${hasUsage})`;
  // Calls of a model where there are any; what reports sums only where there are none.
  const relevant = `arrayFilter(s -> s.3 = arrayExists(x -> x.3, all_), all_)`;
  const innermost = `arrayFilter(s -> NOT has(parents_, s.1), relevant_)`;
  const once = `arrayFilter((s, i) -> s.4 = '' OR indexOf(responses_, s.4) = i, counted_, arrayEnumerate(counted_))`;
  // Arrays of one element bind names.
  const counted = `arrayMap(counted_ -> arrayMap(responses_ -> ${once}, [arrayMap(s -> s.4, counted_)])[1], [${innermost}])[1]`;
  const withParents = `arrayMap(relevant_ -> arrayMap(parents_ -> ${counted}, [arrayMap(s -> s.2, relevant_)])[1], [${relevant}])[1]`;
  return `arrayMap(s -> s.1, arrayMap(all_ -> ${withParents}, [${gathered}])[1])`;
}
