/**
 * Reads PromQL: a parser by precedence over tokens, with the checks and messages of Prometheus. Written by hand, since the grammar that Prometheus
 * publishes for editors leaves out newer forms, and knows that a text is wrong but not why.
 */
import {
  type AtTime,
  type Binary,
  type Duration,
  type Expression,
  type Matcher,
  type MatchKind,
  type Place,
  PromqlExecutionError,
  PromqlSyntaxError,
  setOperators,
  type VectorMatching,
  type VectorSelector,
} from './ast.ts';
import { checkExpression } from './check.ts';
import { parseDuration, type Token, tokenize } from './lexer.ts';
import { compileMatcher } from './matchers.ts';
import { Patterns } from './patterns.ts';
import { aggregations, signatures } from './signatures.ts';

/** Characters; 16 times what Grafana sends at most. */
const textLengthMax = 100_000;
const depthMax = 250;
/** Between two operands: a chain such as 1 + 1 + 1 becomes a tree that is as deep as it is long. */
const operatorsMax = 1000;

/** The tree of a query whose types fit. Throws PromqlSyntaxError. */
export function parsePromql(text: string): Expression {
  if (text.length > textLengthMax)
    throw new PromqlSyntaxError(
      `the query is longer than ${textLengthMax} characters`,
      { from: 0, to: 0 },
      '',
    );
  if (text.replaceAll(/#.*/g, '').trim() === '')
    throw new PromqlSyntaxError('no expression found in input', { from: 0, to: 0 }, text);
  const expression = new Parser(text).whole();
  checkExpression(expression, text);
  return expression;
}

/** The matchers of a selector alone, as in `match[]`. Throws PromqlSyntaxError. */
export function parseSelector(text: string): VectorSelector {
  const expression = parsePromql(text);
  if (expression.kind === 'selector' && expression.offset === undefined && expression.at === undefined)
    return expression;
  throw new PromqlSyntaxError('expected a series selector', expression, text);
}

const precedence: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const powerPrecedence = 6;

/** Words that no expression begins with. */
const modifiers: ReadonlySet<string> = new Set(['bool', 'on', 'ignoring', 'group_left', 'group_right']);
const keywords: ReadonlySet<string> = new Set([...modifiers, 'by', 'without', 'offset']);

function describe({ kind, text }: Token): string {
  const lower = text.toLowerCase();
  if (kind === 'end') return 'end of input';
  const isOperator = Object.hasOwn(precedence, lower);
  if (kind === 'operator') return isOperator || text === '@' ? `<op:${text}>` : JSON.stringify(text);
  if (kind !== 'identifier') return `${kind} ${JSON.stringify(text)}`;
  if (isOperator) return `<op:${text}>`;
  if (keywords.has(lower)) return `<${text}>`;
  return Object.hasOwn(aggregations, lower) ? `<aggr:${text}>` : `identifier ${JSON.stringify(text)}`;
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #patterns = new Patterns();
  #at = 0;
  #depth = 0;
  #operators = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  whole(): Expression {
    const expression = this.#expression(0);
    const { kind, value } = this.#peek();
    if (kind !== 'end' || value !== '') this.#unexpected('');
    return expression;
  }

  #peek(ahead = 0): Token {
    return (this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1)) as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #is(text: string): boolean {
    const { kind, text: own } = this.#peek();
    return (kind === 'operator' || kind === 'identifier') && own.toLowerCase() === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string, context: string): Token {
    if (!this.#is(text)) this.#unexpected(context, JSON.stringify(text));
    return this.#next();
  }

  #fail(reason: string, place: Place): never {
    throw new PromqlSyntaxError(reason, place, this.#text);
  }

  #unexpected(context: string, expected = ''): never {
    const token = this.#peek();
    if (token.kind === 'end' && token.value !== '') this.#fail(token.value, token);
    this.#fail(
      `unexpected ${describe(token)}${context === '' ? '' : ` in ${context}`}${expected === '' ? '' : `, expected ${expected}`}`,
      token,
    );
  }

  #deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > depthMax)
      this.#fail(`the query is nested deeper than ${depthMax} levels`, this.#peek());
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #expression(weakest: number): Expression {
    return this.#deeper(() => {
      let left = this.#unary();
      for (;;) {
        const token = this.#peek();
        const operator =
          token.kind === 'operator' || token.kind === 'identifier' ? token.text.toLowerCase() : '';
        const strength = precedence[operator];
        if (strength === undefined || strength < weakest) return left;
        this.#operators += 1;
        if (this.#operators > operatorsMax)
          this.#fail(`the query has more than ${operatorsMax} operators`, token);
        this.#next();
        const modifiers = this.#binaryModifiers(operator, left);
        const right = this.#expression(operator === '^' ? strength : strength + 1);
        left = this.#binary({ operator, left, right, ...modifiers });
      }
    });
  }

  #binary(
    parts: Pick<Binary, 'operator' | 'left' | 'right' | 'bool'> & { readonly matching: VectorMatching },
  ): Binary {
    return { kind: 'binary', ...parts, from: parts.left.from, to: parts.right.to };
  }

  #binaryModifiers(operator: string, left: Place): { bool: boolean; matching: VectorMatching } {
    const bool = this.#take('bool');
    let on = false;
    let labels: readonly string[] = [];
    let cardinality: VectorMatching['cardinality'] = setOperators.has(operator)
      ? 'many-to-many'
      : 'one-to-one';
    let include: readonly string[] = [];
    if (this.#is('on') || this.#is('ignoring')) {
      on = this.#next().text.toLowerCase() === 'on';
      labels = this.#labelList();
      if (this.#is('group_left') || this.#is('group_right')) {
        const place = this.#next();
        if (setOperators.has(operator))
          this.#fail(`no grouping allowed for ${JSON.stringify(operator)} operation`, left);
        cardinality = place.text.toLowerCase() === 'group_left' ? 'many-to-one' : 'one-to-many';
        if (this.#is('(')) include = this.#labelList();
      }
    }
    let fillLeft: number | undefined;
    let fillRight: number | undefined;
    while (
      this.#peek(1).text === '(' &&
      (this.#is('fill') || this.#is('fill_left') || this.#is('fill_right'))
    ) {
      const which = this.#next();
      if (setOperators.has(operator))
        this.#fail(`filling in missing series not allowed for set operators`, which);
      this.#expect('(', 'fill modifier');
      const sign = this.#take('-') ? -1 : (this.#take('+'), 1);
      const value = this.#next();
      if (value.kind !== 'number' && value.kind !== 'duration')
        this.#fail('expected a number in fill modifier', value);
      this.#expect(')', 'fill modifier');
      const name = which.text.toLowerCase();
      if (name !== 'fill_right') fillLeft = sign * value.number;
      if (name !== 'fill_left') fillRight = sign * value.number;
    }
    return { bool, matching: { cardinality, on, labels, include, fillLeft, fillRight } };
  }

  #labelList(): string[] {
    this.#expect('(', 'grouping opts');
    const labels: string[] = [];
    while (!this.#is(')')) {
      const token = this.#next();
      if (token.kind === 'string') labels.push(token.value);
      else if (token.kind === 'identifier') labels.push(token.text);
      else {
        this.#at -= 1;
        this.#unexpected('grouping opts', 'label');
      }
      if (!this.#take(',')) break;
    }
    if (!this.#is(')')) this.#unexpected('grouping opts', '"," or ")"');
    this.#next();
    return labels;
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.kind !== 'operator' || (token.text !== '-' && token.text !== '+'))
      return this.#postfix(this.#primary());
    this.#next();
    const of = this.#expression(powerPrecedence);
    if (of.kind === 'number')
      return { ...of, value: token.text === '-' ? -of.value : of.value, from: token.from };
    return { kind: 'unary', operator: token.text, of, from: token.from, to: of.to };
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token.kind === 'number' || token.kind === 'duration') {
      this.#next();
      return {
        kind: 'number',
        value: token.number,
        isDuration: token.kind === 'duration',
        from: token.from,
        to: token.to,
      };
    }
    if (token.kind === 'string') {
      this.#next();
      return { kind: 'string', value: token.value, from: token.from, to: token.to };
    }
    if (token.text === '(') {
      this.#next();
      const of = this.#expression(0);
      const end = this.#expect(')', 'expression');
      return { kind: 'paren', of, from: token.from, to: end.to };
    }
    if (token.text === '{') return this.#selector(undefined);
    if (token.kind !== 'identifier' && token.kind !== 'metric') return this.#unexpected('');
    if (modifiers.has(token.text.toLowerCase())) return this.#unexpected('');
    const lower = token.text.toLowerCase();
    const after = this.#peek(1);
    if (Object.hasOwn(aggregations, lower) && (after.text === '(' || /^(?:by|without)$/i.test(after.text)))
      return this.#aggregation();
    this.#next();
    if (after.text === '(' && token.kind === 'identifier') {
      if (keywords.has(lower) || Object.hasOwn(precedence, lower)) return this.#unexpected('');
      return this.#call(token);
    }
    return this.#selector(token);
  }

  #aggregation(): Expression {
    const token = this.#next();
    const operator = token.text.toLowerCase();
    let clause = this.#groupingClause();
    if (!this.#is('(')) this.#unexpected('aggregation');
    this.#next();
    const args = this.#args();
    let end = this.#expect(')', 'aggregation');
    if (clause === undefined) {
      clause = this.#groupingClause();
      if (clause !== undefined) end = this.#peek(-1);
    }
    const wants = aggregations[operator] === undefined ? 1 : 2;
    const place = { from: token.from, to: end.to };
    if (args.length === 0) this.#fail('no arguments for aggregate expression provided', place);
    if (args.length !== wants)
      this.#fail(
        `wrong number of arguments for aggregate expression provided, expected ${wants}, got ${args.length}`,
        place,
      );
    return {
      kind: 'aggregation',
      operator,
      of: args[wants - 1] as Expression,
      parameter: wants === 2 ? args[0] : undefined,
      grouping: clause?.labels ?? [],
      without: clause?.without ?? false,
      ...place,
    };
  }

  #groupingClause(): { without: boolean; labels: string[] } | undefined {
    if (!this.#is('by') && !this.#is('without')) return undefined;
    const without = this.#next().text.toLowerCase() === 'without';
    return { without, labels: this.#labelList() };
  }

  #args(): Expression[] {
    const args: Expression[] = [];
    while (!this.#is(')')) {
      args.push(this.#expression(0));
      if (!this.#take(',')) break;
      if (this.#is(')')) this.#fail('trailing commas not allowed in function call args', this.#peek());
    }
    return args;
  }

  #call(token: Token): Expression {
    if (!Object.hasOwn(signatures, token.text))
      this.#fail(`unknown function with name ${JSON.stringify(token.text)}`, token);
    this.#expect('(', 'function call');
    const args = this.#args();
    const end = this.#expect(')', 'function call');
    return { kind: 'call', name: token.text, args, from: token.from, to: end.to };
  }

  #selector(name: Token | undefined): VectorSelector {
    const from = name?.from ?? this.#peek().from;
    const matchers: Matcher[] = name === undefined ? [] : [{ name: '__name__', kind: '=', value: name.text }];
    let to = name?.to ?? from;
    if (this.#is('{')) {
      this.#next();
      while (!this.#is('}')) {
        matchers.push(this.#matcher(name));
        if (!this.#take(',')) break;
      }
      if (!this.#is('}')) this.#unexpected('label matching', '"," or "}"');
      ({ to } = this.#next());
    }
    return {
      kind: 'selector',
      name: name?.text,
      matchers,
      offset: undefined,
      at: undefined,
      extension: undefined,
      from,
      to,
    };
  }

  #matcher(name: Token | undefined): Matcher {
    const token = this.#next();
    if (token.kind !== 'identifier' && token.kind !== 'string') {
      this.#at -= 1;
      return this.#unexpected('label matching', 'identifier or "}"');
    }
    const label = token.kind === 'string' ? token.value : token.text;
    const sign = this.#peek();
    if (token.kind === 'string' && (sign.text === ',' || sign.text === '}')) {
      if (name !== undefined)
        this.#fail(
          `metric name must not be set twice: ${JSON.stringify(name.text)} or ${JSON.stringify(label)}`,
          token,
        );
      return { name: '__name__', kind: '=', value: label };
    }
    if (!/^(?:=|!=|=~|!~)$/.test(sign.text))
      return this.#unexpected('label matching', 'label matching operator');
    this.#next();
    const value = this.#next();
    if (value.kind !== 'string') {
      this.#at -= 1;
      return this.#unexpected('label matching', 'string');
    }
    const matcher: Matcher = { name: label, kind: sign.text as MatchKind, value: value.value };
    try {
      compileMatcher(matcher, this.#patterns);
    } catch (error) {
      if (error instanceof PromqlExecutionError)
        this.#fail(error.message, { from: token.from, to: value.to });
      throw error;
    }
    return matcher;
  }

  #postfix(start: Expression): Expression {
    let expression = start;
    for (;;) {
      const token = this.#peek();
      if (token.text === '[' && token.kind === 'operator') expression = this.#brackets(expression);
      else if (this.#is('offset')) expression = this.#offset(expression);
      else if (this.#is('@')) expression = this.#atModifier(expression);
      else if (
        (this.#is('anchored') || this.#is('smoothed')) &&
        (expression.kind === 'selector' || expression.kind === 'matrix')
      )
        expression = this.#extension(expression);
      else return expression;
    }
  }

  #extension(expression: Extract<Expression, { kind: 'selector' | 'matrix' }>): Expression {
    const token = this.#next();
    const extension = token.text.toLowerCase() as 'anchored' | 'smoothed';
    if (expression.kind === 'selector') {
      if (extension === 'anchored')
        this.#fail('anchored modifier must be preceded by a range vector selector', token);
      return { ...expression, extension, to: token.to };
    }
    return { ...expression, selector: { ...expression.selector, extension }, to: token.to };
  }

  #brackets(of: Expression): Expression {
    const open = this.#next();
    const range = this.#duration(0);
    if (this.#take(':')) {
      const step = this.#is(']') ? undefined : this.#duration(0);
      const { to } = this.#expect(']', 'subquery selector');
      return { kind: 'subquery', of, range, step, offset: undefined, at: undefined, from: of.from, to };
    }
    const { to } = this.#expect(']', 'matrix selector');
    if (of.kind !== 'selector')
      this.#fail('ranges only allowed for vector selectors', { from: open.from, to });
    if (of.offset !== undefined)
      this.#fail('no offset modifiers allowed before range', { from: open.from, to });
    if (of.at !== undefined) this.#fail('no @ modifiers allowed before range', { from: open.from, to });
    return { kind: 'matrix', selector: of, range, from: of.from, to };
  }

  #offset(of: Expression): Expression {
    this.#next();
    const offset = this.#signedDuration();
    const what = {
      misplaced:
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      twice: 'offset may not be set multiple times',
    };
    return this.#shifted(of, { offset }, what);
  }

  #atModifier(of: Expression): Expression {
    this.#next();
    const at = this.#atTime();
    const what = {
      misplaced:
        '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      twice: '@ <timestamp> may not be set multiple times',
    };
    return this.#shifted(of, { at }, what);
  }

  /** A selector or subquery with its offset or time, which is said once. */
  #shifted(
    of: Expression,
    shift: { readonly offset: Duration } | { readonly at: AtTime },
    { misplaced, twice }: { readonly misplaced: string; readonly twice: string },
  ): Expression {
    const { to } = this.#peek(-1);
    const target = of.kind === 'matrix' ? of.selector : of;
    if (target.kind !== 'selector' && target.kind !== 'subquery') return this.#fail(misplaced, of);
    if (('offset' in shift ? target.offset : target.at) !== undefined) this.#fail(twice, of);
    if (of.kind === 'matrix') return { ...of, selector: { ...of.selector, ...shift }, to };
    return { ...target, ...shift, to };
  }

  #atTime(): AtTime {
    const token = this.#next();
    const lower = token.text.toLowerCase();
    if (lower === 'start' || lower === 'end') {
      this.#expect('(', '@ modifier');
      this.#expect(')', '@ modifier');
      return { kind: lower };
    }
    const sign = token.text === '-' ? -1 : 1;
    const number = token.text === '-' || token.text === '+' ? this.#next() : token;
    if (number.kind !== 'number') {
      this.#at -= 1;
      return this.#unexpected('@', 'timestamp');
    }
    const ms = Math.round(sign * number.number * 1000);
    if (!Number.isFinite(ms) || Math.abs(ms) > Number.MAX_SAFE_INTEGER)
      this.#fail(`timestamp out of bounds for @ modifier: ${number.text}`, number);
    return { kind: 'time', ms };
  }

  /** Of an offset: one signed term, or more of them in parentheses. */
  #signedDuration(): Duration {
    const token = this.#peek();
    if (token.kind === 'end' || token.kind === 'string')
      this.#unexpected('offset', 'number, duration, step(), or range()');
    if (token.text === '-' || token.text === '+') {
      this.#next();
      const of = this.#durationTerm();
      return token.text === '-' ? { kind: 'negative', of, from: token.from, to: of.to } : of;
    }
    return this.#durationTerm();
  }

  #duration(weakest: number): Duration {
    return this.#deeper(() => {
      let left = this.#durationUnary();
      for (;;) {
        const token = this.#peek();
        const strength =
          token.kind === 'operator' && /^[-+*/%^]$/.test(token.text) ? precedence[token.text] : undefined;
        if (strength === undefined || strength < weakest) return left;
        this.#operators += 1;
        if (this.#operators > operatorsMax)
          this.#fail(`the query has more than ${operatorsMax} operators`, token);
        this.#next();
        const operator = token.text as '+';
        const right = this.#duration(operator === ('^' as string) ? strength : strength + 1);
        left = { kind: 'arithmetic', operator, left, right, from: left.from, to: right.to };
      }
    });
  }

  #durationUnary(): Duration {
    const token = this.#peek();
    if (token.text !== '-' && token.text !== '+') return this.#durationTerm();
    this.#next();
    const of = this.#duration(powerPrecedence);
    return token.text === '-' ? { kind: 'negative', of, from: token.from, to: of.to } : of;
  }

  #durationTerm(): Duration {
    const token = this.#next();
    const lower = token.text.toLowerCase();
    if (token.kind === 'number' || token.kind === 'duration')
      return { kind: 'seconds', seconds: token.number, from: token.from, to: token.to };
    if (token.kind === 'string' && parseDuration(token.value) !== undefined)
      return { kind: 'seconds', seconds: parseDuration(token.value) ?? 0, from: token.from, to: token.to };
    if (token.text === '(') {
      const of = this.#duration(0);
      const { to } = this.#expect(')', 'duration expression');
      return { kind: 'paren', of, from: token.from, to };
    }
    if (lower === 'step' || lower === 'range') {
      this.#expect('(', 'duration expression');
      const { to } = this.#expect(')', 'duration expression');
      return { kind: lower, from: token.from, to };
    }
    if (lower === 'min_of' || lower === 'max_of') {
      this.#expect('(', 'duration expression');
      const left = this.#duration(0);
      this.#expect(',', 'duration expression');
      const right = this.#duration(0);
      const { to } = this.#expect(')', 'duration expression');
      return { kind: 'arithmetic', operator: lower, left, right, from: token.from, to };
    }
    this.#at -= 1;
    return this.#unexpected('duration expression', 'number, duration, step(), or range()');
  }
}
