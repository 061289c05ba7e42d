import { parseJson } from '@sightline/base';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text of a list or map as its value; anything else as it is. */
export function structured(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/** Values are kept up to here: `defaultAdmissionLimits`. A character has up to four bytes. */
const keptBytesMax = 1_048_576;
const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/** As long as what is kept at most: what came behind is lost. */
export function isCutText(value: string): boolean {
  if (value.length > keptBytesMax || value.length < keptBytesMax / 4) return false;
  const bytes = new TextEncoder().encode(value).length;
  return bytes > keptBytesMax - 4 && bytes <= keptBytesMax;
}

/**
 * The value of JSON text whose end is lost, with what is left of it: a text that was cut ends there; a key or a number that was cut is left out. undefined where nothing
 * can be made of it.
 */
export function structuredBeginning(text: string): unknown {
  const { open, isInText, end, comma } = scan(text);
  const candidates = [
    `${text.slice(0, end)}${isInText ? '"' : ''}${closing(open)}`,
    ...(comma < 0 ? [] : [text.slice(0, comma) + closing(scan(text.slice(0, comma)).open)]),
  ];
  for (const candidate of candidates) {
    const value = structured(candidate);
    if (typeof value !== 'string') return value;
  }
  return undefined;
}

/** What stands open at the end of a beginning of JSON, where its last whole character ends, and its last comma. */
function scan(text: string): {
  readonly open: readonly string[];
  readonly isInText: boolean;
  readonly end: number;
  readonly comma: number;
} {
  const open: string[] = [];
  let isInText = false;
  let comma = -1;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (isInText) {
      if (character === '"') isInText = false;
      if (character !== '\\') continue;
      const length = text[at + 1] === 'u' ? 6 : 2;
      if (at + length > text.length) return { open, isInText, end: at, comma };
      at += length - 1;
    } else if (character === '"') isInText = true;
    else if (character === '[' || character === '{') open.push(character);
    else if (character === ']' || character === '}') open.pop();
    else if (character === ',') comma = at;
  }
  return { open, isInText, end: text.length, comma };
}

function closing(open: readonly string[]): string {
  return open
    .map((each) => closers[each] ?? '')
    .toReversed()
    .join('');
}

/** LangWatch wraps what goes in and comes out into its type, lists of it too. */
export function langwatchValue(value: unknown): unknown {
  const wrapped = structured(value);
  if (!isRecord(wrapped) || typeof wrapped['type'] !== 'string' || !('value' in wrapped)) return value;
  const inner = wrapped['value'];
  return wrapped['type'] === 'list' && Array.isArray(inner) ? inner.flatMap(langwatchValue) : inner;
}

/** JSON text of a string as that string; anything else as it is. Some senders write every value as JSON. */
export function unquoted(value: unknown): unknown {
  return typeof value === 'string' && /^".*"$/s.test(value) ? parsed(value) : value;
}

/** As `structured`, and JSON text of strings, numbers and truth values too. For payloads that are always JSON. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The first of `keys` that the record has a value for. */
export function pick(record: JsonRecord, ...keys: readonly string[]): unknown {
  for (const key of keys) if (record[key] !== undefined && record[key] !== null) return record[key];
  return undefined;
}

export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
