import { isUtf8 } from 'node:buffer';

/** From here on the engine's vectorised check wins over a loop, in spite of the view it needs. */
const longTextBytes = 192;

/** Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates). Allocates nothing for short text. */
export function isWellFormedUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start >= longTextBytes) return isUtf8(bytes.subarray(start, end));
  for (let i = start; i < end; i++) {
    if ((bytes[i] as number) >= 0x80) return isUtf8(bytes.subarray(i, end));
  }
  return true;
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** The text with every malformed sequence replaced by U+FFFD, as the Unicode standard recommends. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** The largest cut at or before `limit` that does not split a character. */
export function utf8Boundary(bytes: Uint8Array, start: number, limit: number): number {
  let cut = limit;
  while (cut > start && cut > limit - 4 && ((bytes[cut] as number) & 0xc0) === 0x80) cut--;
  return cut;
}
