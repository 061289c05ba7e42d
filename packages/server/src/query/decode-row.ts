/** From what the engine returns (64-bit integers as strings, times with a space, maps as two arrays) to the API's values. */
import { ensure, ownValue } from '@sightline/base';
import type { AttributeValue } from '@sightline/schema/api';

/** A map as read: keys, values and one character of type per entry, in the same order. */
export interface StoredAttributes {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly types: string;
}

/** Of a key that came more than once the first value, which is what filters see. */
export function decodeAttributes({ keys, values, types }: StoredAttributes): Record<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const [index, key] of keys.entries())
    if (!attributes.has(key)) attributes.set(key, decodeValue(values[index] ?? '', types[index] ?? 's'));
  // fromEntries makes own properties of every name, also of `__proto__`.
  return Object.fromEntries(attributes);
}

export function decodeValue(text: string, type: string): AttributeValue {
  switch (type) {
    case 'i': {
      const value = Number(text);
      return Number.isSafeInteger(value) ? value : text;
    }
    case 'd': {
      const value = Number(text);
      return text !== '' && Number.isFinite(value) ? value : (ownValue(special, text) ?? text);
    }
    case 'b':
      return text === 'true' || text === '1';
    case 'j':
      return decodeJson(text);
    case 'n':
      return null;
    default:
      return text;
  }
}

const special: Readonly<Record<string, string>> = { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' };

function decodeJson(text: string): AttributeValue {
  try {
    // A number of so many digits may lose some: it stays text, as it does outside of lists and maps.
    return (longDigits.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as AttributeValue;
  } catch {
    // Cut short for a list, or never JSON.
    return text;
  }
}

const longDigits = /\d{16}/;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isLarge = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value;
}

/** `2026-11-21 10:00:00.123456789` is RFC 3339 but for two characters. */
export function decodeTime(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11)}Z`;
}

/** Times before 1970-01-01T00:00:00.000000001Z mean that none was given. */
export function decodeOptionalTime(text: string): string | null {
  return text.startsWith('1970-01-01 00:00:00.000000000') ? null : decodeTime(text);
}

export function nanosToMs(nanos: string | number): number {
  return Number(nanos) / 1e6;
}

export function decodeCount(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}

export function textOrNull(text: string): string | null {
  return text === '' ? null : text;
}

export function idOrNull(hex: string): string | null {
  return /^0*$/.test(hex) ? null : hex;
}

/** `words[number]`, or the first word for a number out of range. */
export function decodeWord<Word extends string>(words: readonly Word[], number: number): Word {
  return ensure(words[number] ?? words[0], 'a vocabulary');
}

/** JSON has no NaN. A cost that is not a number is unknown. */
export function decodeCost(cost: number | null): number | null {
  return typeof cost === 'number' && Number.isFinite(cost) ? cost : null;
}
