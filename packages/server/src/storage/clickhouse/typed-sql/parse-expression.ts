import { parseType } from './data-types.ts';
import { parseColumns, parseLambda, parseTransformers } from './parse-columns.ts';
import { parseWindow } from './parse-window.ts';
import type { TokenReader } from './token-reader.ts';
import type { Call, Expression, Name } from './tree.ts';

/** How tightly a sign between two values binds, as in the engine's own parser. */
const binding: Readonly<Record<string, number>> = {
  '?': 2,
  OR: 3,
  AND: 4,
  IS: 6,
  BETWEEN: 7,
  IN: 9,
  LIKE: 9,
  ILIKE: 9,
  REGEXP: 9,
  '==': 9,
  '=': 9,
  '!=': 9,
  '<>': 9,
  '<=>': 9,
  '<': 9,
  '>': 9,
  '<=': 9,
  '>=': 9,
  '||': 10,
  '+': 11,
  '-': 11,
  '*': 12,
  '/': 12,
  '%': 12,
  DIV: 12,
  MOD: 12,
};
const bindingOfNot = 5;
const bindingOfMinus = 13;
const comparisons = new Set(['==', '=', '!=', '<>', '<', '>', '<=', '>=']);

export function parseExpression(reader: TokenReader): Expression {
  return parseFrom(reader, 0);
}

/** An expression that may have a name: `x AS y`, or `x y` where a list allows it. */
export function parseItem(reader: TokenReader, mayOmitAs = false): Expression {
  const of = parseExpression(reader);
  if (reader.tryWords('AS')) return { kind: 'alias', of, name: aliasName(reader) };
  const isAlias = mayOmitAs && reader.isName() && of.kind !== 'columns';
  return isAlias ? { kind: 'alias', of, name: reader.name() } : of;
}

/** After AS any word is a name. */
export function aliasName(reader: TokenReader): string {
  return reader.peek().kind === 'word' ? reader.take().text : reader.name();
}

/** Only what binds more tightly than `least`. */
function parseFrom(reader: TokenReader, least: number): Expression {
  return reader.nested(() => {
    let left = parsePrefix(reader, least);
    for (;;) {
      const sign = signAhead(reader);
      const tightness = binding[sign.key];
      if (tightness === undefined || tightness <= least) return left;
      left = parseInfix(reader, left, sign, tightness);
    }
  });
}

interface SignAhead {
  /** As in `binding`. */
  readonly key: string;
  /** With GLOBAL and NOT before it. */
  readonly words: string;
  readonly at: number;
}

function signAhead(reader: TokenReader): SignAhead {
  const first = reader.peek();
  const isGlobal = first.kind === 'word' && first.upper === 'GLOBAL';
  const isNot = reader.isWords('NOT', isGlobal ? 1 : 0);
  if (!isGlobal && !isNot) {
    const key = first.kind === 'sign' || first.kind === 'word' ? first.upper : '';
    return { key, words: key, at: first.at };
  }
  const { kind, upper, at } = reader.peek(Number(isGlobal) + Number(isNot));
  const fits = kind === 'word' && (upper === 'IN' || (!isGlobal && negatable.has(upper)));
  const words = `${isGlobal ? 'GLOBAL ' : ''}${isNot ? 'NOT ' : ''}${upper}`;
  return { key: fits ? upper : '', words, at };
}

const negatable = new Set(['LIKE', 'ILIKE', 'REGEXP', 'BETWEEN']);

function parseInfix(
  reader: TokenReader,
  left: Expression,
  { key, words, at }: SignAhead,
  tightness: number,
): Expression {
  for (let count = words.split(' ').length; count > 0; count -= 1) reader.take();
  switch (key) {
    case '?': {
      const yes = parseFrom(reader, 1);
      reader.expectSign(':');
      return { kind: 'ternary', test: left, yes, no: parseFrom(reader, 1) };
    }
    case 'AND':
    case 'OR':
    case '||': {
      const items = [left, parseFrom(reader, tightness)];
      while (key === '||' ? reader.trySign(key) : reader.tryWords(key))
        items.push(parseFrom(reader, tightness));
      return { kind: 'chain', sign: key, items };
    }
    case 'IS':
      return parseIs(reader, left);
    case 'BETWEEN': {
      const low = parseFrom(reader, tightness);
      reader.expectWords('AND');
      return { kind: 'between', not: words !== key, of: left, low, high: parseFrom(reader, tightness) };
    }
    case 'IN':
      return { kind: 'in', sign: words, left, right: parseFrom(reader, tightness), at };
    default: {
      const quantifier =
        comparisons.has(key) && reader.isSign('(', 1) && reader.isQuery(2)
          ? reader.tryAnyWords(['ANY', 'SOME', 'ALL'])
          : undefined;
      if (quantifier === undefined)
        return { kind: 'infix', sign: words, left, right: parseFrom(reader, tightness) };
      const query = reader.inBrackets(() => reader.query());
      return { kind: 'quantified', sign: words, left, all: quantifier === 'ALL', query };
    }
  }
}

