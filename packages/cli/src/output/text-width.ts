import { stripVTControlCharacters } from 'node:util';

/** Columns a text takes on a terminal: colours take none, wide letters and emoji two. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of stripVTControlCharacters(text)) width += letterWidth(letter.codePointAt(0) ?? 0);
  return width;
}

/** The beginning of a plain text that fits, with `…` where something was cut. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const letter of text) {
    const next = letterWidth(letter.codePointAt(0) ?? 0);
    if (used + next > width - 1) break;
    cut += letter;
    used += next;
  }
  return `${cut}…`;
}

export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** East Asian wide and fullwidth ranges and emoji; combining marks take no place. */
function letterWidth(code: number): number {
  if (code < 0x300) return 1;
  if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) || code === 0xfe0f) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}
