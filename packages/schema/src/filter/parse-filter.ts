import { err, ok, type Result } from '@sightline/base';
import { filterError, type FilterError } from './filter-error.ts';
import {
  allOf,
  anyOf,
  type FieldRef,
  type FilterNode,
  type FilterOperator,
  type FilterValue,
  negate,
} from './filter-node.ts';
import { FilterScanner, FilterSyntaxError, type Word, type WrittenOperator } from './filter-scanner.ts';

export const filterLengthMax = 4096;
export const filterDepthMax = 32;
export const filterTermsMax = 200;

/**
 * Reads a filter. Never throws, whatever the text; length, depth and number of conditions are bounded.
 *
 *     filter  = or ;  or = and { "OR" and } ;  and = not { [ "AND" ] not } ;  not = { "NOT" | "-" } primary
 *     primary = "(" or ")" | "span(" or ")" | field operator value | field ":" "(" or-of-values ")" | "has:" field | text
 */
export function parseFilter(text: string): Result<FilterNode, FilterError> {
  if (text.length > filterLengthMax) {
    const problem = { expected: `at most ${filterLengthMax} characters`, found: `${text.length}` };
    return err(filterError(text, filterLengthMax, problem));
  }
  try {
    return ok(new FilterParser(text).parse());
  } catch (error) {
    if (error instanceof FilterSyntaxError) return err(error.problem);
    throw error;
  }
}

/** Where values without a field belong: inside `service:( … )`. */
interface ValueList {
  readonly field: FieldRef;
  readonly operator: WrittenOperator;
}

class FilterParser {
  readonly #scan: FilterScanner;
  #depth = 0;
  #terms = 0;

  constructor(text: string) {
    this.#scan = new FilterScanner(text);
  }