function parseIs(reader: TokenReader, of: Expression): Expression {
  const not = reader.tryWords('NOT') ? 'NOT ' : '';
  if (reader.tryWords('DISTINCT FROM'))
    return { kind: 'infix', sign: `IS ${not}DISTINCT FROM`, left: of, right: parseFrom(reader, 6) };
  const test = reader.tryAnyWords(['NULL', 'TRUE', 'FALSE', 'UNKNOWN']);
  if (test === undefined) throw reader.unexpected('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM');
  return { kind: 'is', test: `IS ${not}${test}`, of };
}

function parsePrefix(reader: TokenReader, least: number): Expression {
  if (reader.isWords('NOT') && least < bindingOfMinus) {
    reader.take();
    return { kind: 'prefix', sign: 'NOT', of: parseFrom(reader, bindingOfNot) };
  }
  if (reader.trySign('+')) return parsePrefix(reader, least);
  if (!reader.isSign('-')) return parsePostfix(reader, parseOperand(reader));
  reader.take();
  const { kind, text } = reader.peek();
  if (kind !== 'number') return { kind: 'prefix', sign: '-', of: parseFrom(reader, bindingOfMinus) };
  reader.take();
  return parsePostfix(reader, { kind: 'number', text: `-${text}` });
}

/** `x[1]`, `x.1`, `x.field` and `x::Type`. */
function parsePostfix(reader: TokenReader, operand: Expression): Expression {
  let of = operand;
  for (;;) {
    if (reader.trySign('[')) {
      const index = parseExpression(reader);
      reader.expectSign(']');
      of = { kind: 'index', of, index };
    } else if (reader.trySign('::')) {
      of = { kind: 'cast', colons: true, of, type: parseType(reader) };
    } else if (reader.isSign('.') && of.kind !== 'columns') {
      reader.take();
      const { kind, text } = reader.peek();
      if (kind !== 'number' && kind !== 'word' && kind !== 'quoted')
        throw reader.unexpected('a number or name after the dot');
      reader.take();
      of = { kind: 'element', of, element: kind === 'number' ? Number(text) : text };
    } else {
      return of;
    }
  }
}

function parseOperand(reader: TokenReader): Expression {
  const { kind, text, upper, at } = reader.peek();
  if (kind === 'number' || kind === 'string') {
    reader.take();
    return { kind, text };
  }
  if (reader.isSign('(')) return parseBrackets(reader);
  if (reader.trySign('[')) return { kind: 'array', items: reader.listUntil(']', () => parseItem(reader)) };
  if (reader.trySign('*'))
    return { kind: 'columns', of: { table: undefined }, transformers: parseTransformers(reader) };
  if (kind === 'word') {
    if (reader.isSign('->', 1)) return parseLambda(reader, [reader.take().text], at);
    const special = parseWord(reader, upper);
    if (special !== undefined) return special;
    if (reader.isSign('(', 1)) return parseCall(reader);
  }
  if (!reader.isName()) throw reader.unexpected('an expression');
  return kind === 'quoted' && reader.isSign('(', 1) ? parseCall(reader) : parseName(reader);
}

function parseBrackets(reader: TokenReader): Expression {
  const { at } = reader.take();
  if (reader.isQuery()) {
    const query = reader.query();
    reader.expectSign(')');
    return { kind: 'query', query };
  }
  const items: Expression[] = [];
  let isTuple = reader.isSign(')');
  while (!reader.trySign(')')) {
    items.push(parseItem(reader));
    if (reader.trySign(',')) isTuple = true;
    else if (!reader.isSign(')')) throw reader.unexpected('"," or ")"');
  }
  if (reader.isSign('->')) {
    const params = items.map((item) =>
      item.kind === 'name' && item.parts.length === 1 ? (item.parts[0] ?? '') : '',
    );
    if (params.includes(''))
      throw reader.refuse(at, 'the parameters of a lambda are names, as in (x, y) -> x + y.');
    return parseLambda(reader, params, at);
  }
  const [only] = items;
  return isTuple || only === undefined ? { kind: 'tuple', items } : only;
}

