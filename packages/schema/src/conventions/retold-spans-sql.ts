import { bind } from './sql-text.ts';

export interface TellingColumns {
  readonly spanId: string;
  readonly operation: string;
  readonly responseId: string;
  readonly model: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly cacheReadTokens: string;
  readonly costUsd: string;
  readonly service: string;
  readonly scope: string;
  readonly startNanos: string;
  readonly endNanos: string;
}

/** What a gathered span holds besides: scope, from, to, facts, usage. A span without a usage or a model is like no other. Numbers: texts take longer to sort. */
export function tellingSql(columns: TellingColumns): string {
  const { spanId, operation, responseId, model, inputTokens, outputTokens, startNanos, endNanos } = columns;
  const [input, output] = [inputTokens, outputTokens].map((tokens) => `ifNull(${tokens}, 0)`);
  return [
    `cityHash64(${columns.scope})`,
    `if(${startNanos} = ${endNanos}, ${startNanos} - 1000000000, ${startNanos})`,
    endNanos,
    `4 * isNotNull(${columns.costUsd}) + 2 * isNotNull(${columns.cacheReadTokens}) + (${responseId} != '')`,
    `if(${model} = '' OR ${input} + ${output} = 0, cityHash64(${spanId}), cityHash64(${columns.service}, ${operation} = 'embedding', ${model}, ${input}, ${output}))`,
  ].join(', ');
}

/** `withoutRetold` over tuples with an id at `places.id` and what `tellingSql` gives from `places.telling` on: their ids. */
export function retoldOnceSql(
  spans: string,
  places: { readonly id: number; readonly telling: number },
): string {
  const [scope, from, to, facts, usage] = [0, 1, 2, 3, 4].map((offset) => `s.${places.telling + offset}`);
  const told = `arraySort(arrayDistinct(arrayMap(s -> tuple(${usage}, ${to}, ${from}, ${scope}, s.${places.id}, ${facts}), ${spans})))`;
  const groups = `arrayCumSum((s, before) -> s.1 != before.1 OR s.3 >= before.2, told_, arrayPopBack(arrayPushFront(told_, told_[1])))`;
  const calls = `arrayReverseSort(arrayMap((s, group, nth) -> tuple(group, nth, s.6, s.5), told_, groups_, arrayEnumerateUniq(groups_, arrayMap(s -> s.4, told_))))`;
  const first = `arrayMap(call -> call.4, arrayFilter((call, nth) -> nth = 1, calls_, arrayEnumerateUniq(arrayMap(call -> tuple(call.1, call.2), calls_))))`;
  return bind('told_', told, bind('groups_', groups, bind('calls_', calls, first)));
}
