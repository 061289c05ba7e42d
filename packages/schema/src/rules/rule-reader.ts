/** Reads the small pieces of a rule: words, numbers, arguments in parentheses, the text of a clause. */
import { RuleSyntaxError, ruleProblem } from './rule-problem.ts';
import { clauseWords, conditionWords } from './rule-words.ts';

const numberAt = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w.%])/iy;
const wordAt = /[\w.$%µ]+/y;
const fieldAt = /(?:(?:attr|resource)\.)?(?:"(?:[^"\\]|\\.)*"|[\w.:@/-]+)/y;
/** What ends a filter: a clause, or a condition at the very end. */
const finalCondition = /\s(?:>=|<=|==|!=|>|<)\s*\S+(?:\s+recover\s+(?:>=|<=|>|<)\s*\S+)?\s*$/;

export class RuleReader {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
  }

  fail(
    expected: string,
    {
      at = this.position,
      ...rest
    }: { readonly at?: number; readonly found?: string; readonly hint?: string } = {},
  ): never {
    throw new RuleSyntaxError(ruleProblem(this.text, at, { expected, ...rest }));
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.position < this.text.length) this.fail('the end');
  }

  word(): string {
    return this.#take(wordAt);
  }

  field(): string {
    return this.#take(fieldAt);
  }

  tryWord(word: string): boolean {
    const before = this.position;
    this.skipSpace();
    if (this.word().toLowerCase() === word) return true;
    this.position = before;
    return false;
  }

  tryChar(char: string): boolean {
    const before = this.position;
    this.skipSpace();
    if (this.text[this.position] === char) {
      this.position++;
      return true;
    }
    this.position = before;
    return false;
  }

  tryOneOf<Written extends string>(options: readonly Written[]): Written | undefined {
    const before = this.position;
    this.skipSpace();
    const found = options.find((option) => this.text.startsWith(option, this.position));
    this.position = found === undefined ? before : this.position + found.length;
    return found;
  }

  tryNumber(): number | undefined {
    const text = this.#take(numberAt);
    return text === '' ? undefined : Number(text);
  }

  tryQuoted(): string | undefined {
    const text = this.#take(/"(?:[^"\\]|\\.)*"/y);
    return text === '' ? undefined : text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  }

  /** `( … )` directly here: what is inside, with where it starts. */
  tryArgument(): { readonly text: string; readonly start: number } | undefined {
    if (this.text[this.position] !== '(') return undefined;
    const open = this.position;
    let depth = 0;
    for (let at = open; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '"') at = this.#endOfQuoted(at);
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) {
        const inside = this.text.slice(open + 1, at);
        this.position = at + 1;
        return { text: inside.trim(), start: open + 1 + (inside.length - inside.trimStart().length) };
      }
    }
    return this.fail('a closing `)`', { at: this.text.length });
  }

  /** The text up to the next clause or the final condition. A word of a clause in a filter is put in quotes. */
  clause(): string {
    const start = this.position;
    let end = this.text.length;
    let depth = 0;
    for (let at = start; at < this.text.length; at++) {
      const char = this.text[at] ?? '';
      if (char === '"') at = this.#endOfQuoted(at);
      else if (char === '(') depth++;
      else if (char === ')') depth--;
      else if (depth === 0 && at > start && /\s/.test(this.text[at - 1] ?? '') && this.#clauseBegins(at)) {
        end = at;
        break;
      }
    }
    if (end === this.text.length) {
      const final = finalCondition.exec(this.text.slice(start));
      if (final !== null) end = start + final.index;
    }
    this.position = end;
    return this.text.slice(start, end).trim();
  }

  #clauseBegins(at: number): boolean {
    const word = /^[a-z]+(?=\s|$)/i.exec(this.text.slice(at, at + 12))?.[0].toLowerCase() ?? '';
    return clauseWords.includes(word) || conditionWords.includes(word);
  }

  #endOfQuoted(open: number): number {
    for (let at = open + 1; at < this.text.length; at++) {
      if (this.text[at] === '\\') at++;
      else if (this.text[at] === '"') return at;
    }
    return this.fail('a closing `"`', { at: this.text.length });
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.position += found.length;
    return found;
  }
}
