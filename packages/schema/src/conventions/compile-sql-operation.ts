import { fieldCode, isPlainMap } from './coded-sources.ts';
import { numbersSql, wordsSql } from './sql-text.ts';
import { operationField, plainOperations } from './operation-table.ts';

const operations = [...new Set(operationField.sources.flatMap((source) => Object.values(source.map ?? {})))];

interface OperationHits {
  readonly keys: string;
  readonly values: string;
  readonly otherCode: string;
  readonly otherValue: string;
}

/** Longer than any value in the maps; a payload must not be lower-cased whole. */
const valueLengthMax = 48;

/**
 * The operation of the first source that knows the value, '' for none. Plain maps are looked up as `key=value` and, for
 * those that take any value, as key; `otherCode` and `otherValue` are the first hit among the remaining sources.
 */
export function operationSql({ keys, values, otherCode, otherValue }: OperationHits): string {
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
  const pair = `concat(key_, '=', lower(left(value_, ${valueLengthMax})))`;
  const code = `least(${lookUp(pair, pairs)}, if(value_ = '', ${none}, ${lookUp('key_', present)}))`;
  // An array that is empty has the minimum 0.
  const first = `arrayMin(arrayPushBack(arrayMap((key_, value_) -> ${code}, ${keys}, ${values}), toUInt16(${none})))`;
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

/** `operation` where no step of an AI system was recognised: by the other conventions' telling attributes. */
export function plainOperationSql(operation: string, attributes: string): string {
  const ranks = numbersSql(
    plainOperations.map((_, index) => index + 1),
    'UInt8',
  );
  const names = wordsSql(plainOperations.map((plain) => plain.name));
  const known = wordsSql(plainOperations.map((plain) => plain.operation));
  // An empty array has the minimum 0, which is no rank, so such spans are `other` too.
  const rank = `arrayMin(arrayMap(key_ -> transform(key_, ${names}, ${ranks}, toUInt8(255)), mapKeys(${attributes})))`;
  return `if(${operation} != '', ${operation}, transform(${rank}, ${ranks}, ${known}, 'other'))`;
}
