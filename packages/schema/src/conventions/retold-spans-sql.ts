import { versionDate } from './retold-spans.ts';
import { bind } from './sql-text.ts';

export interface TellingColumns {
  readonly spanId: string;
  readonly operation: string;
  readonly responseId: string;
  readonly model: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  /** How much it tells of what it used: `toldSql`. */
  readonly told: string;
  readonly service: string;
  readonly scope: string;
  readonly startNanos: string;
  readonly endNanos: string;
}

export interface ToldColumns {
  /** Null for unknown. */
  readonly costUsd: string;
  /** Null for not told: cached, reasoning, audio. */
  readonly parts: readonly string[];
  readonly serviceTier: string;
}

/**
 * How much a span tells of what its call used, as a number: a cost first; then parts of its tokens, of which eight noughts weigh less than one part that is there; a service tier in between, since
 * who tells that it was the usual one may leave cached tokens out.
 */
export function toldSql({ costUsd, parts, serviceTier }: ToldColumns): string {
  const told = parts.map((part) => `ifNull(1 + 7 * (${part} > 0), 0)`).join(' + ');
  return `128 * isNotNull(${costUsd}) + 2 * (${serviceTier} != '') + ${told}`;
}

/** Beside what a span tells stands how much input it tells of: no call has more than this holds. */
export const inputBits = 40;

/** The model without the date of its version. */
export const modelNameSql = (model: string): string => `replaceRegexpOne(${model}, '${versionDate}', '')`;

/** What a gathered span holds besides: scope, from, to, facts, usage. A span without a usage or a model is like no other. Numbers: texts take longer to sort. */
export function tellingSql(columns: TellingColumns): string {
  const { spanId, operation, responseId, model, inputTokens, outputTokens, startNanos, endNanos, told } =
    columns;
  const [input, output] = [inputTokens, outputTokens].map((tokens) => `ifNull(${tokens}, 0)`);
  return [
    `cityHash64(${columns.scope})`,
    `if(${startNanos} = ${endNanos}, ${startNanos} - 1000000000, ${startNanos})`,
    endNanos,
    `bitShiftLeft(toUInt64(2 * (${told}) + (${responseId} != '')), ${inputBits}) + least(toUInt64(${input}), ${2 ** inputBits - 1})`,
    `if(${model} = '' OR ${input} + ${output} = 0, cityHash64(${spanId}), cityHash64(${columns.service}, ${operation} = 'embedding', ${modelNameSql(model)}, ${input}, ${output}))`,
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
