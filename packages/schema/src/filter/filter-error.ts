/** Why a filter cannot be read, and where. A plain value: the parser never throws. */
export interface FilterError {
  /** One sentence naming what was expected and what was found. */
  readonly message: string;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  /** What would have been accepted at the column. */
  readonly expected: string;
  /** The filter, or the part of it around the column, on one line, and under it a caret at the column. */
  readonly caret: string;
}

const caretContext = 60;

export function filterError(
  text: string,
  offset: number,
  problem: { expected: string; found: string },
): FilterError {
  const column = offset + 1;
  return {
    message: `Cannot read the filter at column ${column}: expected ${problem.expected}, found ${problem.found}.`,
    column,
    expected: problem.expected,
    caret: caretLines(text, offset),
  };
}

/** Names what stands at `offset`, for the "found" of a message. */
export function describeAt(text: string, offset: number): string {
  if (offset >= text.length) return 'the end';
  const rest = text.slice(offset, offset + 24);
  const word = /^\s/.test(rest) ? 'a space' : `\`${rest.split(/\s/, 1)[0] ?? ''}\``;
  return word;
}

function caretLines(text: string, offset: number): string {
  const start = Math.max(0, offset - caretContext);
  const end = Math.min(text.length, offset + caretContext);
  const before = start > 0 ? '…' : '';
  const after = end < text.length ? '…' : '';
  const line = text.slice(start, end).replaceAll(/\s/g, ' ');
  return `${before}${line}${after}\n${' '.repeat(before.length + offset - start)}^`;
}
