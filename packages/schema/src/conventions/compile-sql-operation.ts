import { fieldCode, isPlainMap } from './coded-sources.ts';
import { numbersSql, wordsSql } from './sql-text.ts';
import { namedOperations, withoutNames } from './named-operations.ts';
import { operationField, plainOperations } from './operation-table.ts';

const operations = [...new Set(operationField.sources.flatMap((source) => Object.values(source.map ?? {})))];

interface OperationHits {
  readonly keys: string;
  /** `key=value` of each, in lower case. */
  readonly pairs: string;
  readonly otherCode: string;
  readonly otherValue: string;
}

/**
 * The operation of the first source that knows the value, '' for none. Plain maps are looked up as `key=value` and, for
 * those that take any value, as key; `otherCode` and `otherValue` are the first hit among the remaining sources.
 */
export function operationSql({ keys, pairs: pairTexts, otherCode, otherValue }: OperationHits): string {
  const pairs: Coded[] = [];
  const present: Coded[] = [];
  for (const [rank, source] of operationField.sources.entries()) {
    if (!isPlainMap(source)) continue;
    for (const [value, operation] of Object.entries(source.map ?? {})) {
      const code = rank * operations.length + operations.indexOf(operation) + 1;
      if (value === '*') present.push({ text: source.name, code });
      else pairs.push({ text: `${source.name}=${value}`, code });
    }
  }
  const code = `least(${lookUp('pair_', pairs)}, if(pair_ = concat(key_, '='), ${none}, ${lookUp('key_', present)}))`;
  // An array that is empty has the minimum 0.
  const first = `arrayMin(arrayPushBack(arrayMap((key_, pair_) -> ${code}, ${keys}, ${pairTexts}), toUInt16(${none})))`;
  const rank = `intDiv(code_ - 1, ${operations.length})`;
  const isOther = `${otherCode} != 0 AND ${otherCode} - ${fieldCode('operation')} < ${rank}`;
  const name = `${wordsSql(operations)}[(code_ - 1) % ${operations.length} + 1]`;
  return `arrayMap(code_ -> if(${isOther}, ${otherValue}, if(code_ = ${none}, '', ${name})), [${first}])[1]`;
}

interface Coded {
  readonly text: string;
  readonly code: number;
}

const none = 65_535;

function lookUp(key: string, coded: readonly Coded[]): string {
  const codes = numbersSql(
    coded.map((each) => each.code),
    'UInt16',
  );
  return `transform(${key}, ${wordsSql(coded.map((each) => each.text))}, ${codes}, toUInt16(${none}))`;
}

/** What a key is. Those of other conventions have their rank, from 1; then come those that tell whose span it is, those that tell of a step, and what nobody reads. */
export const keyCode = { identity: 253, step: 254, unknown: 255 } as const;

export function keyCodesSql(
  telling: Readonly<Record<'identity' | 'step', readonly string[]>>,
  keys: string,
): string {
  const coded = [
    ...plainOperations.map(({ name }, index) => ({ name, code: index + 1 })),
    ...telling.identity.map((name) => ({ name, code: keyCode.identity })),
    ...telling.step.map((name) => ({ name, code: keyCode.step })),
  ];
  const names = wordsSql(coded.map(({ name }) => name));
  const codes = numbersSql(
    coded.map(({ code }) => code),
    'UInt8',
  );
  return `arrayMap(key_ -> transform(key_, ${names}, ${codes}, toUInt8(${keyCode.unknown})), ${keys})`;
}

/** `operation` where no attribute of a step of an AI system was recognised: by the span's name, or by the other conventions' telling attributes. */
export function plainOperationSql(operation: string, keyCodes: string, spanName: string): string {
  const ranks = numbersSql(
    plainOperations.map((_, index) => index + 1),
    'UInt8',
  );
  const known = wordsSql(plainOperations.map((plain) => plain.operation));
  // An empty array has the minimum 0, which is no rank, so such spans are `other` too.
  const byAttributes = `transform(arrayMin(${keyCodes}), ${ranks}, ${known}, 'other')`;
  const names = wordsSql(Object.keys(namedOperations));
  const byName = `transform(toString(${spanName}), ${names}, ${wordsSql(Object.values(namedOperations))}, '')`;
  const told = `arrayMap((named_, plain_) -> if(named_ = '' OR plain_ IN (${wordsSql(withoutNames)}), plain_, named_), [${byName}], [${byAttributes}])[1]`;
  return `if(${operation} != '', ${operation}, ${told})`;
}