/** `a`, `a.b`, `a.b.c`; `a.*` is the columns of a table. */
function parseName(reader: TokenReader): Expression {
  const { at } = reader.peek();
  const parts = [reader.name()];
  while (reader.isSign('.')) {
    if (reader.isSign('*', 1)) {
      reader.take();
      reader.take();
      return {
        kind: 'columns',
        of: { table: { kind: 'name', parts, at } },
        transformers: parseTransformers(reader),
      };
    }
    const { kind, text } = reader.peek(1);
    if (kind !== 'word' && kind !== 'quoted') break;
    reader.take();
    reader.take();
    parts.push(text);
  }
  return { kind: 'name', parts, at } satisfies Name;
}

/** What begins with a word and is neither a name nor an ordinary call. */
function parseWord(reader: TokenReader, upper: string): Expression | undefined {
  const isCall = reader.isSign('(', 1);
  switch (upper) {
    case 'NULL':
    case 'TRUE':
    case 'FALSE':
      reader.take();
      return { kind: 'constant', word: upper };
    case 'INF':
    case 'INFINITY':
    case 'NAN':
      if (isCall) return undefined;
      reader.take();
      return { kind: 'constant', word: upper === 'NAN' ? 'nan' : 'inf' };
    case 'CASE':
      return parseCase(reader);
    case 'INTERVAL':
      return parseInterval(reader);
    case 'DATE':
    case 'TIMESTAMP': {
      const { kind, text } = reader.peek(1);
      if (kind !== 'string') return undefined;
      const { at } = reader.take();
      reader.take();
      return callOf(upper === 'DATE' ? 'toDate' : 'toDateTime', at, [{ kind: 'string', text }]);
    }
    case 'EXISTS':
      if (!isCall || !reader.isQuery(2)) return undefined;
      reader.take();
      return { kind: 'exists', query: reader.inBrackets(() => reader.query()) };
    case 'COLUMNS':
      return isCall ? parseColumns(reader) : undefined;
    default:
      return isCall ? parseWordyCall(reader, upper) : undefined;
  }
}

function parseCase(reader: TokenReader): Expression {
  reader.take();
  const of = reader.isWords('WHEN') ? undefined : parseExpression(reader);
  const cases: { when: Expression; result: Expression }[] = [];
  while (reader.tryWords('WHEN')) {
    const when = parseExpression(reader);
    reader.expectWords('THEN');
    cases.push({ when, result: parseExpression(reader) });
  }
  const otherwise = reader.tryWords('ELSE') ? parseExpression(reader) : undefined;
  reader.expectWords('END');
  return { kind: 'case', of, cases, otherwise };
}

const units: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'NANOSECOND',
    'MICROSECOND',
    'MILLISECOND',
    'SECOND',
    'MINUTE',
    'HOUR',
    'DAY',
    'WEEK',
    'MONTH',
    'QUARTER',
    'YEAR',
  ].flatMap((unit) => [
    [unit, unit],
    [`${unit}S`, unit],
  ]),
);

function tryUnit(reader: TokenReader): string | undefined {
  const { kind, upper } = reader.peek();
  const unit = kind === 'word' && Object.hasOwn(units, upper) ? units[upper] : undefined;
  if (unit !== undefined) reader.take();
  return unit;
}

function parseInterval(reader: TokenReader): Expression | undefined {
  const { kind, text } = reader.peek(1);
  if (
    kind === 'word' || kind === 'quoted'
      ? !reader.isSign('(', 2) && tryUnitAt(reader, 2) === undefined
      : kind === 'sign' && text !== '(' && text !== '-'
  )
    return undefined;
  reader.take();
  // INTERVAL '1 day 2 hours' has its units in the text.
  const of = parseFrom(reader, bindingOfMinus - 1);
  const unit = tryUnit(reader);
  if (unit === undefined && of.kind !== 'string') throw reader.unexpected('a unit such as DAY');
  return { kind: 'interval', of, unit: unit ?? '' };
}

function tryUnitAt(reader: TokenReader, ahead: number): string | undefined {
  const { kind, upper } = reader.peek(ahead);
  return kind === 'word' && Object.hasOwn(units, upper) ? units[upper] : undefined;
}

