import { parseJson } from '@sightline/base';

/** A value in a few words, for the line that opens to the whole of it. */
export function previewValue(value: unknown, charsMax = 120): string {
  return shorten(plainValue(value), charsMax);
}

function plainValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.replaceAll(/\s+/g, ' ').trim();
  if (typeof value !== 'object') return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) {
    if (value.length === 0) return 'nothing';
    const texts = value.map(textOfPart);
    if (texts.every((text) => text !== undefined)) return plainValue(texts.join(' '));
    return `${value.length} ${value.length === 1 ? 'item' : 'items'}: ${shorten(JSON.stringify(value[0]), 80)}`;
  }
  const own = textOfPart(value);
  if (own !== undefined) return plainValue(own);
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}`)
    .join(', ')
    .replaceAll(/\s+/g, ' ');
}

/** `{type: 'text', text}` is how tools over MCP answer. */
function textOfPart(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, text } = value as { type?: unknown; text?: unknown };
  return type === 'text' && typeof text === 'string' ? text : undefined;
}

/** The value to unfold: JSON text as what it holds, so that it can be folded and searched. */
export function openedValue(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

export function shorten(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}