  parse(): FilterNode {
    this.#scan.skipSpace();
    if (this.#scan.atEnd) return { type: 'everything' };
    const node = this.#or(undefined);
    if (!this.#scan.atEnd) this.#scan.fail('AND, OR or the end');
    return node;
  }

  #or(list: ValueList | undefined): FilterNode {
    const items = [this.#and(list)];
    while (this.#scan.tryKeyword('OR')) items.push(this.#and(list));
    return anyOf(items);
  }

  #and(list: ValueList | undefined): FilterNode {
    const items = [this.#not(list)];
    for (;;) {
      this.#scan.skipSpace();
      const next = this.#scan.peek();
      if (next === '' || next === ')' || this.#scan.peekKeyword() === 'OR') return allOf(items);
      if (!this.#scan.tryKeyword('AND') && list !== undefined) this.#scan.fail('OR, AND or `)`');
      items.push(this.#not(list));
    }
  }

  #not(list: ValueList | undefined): FilterNode {
    return this.#nested(() => {
      this.#scan.skipSpace();
      if (this.#scan.tryKeyword('NOT')) return negate(this.#not(list));
      // Inside a list of values a minus is the sign of a number.
      if (list === undefined && this.#scan.peek() === '-' && /[^\s)-]/.test(this.#scan.peek(1))) {
        this.#scan.position++;
        return negate(this.#primary(list));
      }
      return this.#primary(list);
    });
  }

  #primary(list: ValueList | undefined): FilterNode {
    if (this.#scan.tryChar('(')) return this.#group(list);
    const keyword = this.#scan.peekKeyword();
    if (this.#scan.atEnd || this.#scan.peek() === ')' || keyword !== undefined) {
      this.#scan.fail(list === undefined ? 'a condition' : 'a value');
    }
    this.#terms++;
    if (this.#terms > filterTermsMax) this.#scan.fail(`at most ${filterTermsMax} conditions`);
    return list === undefined ? this.#condition() : this.#term(list.field, list.operator);
  }

  #group(list: ValueList | undefined): FilterNode {
    return this.#nested(() => {
      const node = this.#or(list);
      if (!this.#scan.tryChar(')')) this.#scan.fail('`)`');
      return node;
    });
  }

  /** `field:value`, or free text where no operator follows. */
  #condition(): FilterNode {
    const start = this.#scan.position;
    const quoted = this.#scan.peek() === '"' ? this.#scan.quoted() : undefined;
    const word = quoted === undefined ? this.#scan.word(true) : { parts: [quoted.text], range: quoted.range };
    const isQuoted = quoted !== undefined;
    if (!isQuoted && this.#scan.text.slice(start, this.#scan.position + 1) === 'span(')
      return this.#spanGroup(start);
    const field = this.#field(word, { start, isQuoted });
    const operator = this.#operator();
    if (operator === undefined) return this.#text(word, isQuoted);
    if (field.name === '') this.#scan.fail('a field name before the operator', start);
    if (word.parts.length > 1) this.#scan.fail('a field name without `*`', start);
    if (field.name === 'has' && field.source === 'any' && !isQuoted && operator === ':') return this.#has();
    if (operator === ':' && this.#scan.tryChar('(')) return this.#group({ field, operator });
    return this.#term(field, operator);
  }

  #spanGroup(start: number): FilterNode {
    this.#scan.position++;
    const item = this.#group(undefined);
    return { type: 'span', item, range: { start, end: this.#scan.position } };
  }

  /** A colon touches its field; comparisons may stand between spaces, as in `duration > 2s`. */
  #operator(): WrittenOperator | undefined {
    const before = this.#scan.position;
    this.#scan.skipSpace();
    const operator = this.#scan.peekOperator();
    if (operator === undefined || (operator === ':' && this.#scan.position > before)) {
      this.#scan.position = before;
      return undefined;
    }
    this.#scan.position += operator.length;
    if (operator !== ':') {
      this.#scan.skipSpace();
      return operator;
    }
    // `duration:>2s` is what users of other tools write.
    const second = this.#scan.peekOperator();
    if (second === undefined || second === ':') return operator;
    this.#scan.position += second.length;
    return second;
  }

  #text(word: Word, isQuoted: boolean): FilterNode {
    if (this.#scan.position === word.range.start) this.#scan.fail('a condition');
    this.#scan.expectValueEnd();
    if (!isQuoted && word.parts.every((part) => part === '')) return { type: 'everything' };
    return { type: 'text', parts: word.parts, range: word.range };
  }

  #has(): FilterNode {
    const start = this.#scan.position;
    const quoted = this.#scan.peek() === '"' ? this.#scan.quoted() : undefined;
    const word =
      quoted === undefined ? this.#scan.word(false) : { parts: [quoted.text], range: quoted.range };
    const field = this.#field(word, { start, isQuoted: quoted !== undefined });
    if (field.name === '' || word.parts.length > 1) this.#scan.fail('a field name after `has:`', start);
    this.#scan.expectValueEnd();
    return { type: 'term', field, operator: ':', value: { type: 'exists', range: field.range } };
  }

  #term(field: FieldRef, written: WrittenOperator): FilterNode {
    const value = this.#value(field, written);
    this.#scan.expectValueEnd();
    const operator: FilterOperator = written === '=' || written === '!=' ? ':' : written;
    const term: FilterNode = { type: 'term', field, operator, value };
    return written === '!=' ? negate(term) : term;
  }

  #value(field: FieldRef, operator: WrittenOperator): FilterValue {
    const start = this.#scan.position;
    if (this.#scan.peek() === '"') return { type: 'string', ...this.#scan.quoted() };
    const regex = this.#scan.tryRegex();
    if (regex !== undefined) return regex;
    if (this.#scan.peekKeyword() !== undefined) this.#scan.fail('a value');
    const { parts, range } = this.#scan.word(false);
    if (range.start === range.end) {
      this.#scan.fail(`a value right after \`${field.name}${operator}\``, start);
    }
    const [only = ''] = parts;
    if (parts.length === 1) return { type: 'string', text: only, range };
    return parts.every((part) => part === '')
      ? { type: 'exists', range }
      : { type: 'wildcard', parts, range };
  }

  /** Splits `attr.`, `resource.` and `scope.` off; what follows them may be quoted: `attr."a key":x`. */
  #field(word: Word, { start, isQuoted }: { start: number; isQuoted: boolean }): FieldRef {
    const written = word.parts.join('*');
    const prefix = isQuoted ? null : /^(attr|resource|scope)\./.exec(written);
    const source = prefix === null ? 'any' : (prefix[1] as FieldRef['source']);
    let name = prefix === null ? written : written.slice(prefix[0].length);
    if (prefix !== null && name === '' && this.#scan.peek() === '"') name = this.#scan.quoted().text;
    return { source, name, range: { start, end: this.#scan.position } };
  }

  #nested(read: () => FilterNode): FilterNode {
    this.#depth++;
    if (this.#depth > filterDepthMax * 2) this.#scan.fail(`at most ${filterDepthMax} levels of nesting`);
    const node = read();
    this.#depth--;
    return node;
  }
}
