import type { AttributeValue } from '@sightline/schema/api';
import { anyValueOfJson } from '@sightline/schema/otlp';

/** OTLP/JSON's AnyValue. 64-bit integers are strings. */
export type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number | string }
  | { bytesValue: string }
  | { arrayValue: { values: AnyValue[] } }
  | { kvlistValue: { values: KeyValue[] } }
  | Record<string, never>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A stored value: its text, and one letter for what it was (docs/sql.md). */
export function anyValueOfText(text: string, type: string): AnyValue {
  switch (type) {
    case 'i':
      return { intValue: text };
    case 'd':
      return { doubleValue: doubleOfText(text) };
    case 'b':
      return { boolValue: text === 'true' || text === '1' };
    case 'y':
      return { bytesValue: text };
    case 'j':
      // Not through numbers of JavaScript, which lose digits of integers and the point of 2.0.
      return JSON.parse(`{${anyValueOfJson(text)}}`) as AnyValue;
    case 'n':
      return {};
    default:
      return { stringValue: text };
  }
}

/** A value of the API. Whole numbers become integers: JSON does not tell 1 from 1.0. */
export function anyValueOf(value: AttributeValue): AnyValue {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValueOf) } };
  return { kvlistValue: { values: keyValuesOf(value) } };
}

export function keyValuesOf(attributes: Readonly<Record<string, AttributeValue>>): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValueOf(value) }));
}

/** A stored map: keys, texts and one letter of type each, in one order. */
export function keyValuesOfColumns(
  keys: readonly string[],
  texts: readonly string[],
  types: string,
): KeyValue[] {
  return keys.map((key, index) => ({
    key,
    value: anyValueOfText(texts[index] ?? '', types[index] ?? 's'),
  }));
}

/** Numbers come from SQL as numbers, or as words where JSON has none. */
export function doubleOfText(value: string | number): number | string {
  if (typeof value === 'number') return value;
  const words: Readonly<Record<string, string>> = {
    inf: 'Infinity',
    '-inf': '-Infinity',
    nan: 'NaN',
    '-nan': 'NaN',
  };
  return words[value] ?? Number(value);
}
