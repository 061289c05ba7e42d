import { refusal } from './refusal.ts';
import type { StoreError } from '../../telemetry-store.ts';
import type { Expression, Query } from './tree.ts';
import { place, type Token, tokenize } from './tokens.ts';

/** Brackets, CASE, functions and subqueries within one another. */
const nestingMax = 120;

/** Words that end a list, so that none of them is a name without quotes. */
const reserved = new Set(
  `ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY COLLATE CROSS DESC DISTINCT DIV ELSE END EXCEPT FETCH FILL FINAL FORMAT FROM FULL
  GLOBAL GROUP HAVING ILIKE IN INNER INTERPOLATE INTERSECT INTO IS JOIN LEFT LIKE LIMIT MOD NOT NULLS OFFSET ON OR ORDER PASTE PREWHERE QUALIFY REGEXP
  RIGHT SAMPLE SELECT SEMI SETTINGS STEP THEN TO UNION USING WHEN WHERE WINDOW WITH`.split(/\s+/),
);

/** What reads the two things that hold each other. */
export interface Parsers {
  readonly query: (reader: TokenReader) => Query;
  readonly expression: (reader: TokenReader) => Expression;
}

/** Goes through the tokens of one statement. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #sql: string;
  readonly #parsers: Parsers;
  #next = 0;
  #nesting = 0;

  constructor(sql: string, parsers: Parsers) {
    this.#sql = sql;
    this.#tokens = tokenize(sql);
    this.#parsers = parsers;
  }

  /** The token after the next `ahead`. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#next += 1;
    return token;
  }

  isSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'sign' && token.text === text;
  }

  /** Whether these words come next, in any case. */
  isWords(words: string, ahead = 0): boolean {
    // Asked thirty times for each SELECT: nothing is split for what begins otherwise.
    const first = this.peek(ahead);
    if (first.kind !== 'word' || !words.startsWith(first.upper)) return false;
    return words.split(' ').every((word, index) => {
      const token = this.peek(ahead + index);
      return token.kind === 'word' && token.upper === word;
    });
  }

  trySign(text: string): boolean {
    const found = this.isSign(text);
    if (found) this.#next += 1;
    return found;
  }

  tryWords(words: string): boolean {
    const found = this.isWords(words);
    if (found) this.#next += words.split(' ').length;
    return found;
  }

  /** The first of these that comes next, taken. */
  tryAnyWords<Words extends string>(all: readonly Words[]): Words | undefined {
    return all.find((words) => this.tryWords(words));
  }

  expectSign(text: string): void {
    if (!this.trySign(text)) throw this.unexpected(`"${text}"`);
  }

  expectWords(words: string): void {
    if (!this.tryWords(words)) throw this.unexpected(words);
  }

  /** Whether a name comes next that needs no quotes, or has them. */
  isName(ahead = 0): boolean {
    const { kind, upper } = this.peek(ahead);
    return kind === 'quoted' || (kind === 'word' && !reserved.has(upper));
  }

  name(): string {
    if (!this.isName()) throw this.unexpected('a name');
    return this.take().text;
  }

  /** One or more, with commas between. */
  list<Item>(item: () => Item): readonly Item[] {
    const items = [item()];
    while (this.trySign(',')) items.push(item());
    return items;
  }

  /** None or more, up to the closing bracket, which is taken. */
  listUntil<Item>(close: ')' | ']', item: () => Item): readonly Item[] {
    if (this.trySign(close)) return [];
    const items = this.list(item);
    this.expectSign(close);
    return items;
  }

  inBrackets<Result>(inside: () => Result): Result {
    this.expectSign('(');
    const result = inside();
    this.expectSign(')');
    return result;
  }

  nested<Result>(inside: () => Result): Result {
    this.#nesting += 1;
    if (this.#nesting > nestingMax)
      throw this.refuse(
        this.peek().at,
        `brackets, calls and subqueries stand more than ${nestingMax} deep.`,
        'Use WITH to name parts of the statement.',
      );
    const result = inside();
    this.#nesting -= 1;
    return result;
  }

  query(): Query {
    return this.nested(() => this.#parsers.query(this));
  }

  expression(): Expression {
    return this.#parsers.expression(this);
  }

  /** Whether a subquery begins `ahead` tokens from here. */
  isQuery(ahead = 0): boolean {
    return this.isWords('SELECT', ahead) || this.isWords('WITH', ahead) || this.isWords('FROM', ahead);
  }

  refuse(at: number, reason: string, hint = ''): StoreError {
    return refusal(`${place(this.#sql, at)}: ${reason}`, hint);
  }

  unexpected(wanted: string): StoreError {
    const { kind, text, at, upper } = this.peek();
    if (kind === 'word' && Object.hasOwn(notHere, upper))
      return this.refuse(at, `${upper} cannot be used here.`, notHere[upper]);
    const found = kind === 'end' ? 'the end of the statement' : `"${text.slice(0, 40)}"`;
    return this.refuse(at, `expected ${wanted}, found ${found}.`);
  }
}

const notHere: Readonly<Record<string, string>> = {
  SETTINGS: 'The limits of a statement are the server’s; leave it away.',
  FORMAT: 'Leave it away: the answer is JSON.',
  INTO: 'Leave it away: the answer comes back, nothing is written.',
};
