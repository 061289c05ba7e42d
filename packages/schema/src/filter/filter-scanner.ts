/**
 * Reads the small pieces of a filter: words, quoted strings, regular expressions, operators. It holds one position that
 * only moves forward, so every loop over it ends.
 */
import { describeAt, filterError, type FilterError } from './filter-error.ts';
import type { FilterOperator, FilterValue, TextRange } from './filter-node.ts';

/** Carries a FilterError up to the one place that catches it; never leaves the parser. */
export class FilterSyntaxError extends Error {
  readonly problem: FilterError;

  constructor(problem: FilterError) {
    super(problem.message);
    this.problem = problem;
  }
}

export interface Word {
  /** The pieces between unescaped stars; one piece when there is no star. */
  readonly parts: readonly string[];
  readonly range: TextRange;
}

export type WrittenOperator = FilterOperator | '=' | '!=';

const operatorAt = /(?:!=|>=|<=|:|=|>|<)/y;
const keywordAt = /(AND|OR|NOT)(?=[\s()"]|$)/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

export class FilterScanner {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  peek(offset = 0): string {
    return this.text[this.position + offset] ?? '';
  }

  skipSpace(): void {
    while (isSpace(this.peek())) this.position++;
  }

  tryChar(char: string): boolean {
    if (this.peek() !== char) return false;
    this.position++;
    return true;
  }

  peekKeyword(): string | undefined {
    keywordAt.lastIndex = this.position;
    return keywordAt.exec(this.text)?.[1];
  }

  tryKeyword(keyword: string): boolean {
    if (this.peekKeyword() !== keyword) return false;
    this.position += keyword.length;
    return true;
  }

  peekOperator(): WrittenOperator | undefined {
    operatorAt.lastIndex = this.position;
    return operatorAt.exec(this.text)?.[0] as WrittenOperator | undefined;
  }

  /** Reads up to a space, parenthesis, quote, or one of the operators when `stopAtOperators`. May be empty. */
  word(stopAtOperators: boolean): Word {
    const start = this.position;
    const parts: string[] = [];
    let part = '';
    while (!this.atEnd) {
      const char = this.peek();
      if (isSpace(char) || char === '(' || char === ')' || char === '"') break;
      if (stopAtOperators && this.peekOperator() !== undefined) break;
      this.position++;
      if (char === '\\') part += this.#escaped();
      else if (char === '*') {
        parts.push(part);
        part = '';
      } else part += char;
    }
    return { parts: [...parts, part], range: { start, end: this.position } };
  }

  /** Reads a string in double quotes; the position is on the opening one. */
  quoted(): { readonly text: string; readonly range: TextRange } {
    const start = this.position;
    this.position++;
    let text = '';
    while (this.peek() !== '"') {
      if (this.atEnd) this.fail('a closing `"`');
      const char = this.peek();
      this.position++;
      text += char === '\\' ? this.#escaped() : char;
    }
    this.position++;
    return { text, range: { start, end: this.position } };
  }

  /** Reads `/…/` when the text here is one, that is when its first bare slash ends the value; else nothing. */
  tryRegex(): FilterValue | undefined {
    if (this.peek() !== '/') return undefined;
    const start = this.position;
    let source = '';
    let at = start + 1;
    for (; at < this.text.length && this.text[at] !== '/'; at++) {
      const char = this.text[at] ?? '';
      if (char !== '\\') {
        source += char;
        continue;
      }
      at++;
      const next = this.text[at] ?? '';
      source += next === '/' ? '/' : char + next;
    }
    if (this.text[at] !== '/' || source === '' || !endsValue(this.text[at + 1] ?? '')) return undefined;
    this.position = at + 1;
    return { type: 'regex', source, range: { start, end: this.position } };
  }

  /** A value must be followed by a space, `)` or the end. */
  expectValueEnd(): void {
    if (!endsValue(this.peek())) this.fail('a space or `)` (put values with special characters in quotes)');
  }

  fail(expected: string, offset = this.position): never {
    throw new FilterSyntaxError(
      filterError(this.text, offset, { expected, found: describeAt(this.text, offset) }),
    );
  }

  #escaped(): string {
    if (this.atEnd) this.fail('a character after `\\`');
    const char = this.peek();
    this.position++;
    return escapes[char] ?? char;
  }
}

function isSpace(char: string): boolean {
  return char !== '' && /\s/.test(char);
}

function endsValue(char: string): boolean {
  return char === '' || char === ')' || isSpace(char);
}
