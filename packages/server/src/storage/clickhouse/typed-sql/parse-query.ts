import { aliasName, parseExpression, parseItem } from './parse-expression.ts';
import { parseColumnName } from './parse-columns.ts';
import { parseOrder, parseWindow } from './parse-window.ts';
import type { TokenReader } from './token-reader.ts';
import type { Expression, Grouping, Joined, Limit, Query, Select, TableItem, With } from './tree.ts';

/** SELECTs with UNION, INTERSECT and EXCEPT between them. */
export function parseQuery(reader: TokenReader): Query {
  const first = parseOneQuery(reader);
  const rest: { words: string; query: Query }[] = [];
  for (;;) {
    const word = reader.tryAnyWords(['UNION', 'INTERSECT', 'EXCEPT']);
    if (word === undefined) return rest.length === 0 ? first : { kind: 'set', first, rest };
    const how = reader.tryAnyWords(['ALL', 'DISTINCT']);
    rest.push({ words: how === undefined ? word : `${word} ${how}`, query: parseOneQuery(reader) });
  }
}

function parseOneQuery(reader: TokenReader): Query {
  return reader.isSign('(') ? reader.inBrackets(() => reader.query()) : parseSelect(reader);
}

function parseSelect(reader: TokenReader): Select {
  const hasWith = reader.tryWords('WITH');
  const recursive = hasWith && reader.tryWords('RECURSIVE');
  const withs = hasWith ? reader.list(() => parseWith(reader)) : [];
  let source = reader.tryWords('FROM') ? parseTables(reader) : undefined;
  reader.expectWords('SELECT');
  const hasOn = reader.tryWords('DISTINCT ON');
  const distinctOn = hasOn ? reader.inBrackets(() => reader.list(() => parseExpression(reader))) : [];
  const distinct = !hasOn && reader.tryWords('DISTINCT');
  if (!distinct && !hasOn) reader.tryWords('ALL');
  const top = reader.isWords('TOP') && reader.peek(1).kind === 'number' ? parseTop(reader) : undefined;
  const items = [parseItem(reader, true)];
  // A comma may follow the last one.
  while (reader.trySign(',') && !reader.isWords('FROM')) items.push(parseItem(reader, true));
  if (source === undefined && reader.tryWords('FROM')) source = parseTables(reader);
  const where: Expression[] = [];
  for (const word of ['PREWHERE', 'WHERE']) if (reader.tryWords(word)) where.push(parseItem(reader));
  const group = reader.tryWords('GROUP BY')
    ? parseGrouping(reader)
    : reader.tryWords('WITH TOTALS')
      ? totalsOfAll
      : undefined;
  const having = reader.tryWords('HAVING') ? parseItem(reader) : undefined;
  const windows = reader.tryWords('WINDOW')
    ? reader.list(() => {
        const name = reader.name();
        reader.expectWords('AS');
        return { name, window: parseWindow(reader) };
      })
    : [];
  const qualify = reader.tryWords('QUALIFY') ? parseItem(reader) : undefined;
  const ordered = reader.tryWords('ORDER BY');
  const isAll = ordered && reader.isWords('ALL') && !reader.isSign('(', 1);
  if (isAll) reader.take();
  const orderByAll = isAll ? (reader.tryAnyWords(['ASC', 'DESC']) ?? 'ASC') : undefined;
  const order = ordered && !isAll ? parseOrder(reader) : [];
  const interpolate = reader.tryWords('INTERPOLATE') ? parseInterpolate(reader) : undefined;
  const limits = parseLimits(reader);
  return {
    kind: 'select',
    recursive,
    with: withs,
    distinct,
    distinctOn,
    items,
    from: source?.from,
    joins: source?.joins ?? [],
    where,
    group,
    having,
    windows,
    qualify,
    orderByAll,
    order,
    interpolate,
    limitBy: limits.limitBy,
    limit: limits.limit ?? top,
  };
}

const totalsOfAll: Grouping = { form: 'list', items: [], words: ['TOTALS'] };

function parseTop(reader: TokenReader): Limit {
  reader.take();
  const count: Expression = { kind: 'number', text: reader.take().text };
  return { count, offset: undefined, ties: reader.tryWords('WITH TIES') };
}