/** Functions of standard SQL whose arguments have words between them or are words. */
function parseWordyCall(reader: TokenReader, upper: string): Expression | undefined {
  const { at } = reader.peek();
  const begin = (): void => {
    reader.take();
    reader.take();
  };
  const end = (result: Expression): Expression => {
    reader.expectSign(')');
    return result;
  };
  switch (upper) {
    case 'CAST': {
      begin();
      const of = parseExpression(reader);
      if (reader.tryWords('AS')) return end({ kind: 'cast', colons: false, of, type: parseType(reader) });
      reader.expectSign(',');
      return end(callOf('CAST', at, [of, parseExpression(reader)]));
    }
    case 'EXTRACT': {
      const unit = reader.isWords('FROM', 3) ? tryUnitAt(reader, 2) : undefined;
      if (unit === undefined) return undefined;
      begin();
      reader.take();
      reader.take();
      const name = unit === 'DAY' ? 'toDayOfMonth' : `to${unit[0] ?? ''}${unit.slice(1).toLowerCase()}`;
      return end(callOf(name, at, [parseExpression(reader)]));
    }
    case 'TRIM': {
      begin();
      const side = reader.tryAnyWords(['BOTH', 'LEADING', 'TRAILING']);
      const name = side === 'LEADING' ? 'trimLeft' : side === 'TRAILING' ? 'trimRight' : 'trimBoth';
      const first = parseExpression(reader);
      if (reader.tryWords('FROM')) return end(callOf(name, at, [parseExpression(reader), first]));
      return end(callOf(name, at, reader.trySign(',') ? [first, parseExpression(reader)] : [first]));
    }
    case 'SUBSTRING': {
      begin();
      const args = [parseItem(reader)];
      const isWordy = reader.tryWords('FROM');
      while (isWordy ? args.length === 1 || reader.tryWords('FOR') : reader.trySign(','))
        args.push(parseItem(reader));
      return end(callOf('substring', at, args));
    }
    case 'POSITION': {
      begin();
      // Above IN, which is no operator here.
      const first = parseFrom(reader, 9);
      if (reader.tryWords('IN')) return end(callOf('position', at, [parseExpression(reader), first]));
      const rest: Expression[] = [];
      while (reader.trySign(',')) rest.push(parseExpression(reader));
      return end(callOf('position', at, [first, ...rest]));
    }
    case 'DATE_ADD':
    case 'DATEADD':
    case 'TIMESTAMPADD':
    case 'TIMESTAMP_ADD':
    case 'DATE_SUB':
    case 'DATESUB':
    case 'TIMESTAMPSUB':
    case 'TIMESTAMP_SUB': {
      begin();
      const sign = upper.endsWith('SUB') ? '-' : '+';
      const unit = reader.isSign(',', 1) ? tryUnit(reader) : undefined;
      if (unit !== undefined) reader.expectSign(',');
      const first = parseExpression(reader);
      reader.expectSign(',');
      const second = parseExpression(reader);
      if (unit === undefined) return end({ kind: 'infix', sign, left: first, right: second });
      return end({ kind: 'infix', sign, left: second, right: { kind: 'interval', of: first, unit } });
    }
    case 'DATEDIFF':
    case 'DATE_DIFF':
    case 'TIMESTAMPDIFF':
    case 'TIMESTAMP_DIFF': {
      begin();
      const unit = reader.isSign(',', 1) ? tryUnit(reader) : undefined;
      const args: Expression[] =
        unit === undefined ? [parseExpression(reader)] : [{ kind: 'string', text: unit.toLowerCase() }];
      while (reader.trySign(',')) args.push(parseExpression(reader));
      return end(callOf('dateDiff', at, args));
    }
    default:
      return undefined;
  }
}

function callOf(name: string, at: number, args: readonly Expression[]): Call {
  return { kind: 'call', name, at, distinct: false, args };
}

function parseCall(reader: TokenReader): Call {
  const { text: name, at } = reader.take();
  const first = parseArguments(reader);
  const isParametric = reader.isSign('(');
  const { distinct, args } = isParametric ? parseArguments(reader) : first;
  const nulls = reader.tryAnyWords(['RESPECT NULLS', 'IGNORE NULLS']);
  const filter =
    reader.isWords('FILTER') && reader.isSign('(', 1)
      ? (reader.take(),
        reader.inBrackets(() => {
          reader.expectWords('WHERE');
          return parseExpression(reader);
        }))
      : undefined;
  const over = reader.tryWords('OVER')
    ? reader.isSign('(')
      ? parseWindow(reader)
      : reader.name()
    : undefined;
  return {
    kind: 'call',
    name,
    at,
    ...(isParametric ? { params: first.args } : {}),
    distinct,
    args,
    ...(nulls === undefined ? {} : { nulls }),
    ...(filter === undefined ? {} : { filter }),
    ...(over === undefined ? {} : { over }),
  };
}

function parseArguments(reader: TokenReader): {
  readonly distinct: boolean;
  readonly args: readonly Expression[];
} {
  reader.expectSign('(');
  const distinct = reader.tryWords('DISTINCT');
  if (!reader.isQuery()) return { distinct, args: reader.listUntil(')', () => parseItem(reader)) };
  // `f(SELECT …)`: the one argument is a subquery.
  const query = reader.query();
  reader.expectSign(')');
  return { distinct, args: [{ kind: 'query', query }] };
}
