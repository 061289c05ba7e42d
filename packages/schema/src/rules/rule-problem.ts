/** Why a rule cannot be read, and where. A plain value: the parser never throws. */
export interface RuleSyntaxProblem {
  readonly message: string;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  /** The rule, or the part of it around the column, on one line, and under it a caret. */
  readonly caret: string;
  /** What to write instead; '' where nothing is near. */
  readonly hint: string;
}

/** Carries a problem up to the one place that catches it. */
export class RuleSyntaxError extends Error {
  readonly problem: RuleSyntaxProblem;

  constructor(problem: RuleSyntaxProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function ruleProblem(
  text: string,
  offset: number,
  {
    expected,
    found,
    hint = '',
  }: { readonly expected: string; readonly found?: string; readonly hint?: string },
): RuleSyntaxProblem {
  const column = offset + 1;
  return {
    message: `Cannot read the rule at column ${column}: expected ${expected}, found ${found ?? describe(text, offset)}.`,
    column,
    caret: caretLines(text, offset),
    hint,
  };
}

const caretContext = 60;

export function caretLines(text: string, offset: number): string {
  const start = Math.max(0, offset - caretContext);
  const end = Math.min(text.length, offset + caretContext);
  const before = start > 0 ? '…' : '';
  const line = text.slice(start, end).replaceAll(/\s/g, ' ');
  return `${before}${line}${end < text.length ? '…' : ''}\n${' '.repeat(before.length + offset - start)}^`;
}

function describe(text: string, offset: number): string {
  if (offset >= text.length) return 'the end';
  const word = /^(?:[\w.$]+|\s+|.)/su.exec(text.slice(offset, offset + 40))?.[0] ?? '';
  return word.trim() === '' ? 'a space' : `\`${word}\``;
}