/** `name AS (SELECT …)`, or `expression AS name`. */
function parseWith(reader: TokenReader): With {
  if (reader.isName() && reader.isWords('AS', 1) && reader.isSign('(', 2)) {
    const name = reader.name();
    reader.take();
    return { kind: 'table', name, query: reader.inBrackets(() => reader.query()) };
  }
  const of = parseExpression(reader);
  reader.expectWords('AS');
  return { kind: 'value', of: { kind: 'alias', of, name: aliasName(reader) } };
}

/** In one FROM. The engine takes longer to plan each further one. */
const joinsMax = 40;

function parseTables(reader: TokenReader): { readonly from: TableItem; readonly joins: readonly Joined[] } {
  const from = parseTable(reader);
  const joins: Joined[] = [];
  for (;;) {
    if (joins.length > joinsMax)
      throw reader.refuse(
        reader.peek().at,
        `more than ${joinsMax} tables are joined.`,
        'Join them in subqueries.',
      );
    if (reader.trySign(',')) {
      joins.push({ kind: 'join', words: ',', table: parseTable(reader), on: undefined, using: undefined });
      continue;
    }
    const left = reader.isWords('LEFT ARRAY JOIN');
    if (left || reader.isWords('ARRAY JOIN') || reader.isWords('INNER ARRAY JOIN')) {
      while (!reader.tryWords('JOIN')) reader.take();
      joins.push({ kind: 'array join', left, items: reader.list(() => parseItem(reader, true)) });
      continue;
    }
    const words = parseJoinWords(reader);
    if (words === undefined) return { from, joins };
    const table = parseTable(reader);
    const on = reader.tryWords('ON') ? parseItem(reader) : undefined;
    const using = reader.tryWords('USING') ? parseUsing(reader) : undefined;
    joins.push({ kind: 'join', words, table, on, using });
  }
}

const joinWords = [
  'GLOBAL',
  'LOCAL',
  'ANY',
  'ALL',
  'SEMI',
  'ANTI',
  'ASOF',
  'ONLY',
  'INNER',
  'LEFT',
  'RIGHT',
  'FULL',
  'CROSS',
  'PASTE',
  'OUTER',
];

function parseJoinWords(reader: TokenReader): string | undefined {
  if (reader.peek().kind !== 'word') return undefined;
  let ahead = 0;
  while (joinWords.some((word) => reader.isWords(word, ahead))) ahead += 1;
  if (!reader.isWords('JOIN', ahead)) return undefined;
  return Array.from({ length: ahead + 1 }, () => reader.take().upper).join(' ');
}

function parseUsing(reader: TokenReader): NonNullable<Extract<Joined, { kind: 'join' }>['using']> {
  const names = () => reader.list(() => parseColumnName(reader));
  return reader.isSign('(') ? reader.inBrackets(names) : names();
}

function parseTable(reader: TokenReader): TableItem {
  const of = parseTableSource(reader);
  const hasAs = reader.tryWords('AS');
  const alias = hasAs
    ? aliasName(reader)
    : reader.isName() && !isJoinWord(reader)
      ? reader.name()
      : undefined;
  const columns =
    hasAs && reader.isSign('(') ? reader.inBrackets(() => reader.list(() => reader.name())) : [];
  const final = reader.tryWords('FINAL');
  const sample: Expression[] = [];
  if (reader.tryWords('SAMPLE')) {
    sample.push(parseRatio(reader));
    if (reader.tryWords('OFFSET')) sample.push(parseRatio(reader));
  }
  return { of, alias, columns, final, sample };
}

function isJoinWord(reader: TokenReader): boolean {
  const { kind, upper } = reader.peek();
  return kind === 'word' && (joinWords.includes(upper) || upper === 'PARALLEL');
}

function parseRatio(reader: TokenReader): Expression {
  const part = (): Expression => {
    if (reader.peek().kind !== 'number') throw reader.unexpected('a number');
    return { kind: 'number', text: reader.take().text };
  };
  const left = part();
  return reader.trySign('/') ? { kind: 'infix', sign: '/', left, right: part() } : left;
}

