/** The text as every database takes it: halves of characters and zero bytes, which a program left behind and nobody wrote, are replaced (U+FFFD). */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A value of JSON without halves of characters: they are replaced in all of its texts and keys. */
export function wellFormedJson(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormedJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormedJson(inner)]),
  );
}