function parseTableSource(reader: TokenReader): TableItem['of'] {
  if (reader.isSign('(')) return { kind: 'query', query: reader.inBrackets(() => reader.query()) };
  if (reader.isName() && reader.isSign('(', 1)) {
    const { text: name, at } = reader.take();
    reader.take();
    if (!reader.isQuery())
      return {
        kind: 'call',
        name,
        at,
        distinct: false,
        args: reader.listUntil(')', () => parseExpression(reader)),
      };
    const query = reader.query();
    reader.expectSign(')');
    return { kind: 'call', name, at, distinct: false, args: [{ kind: 'query', query }] };
  }
  return parseColumnName(reader);
}

function parseGrouping(reader: TokenReader): Grouping {
  let form: Grouping['form'] = 'list';
  let items: readonly Expression[] = [];
  const special =
    reader.isSign('(', 1) || reader.isWords('SETS', 1)
      ? reader.tryAnyWords(['ROLLUP', 'CUBE', 'GROUPING SETS'])
      : undefined;
  if (special !== undefined) {
    form = special;
    items = reader.inBrackets(() =>
      reader.list(() => (special === 'GROUPING SETS' ? parseGroupingSet(reader) : parseItem(reader))),
    );
  } else if (reader.isWords('ALL') && !reader.isSign('(', 1)) {
    reader.take();
    form = 'ALL';
  } else {
    items = reader.list(() => parseItem(reader));
  }
  const words: ('ROLLUP' | 'CUBE' | 'TOTALS')[] = [];
  while (reader.isWords('WITH ROLLUP') || reader.isWords('WITH CUBE') || reader.isWords('WITH TOTALS')) {
    reader.take();
    words.push(reader.take().upper as 'ROLLUP' | 'CUBE' | 'TOTALS');
  }
  return { form, items, words };
}

/** Always a tuple, also of one: brackets make the set. */
function parseGroupingSet(reader: TokenReader): Expression {
  if (!reader.trySign('(')) return { kind: 'tuple', items: [parseExpression(reader)] };
  return { kind: 'tuple', items: reader.listUntil(')', () => parseExpression(reader)) };
}

function parseInterpolate(reader: TokenReader): NonNullable<Select['interpolate']> {
  if (!reader.trySign('(')) return [];
  return reader.listUntil(')', () => {
    const name = reader.name();
    return { name, of: reader.tryWords('AS') ? parseExpression(reader) : undefined };
  });
}

/** `LIMIT 2 BY x LIMIT 10 OFFSET 5`, `LIMIT 5, 10`, `OFFSET 5 ROWS FETCH FIRST 10 ROWS ONLY`. */
function parseLimits(reader: TokenReader): Pick<Select, 'limitBy' | 'limit'> {
  let limitBy: Select['limitBy'];
  let limit: Limit | undefined;
  if (reader.isWords('LIMIT')) {
    limit = parseLimit(reader);
    if (reader.tryWords('BY')) {
      limitBy = { ...limit, by: reader.list(() => parseExpression(reader)) };
      limit = reader.isWords('LIMIT') ? parseLimit(reader) : undefined;
    }
  }
  if (limit === undefined && reader.isWords('OFFSET')) limit = parseOffset(reader);
  return { limitBy, limit };
}

function parseLimit(reader: TokenReader): Limit {
  reader.take();
  const first = parseExpression(reader);
  const second = reader.trySign(',') ? parseExpression(reader) : undefined;
  const ties = reader.tryWords('WITH TIES');
  if (second !== undefined) return { count: second, offset: first, ties };
  return { count: first, offset: reader.tryWords('OFFSET') ? parseExpression(reader) : undefined, ties };
}

function parseOffset(reader: TokenReader): Limit {
  reader.take();
  const offset = parseExpression(reader);
  if (reader.tryAnyWords(['ROWS', 'ROW']) === undefined || !reader.tryWords('FETCH'))
    return { count: undefined, offset, ties: false };
  reader.tryAnyWords(['FIRST', 'NEXT']);
  const count = parseExpression(reader);
  reader.tryAnyWords(['ROWS', 'ROW']);
  const ties = reader.tryWords('WITH TIES');
  if (!ties) reader.expectWords('ONLY');
  return { count, offset, ties };
}
