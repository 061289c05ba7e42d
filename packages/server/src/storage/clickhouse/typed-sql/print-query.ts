/**
 * Prints a statement anew. Its parts, in this order: queries and their clauses; tables, joins and windows; expressions, with what may stand after IN and as an argument;
 * columns and their transformers. They live together because a check is where its node is printed, and each of them may hold any other.
 */
import { literal } from '../engine.ts';
import type { StoreError } from '../../telemetry-store.ts';
import { parseStructure, parseType, quoteName } from './data-types.ts';
import {
  aggregateArguments,
  functionNames,
  isAggregate,
  isFunction,
  knownAggregates,
  lambdaFunctions,
  refusedFunctions,
  tableFunctions,
  typeArguments,
} from './function-names.ts';
import { indexedColumns, ofProject, ownTable, type Readable, tableText } from './readable-tables.ts';
import { didYouMean, refusal } from './refusal.ts';
import { TokenReader } from './token-reader.ts';
import { place } from './tokens.ts';
import type {
  Call,
  Expression,
  FrameEdge,
  Joined,
  Lambda,
  Limit,
  Name,
  OrderItem,
  Query,
  Select,
  TableItem,
  Transformer,
  Window,
  With,
} from './tree.ts';

/** Units of UTF-16: what is printed has brackets, quotes and subqueries that were not typed. */
const printedMax = 1_000_000;
/**
 * SELECTs that stand for names of WITH, wherever these are used: the engine plans each anew, without a deadline, so that forty names could stand for billions. To join
 * all columns of spans with themselves in five such steps takes it 0.8 s of CPU, in six 2 s.
 */
const repeatedMax = 100;

/** Of a whole statement. */
export interface Names {
  /** The last part of every name that stands for something. */
  readonly read: ReadonlySet<string>;
  /** What an expression, window or subquery is called. */
  readonly given: ReadonlySet<string>;
}

/**
 * Prints a statement anew, from nodes that are understood, and refuses what no list names. What it prints has these properties: a table stands
 * only where `tableText` put it; a name that WITH gives to a subquery is marked, so that it is no table's; no other name stands where the engine would
 * look for a table or a function; texts and names are quoted; there is no SETTINGS, FORMAT or INTO.
 */
export class QueryPrinter {
  readonly #sql: string;
  readonly #readable: Readable;
  readonly #names: Names;
  /** Subqueries in WITH by their names, with how many SELECTs each stands for; of the innermost query last. */
  readonly #scopes: Map<string, number>[] = [];
  #printed = 0;
  /** SELECTs so far, and those of them that stand for names of WITH. */
  #selects = 0;
  #repeated = 0;

  constructor(sql: string, readable: Readable, names: Names) {
    this.#sql = sql;
    this.#readable = readable;
    this.#names = names;
  }

  query(query: Query): string {
    return this.#bounded(query.kind === 'select' ? this.#select(query) : this.#set(query));
  }

  #set({ first, rest }: Extract<Query, { kind: 'set' }>): string {
    const parts = rest.map(({ words, query }) => `${words} ${this.#operand(query)}`);
    return [this.#operand(first), ...parts].join(' ');
  }

  #operand(query: Query): string {
    return `(${this.query(query)})`;
  }

  #select(select: Select): string {
    this.#selects += 1;
    const scope = new Map<string, number>();
    this.#scopes.push(scope);
    const withs = select.with.map((item) => this.#with(item, scope, select.recursive));
    const isConditioned = this.#isConditioned(select);
    const where = [
      ...(isConditioned ? [`(${ofProject(this.#readable)})`] : []),
      ...select.where.map((each) => this.#operandText(each)),
    ];
    const parts = [
      withs.length === 0 ? '' : `WITH ${select.recursive ? 'RECURSIVE ' : ''}${withs.join(', ')}`,
      'SELECT',
      select.distinct ? 'DISTINCT' : '',
      select.distinctOn.length === 0 ? '' : `DISTINCT ON (${this.#list(select.distinctOn)})`,
      this.#list(select.items),
      select.from === undefined ? '' : `FROM ${this.#table(select.from, isConditioned)}`,
      ...select.joins.map((join) => this.#join(join)),
      where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`,
      select.group === undefined ? '' : this.#grouping(select.group),
      this.#clause('HAVING', select.having),
      select.windows.length === 0
        ? ''
        : `WINDOW ${select.windows.map(({ name, window }) => `${quoteName(name)} AS ${this.#window(window)}`).join(', ')}`,
      this.#clause('QUALIFY', select.qualify),
      select.orderByAll === undefined ? '' : `ORDER BY ALL ${select.orderByAll}`,
      select.order.length === 0 ? '' : `ORDER BY ${this.#order(select.order)}`,
      select.interpolate === undefined ? '' : this.#interpolate(select.interpolate),
      select.limitBy === undefined
        ? ''
        : `${this.#limit(select.limitBy)} BY ${this.#list(select.limitBy.by)}`,
      select.limit === undefined ? '' : this.#limit(select.limit),
    ];
    this.#scopes.pop();
    return parts.filter((part) => part !== '').join(' ');
  }

  /**
   * Whether a query on a cluster reads one table, so that the condition on the project can stand in the query itself: from a subquery the nodes would send
   * their rows instead of their sums. Not where the statement calls something else by the name of that column.
   */
  #isConditioned({ from, joins }: Select): boolean {
    if (this.#readable.nodes.kind !== 'cluster' || joins.length > 0) return false;
    if (from?.of.kind !== 'name' || from.columns.length > 0) return false;
    const { parts } = from.of;
    if (ownTable(parts, this.#readable) === undefined) return false;
    if (parts.length === 1 && this.#selectsOf(parts[0] ?? '') !== undefined) return false;
    return !this.#names.given.has('project');
  }

  #with(item: With, scope: Map<string, number>, recursive: boolean): string {
    if (item.kind === 'value') return this.expression(item.of);
    // A subquery sees those before it, and itself where it may.
    if (recursive) scope.set(item.name, 0);
    const before = { selects: this.#selects, repeated: this.#repeated };
    const text = `${markedName(item.name)} AS (${this.query(item.query)})`;
    scope.set(item.name, this.#selects - before.selects);
    this.#selects = before.selects;
    this.#repeated = before.repeated;
    return text;
  }

  #clause(word: string, of: Expression | undefined): string {
    return of === undefined ? '' : `${word} ${this.expression(of)}`;
  }

  #grouping({ form, items, words }: NonNullable<Select['group']>): string {
    const sets = items.map((item) =>
      form === 'GROUPING SETS' && item.kind === 'tuple'
        ? `(${this.#list(item.items)})`
        : this.expression(item),
    );
    const what = form === 'ALL' ? 'ALL' : form === 'list' ? sets.join(', ') : `${form} (${sets.join(', ')})`;
    const by = what === '' ? [] : [`GROUP BY ${what}`];
    return [...by, ...words.map((word) => `WITH ${word}`)].join(' ');
  }

  #order(items: readonly OrderItem[]): string {
    return items
      .map(({ of, words, collate, fill }) =>
        [
          this.expression(of),
          words,
          collate === undefined ? '' : `COLLATE '${collate}'`,
          fill === undefined
            ? ''
            : ['WITH FILL', ...fill.map(({ word, of: by }) => `${word} ${this.expression(by)}`)].join(' '),
        ]
          .filter((part) => part !== '')
          .join(' '),
      )
      .join(', ');
  }

  #interpolate(items: NonNullable<Select['interpolate']>): string {
    const texts = items.map(({ name, of }) =>
      of === undefined ? quoteName(name) : `${quoteName(name)} AS ${this.expression(of)}`,
    );
    return texts.length === 0 ? 'INTERPOLATE' : `INTERPOLATE (${texts.join(', ')})`;
  }

  #limit({ count, offset, ties }: Limit): string {
    return [
      count === undefined ? '' : `LIMIT ${this.expression(count)}`,
      count !== undefined && offset !== undefined ? `OFFSET ${this.expression(offset)}` : '',
      count === undefined && offset !== undefined ? `OFFSET ${this.expression(offset)}` : '',
      ties ? 'WITH TIES' : '',
    ]
      .filter((part) => part !== '')
      .join(' ');
  }

  #table(item: TableItem, isConditioned = false): string {
    return item.columns.length === 0
      ? this.#tableSource(item, isConditioned)
      : `${this.#tableSource(item)}(${item.columns.map(quoteName).join(', ')})`;
  }

  #tableSource({ of, alias, final, sample }: TableItem, isConditioned = false): string {
    const modifiers = `${final ? ' FINAL' : ''}${sample.length === 0 ? '' : ` SAMPLE ${sample.map((each) => this.expression(each)).join(' OFFSET ')}`}`;
    if (of.kind === 'name') {
      const [only = ''] = of.parts;
      const selects = of.parts.length === 1 ? this.#selectsOf(only) : undefined;
      const use = {
        alias: alias ?? of.parts.at(-1) ?? '',
        modifiers,
        names: this.#names.read,
        isConditioned,
      };
      if (selects === undefined) return tableText(of.parts, this.#place(of.at), this.#readable, use);
      this.#repeat(selects);
    }
    if (modifiers !== '') throw refusal('FINAL and SAMPLE can be used with tables only.');
    const as = alias === undefined ? '' : ` AS ${quoteName(alias)}`;
    if (of.kind === 'query') return `(${this.query(of.query)})${as}`;
    if (of.kind === 'name')
      return `${markedName(of.parts[0] ?? '')} AS ${quoteName(alias ?? of.parts[0] ?? '')}`;
    return `${this.#tableFunction(of)}${as}`;
  }

  #tableFunction({ name, at, args }: Call): string {
    const [only] = args;
    if (name.toLowerCase() === 'view' && only?.kind === 'query' && args.length === 1)
      return `(${this.query(only.query)})`;
    const known = [...tableFunctions].find((each) => each.toLowerCase() === name.toLowerCase());
    if (known === undefined) throw this.#unknown('table function', name, at, tableFunctions);
    const [first, ...rest] = args;
    if (known === 'values' && first?.kind === 'string')
      return `values(${[this.#textOf(first, at, parseStructure), ...rest.map((arg) => this.expression(arg))].join(', ')})`;
    return `${known}(${this.#list(args)})`;
  }

  #join(join: Joined): string {
    if (join.kind === 'array join') return `${join.left ? 'LEFT ' : ''}ARRAY JOIN ${this.#list(join.items)}`;
    const { words, table, on, using } = join;
    return [
      words,
      this.#table(table),
      on === undefined ? '' : `ON ${this.expression(on)}`,
      using === undefined ? '' : `USING (${using.map((name) => this.#name(name)).join(', ')})`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  }

  #window({ base, partition, order, frame }: Window): string {
    const edges =
      frame === undefined
        ? []
        : [this.#edge(frame.from), ...(frame.to === undefined ? [] : [this.#edge(frame.to)])];
    const parts = [
      base === undefined ? '' : quoteName(base),
      partition.length === 0 ? '' : `PARTITION BY ${this.#list(partition)}`,
      order.length === 0 ? '' : `ORDER BY ${this.#order(order)}`,
      frame === undefined
        ? ''
        : `${frame.unit} ${edges.length === 2 ? `BETWEEN ${edges.join(' AND ')}` : (edges[0] ?? '')}`,
    ];
    return `(${parts.filter((part) => part !== '').join(' ')})`;
  }

  #edge({ side, by }: FrameEdge): string {
    if (side === undefined) return 'CURRENT ROW';
    return `${by === undefined ? 'UNBOUNDED' : this.expression(by)} ${side}`;
  }

  #list(items: readonly Expression[]): string {
    return items.map((item) => this.expression(item)).join(', ');
  }

  expression(of: Expression): string {
    return this.#bounded(this.#expression(of));
  }

  /** As a part of something larger: in brackets, unless nothing could be read otherwise. */
  #operandText(of: Expression): string {
    const text = this.expression(of);
    return wholes.has(of.kind) ? text : `(${text})`;
  }

  #expression(of: Expression): string {
    switch (of.kind) {
      case 'number':
        return of.text;
      case 'string':
        return `'${of.text}'`;
      case 'constant':
        return of.word;
      case 'name':
        return this.#name(of);
      case 'call':
        return this.#call(of);
      case 'columns':
        return this.#columns(of);
      case 'lambda':
        throw refusal(
          `${this.#place(of.at)}: a lambda can only be the first argument of a function such as arrayMap.`,
        );
      case 'prefix':
        return of.of.kind === 'number'
          ? `${of.sign} (${of.of.text})`
          : `${of.sign} ${this.#operandText(of.of)}`;
      case 'infix':
        return `${this.#operandText(of.left)} ${of.sign} ${this.#operandText(of.right)}`;
      case 'chain':
        return of.items.map((item) => this.#operandText(item)).join(` ${of.sign} `);
      case 'in':
        return `${this.#searched(of.left)} ${of.sign} ${this.#listToSearch(of.right, of.at)}`;
      case 'is':
        return `${this.#operandText(of.of)} ${of.test}`;
      case 'between':
        return `${this.#operandText(of.of)} ${of.not ? 'NOT ' : ''}BETWEEN ${this.#operandText(of.low)} AND ${this.#operandText(of.high)}`;
      case 'quantified':
        return `${this.#operandText(of.left)} ${of.sign} ${of.all ? 'ALL' : 'ANY'} (${this.query(of.query)})`;
      case 'ternary':
        return `if(${this.#list([of.test, of.yes, of.no])})`;
      case 'case':
        return [
          'CASE',
          ...(of.of === undefined ? [] : [this.#operandText(of.of)]),
          ...of.cases.map(
            ({ when, result }) => `WHEN ${this.#operandText(when)} THEN ${this.#operandText(result)}`,
          ),
          ...(of.otherwise === undefined ? [] : [`ELSE ${this.#operandText(of.otherwise)}`]),
          'END',
        ].join(' ');
      case 'cast':
        return of.colons
          ? `${this.#operandText(of.of)}::${of.type}`
          : `CAST(${this.expression(of.of)} AS ${of.type})`;
      case 'interval':
        return `INTERVAL ${this.#operandText(of.of)}${of.unit === '' ? '' : ` ${of.unit}`}`;
      case 'tuple':
        return of.items.length > 1 ? `(${this.#list(of.items)})` : `tuple(${this.#list(of.items)})`;
      case 'array':
        return `[${this.#list(of.items)}]`;
      case 'index':
        return `${this.#operandText(of.of)}[${this.expression(of.index)}]`;
      case 'element':
        return typeof of.element === 'number'
          ? `tupleElement(${this.expression(of.of)}, ${of.element})`
          : `tupleElement(${this.expression(of.of)}, ${literal(of.element)})`;
      case 'query':
        return `(${this.query(of.query)})`;
      case 'exists':
        return `EXISTS (${this.query(of.query)})`;
      case 'alias':
        return `${of.of.kind === 'name' ? this.#argument(of.of) : this.#operandText(of.of)} AS ${quoteName(of.name)}`;
    }
  }

  /** A name of one of our tables may have the database before it, as in `sightline.spans.name`. */
  #name(name: Name): string {
    return this.#nameParts(name).map(quoteName).join('.');
  }

  #nameParts({ parts }: Name): readonly string[] {
    const own = parts.length > 2 && ownTable(parts.slice(0, 2), this.#readable) !== undefined;
    return own ? parts.slice(1) : parts;
  }

  /**
   * To the left of IN: a name of two parts that is no column there would be looked for among all tables, and the answer tell whether there is such a one.
   * As an argument it is a column or nothing. Of an index only bare names make use.
   */
  #searched(of: Expression): string {
    const name = of.kind === 'alias' ? of.of : of;
    const isLookedFor =
      name.kind === 'name' &&
      this.#nameParts(name).length === 2 &&
      !indexedColumns.has(name.parts.at(-1) ?? '');
    if (!isLookedFor) return this.#operandText(of);
    const text = `identity(${this.#name(name)})`;
    return of.kind === 'alias' ? `(${text} AS ${quoteName(of.name)})` : text;
  }

  /** To the right of IN: a name there may be a table's, so it is one that is printed as a subquery, or nothing. */
  #listToSearch(of: Expression, at: number): string {
    switch (of.kind) {
      case 'query':
        return `(${this.query(of.query)})`;
      case 'name': {
        const [only = ''] = of.parts;
        const isMarked = of.parts.length === 1 && this.#selectsOf(only) !== undefined;
        const isOwn = ownTable(of.parts, this.#readable) !== undefined;
        if (!isMarked && !isOwn)
          throw refusal(
            `${this.#place(at)}: after IN "${of.parts.join('.').slice(0, 80)}" is no list, subquery or table.`,
            'Write IN (1, 2), IN (SELECT …), or has(list, value).',
          );
        return `(SELECT * FROM ${this.#table({ of, alias: undefined, columns: [], final: false, sample: [] })})`;
      }
      case 'call':
      case 'array':
      case 'cast':
      case 'prefix':
      case 'infix':
      case 'interval':
        if (of.kind === 'call' && isTableFunctionToo(of.name)) break;
        return `(${this.expression(of)})`;
      case 'tuple':
        return this.expression(of);
      case 'number':
      case 'string':
      case 'constant':
        return `(${this.expression(of)})`;
      default:
        break;
    }
    throw refusal(
      `${this.#place(at)}: what stands after IN is no list and no subquery.`,
      'Write IN (1, 2) or IN (SELECT …).',
    );
  }

  #call(call: Call): string {
    const { at } = call;
    const name = this.#functionName(call.name, at);
    if (/^(currentDatabase|current_database|database|schema)$/i.test(name))
      return literal(this.#readable.database);
    const params = call.params === undefined ? '' : `(${this.#list(call.params)})`;
    const after = [
      call.nulls ?? '',
      call.filter === undefined ? '' : `FILTER (WHERE ${this.expression(call.filter)})`,
      call.over === undefined
        ? ''
        : `OVER ${typeof call.over === 'string' ? quoteName(call.over) : this.#window(call.over)}`,
    ].filter((part) => part !== '');
    return [
      `${name}${params}(${call.distinct ? 'DISTINCT ' : ''}${this.#arguments(call).join(', ')})`,
      ...after,
    ].join(' ');
  }

  #arguments({ name, at, args }: Call): readonly string[] {
    const typeAt = typeArguments.get(name.toLowerCase());
    const typePlace = typeAt === undefined ? -1 : typeAt < 0 ? args.length + typeAt : typeAt;
    return args.map((arg, index) => {
      if (index === typePlace) return this.#textOf(arg, at, parseType);
      if (index > 0) return this.#argument(arg);
      if (aggregateArguments.has(name)) return this.#aggregateText(arg, at);
      if (!lambdaFunctions.has(name) || args.length === 1) return this.#argument(arg);
      // The engine takes a name here for a function's.
      if (arg.kind === 'lambda') return this.#lambda(arg);
      if (arg.kind === 'number') return arg.text;
      throw refusal(
        `${this.#place(at)}: the first argument of ${name} must be a lambda.`,
        'Write x -> lower(x) instead of lower.',
      );
    });
  }

  /** A name where the engine could take it for a function's, which is then called: it is a value, so it may as well be one that was computed. */
  #argument(of: Expression): string {
    const text = this.expression(of);
    const isRisky = of.kind === 'name' && of.parts.length === 1 && refusedFunctions.has(of.parts[0] ?? '');
    return isRisky ? `identity(${text})` : text;
  }

  /** The text of a type or of columns, read and printed anew. */
  #textOf(arg: Expression, at: number, parse: (reader: TokenReader) => string): string {
    if (arg.kind !== 'string')
      throw refusal(`${this.#place(at)}: a type must be written as a text, as in 'UInt8'.`);
    const reader = new TokenReader(unescapeText(arg.text), { query: noQuery, expression: noQuery });
    const text = parse(reader);
    if (reader.peek().kind !== 'end') throw reader.unexpected('the end of the type');
    return literal(text);
  }

  #aggregateText(arg: Expression, at: number): string {
    const [, name = '', params = ''] =
      (arg.kind === 'string' ? /^(\w+)(\([\d., ]*\))?$/.exec(arg.text) : null) ?? [];
    if (!isAggregate(name)) throw this.#unknown('aggregate function', name, at, knownAggregates);
    return `'${name}${params}'`;
  }

  #lambda({ params, body }: Lambda): string {
    return `(${params.map(quoteName).join(', ')}) -> ${this.#operandText(body)}`;
  }

  #functionName(name: string, at: number): string {
    if (!isFunction(name)) throw this.#unknown('function', name, at, functionNames);
    return name;
  }

  #columns({ of, transformers }: Extract<Expression, { kind: 'columns' }>): string {
    const what =
      'table' in of
        ? `${of.table === undefined ? '' : `${this.#name(of.table)}.`}*`
        : 'pattern' in of
          ? `COLUMNS('${of.pattern}')`
          : `COLUMNS(${of.names.map((name) => this.#name(name)).join(', ')})`;
    return [what, ...transformers.map((each) => this.#transformer(each))].join(' ');
  }

  #transformer(transformer: Transformer): string {
    switch (transformer.kind) {
      case 'apply':
        return `APPLY(${quoteName(transformer.lambda.params[0] ?? '')} -> ${this.#operandText(transformer.lambda.body)})`;
      case 'apply function': {
        const { name, at, params } = transformer;
        const function_ = this.#functionName(name, at);
        return `APPLY(${function_}${params.length === 0 ? '' : `(${this.#list(params)})`})`;
      }
      case 'except':
        return `EXCEPT ${transformer.strict ? 'STRICT ' : ''}(${transformer.names.map(quoteName).join(', ')})`;
      case 'except pattern':
        return `EXCEPT('${transformer.pattern}')`;
      case 'replace': {
        const items = transformer.items.map(
          ({ of, name }) => `${this.#operandText(of)} AS ${quoteName(name)}`,
        );
        return `REPLACE ${transformer.strict ? 'STRICT ' : ''}(${items.join(', ')})`;
      }
    }
  }

  /** How many SELECTs a name from WITH stands for; undefined where WITH gives no such name. */
  #selectsOf(name: string): number | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  #repeat(selects: number): void {
    this.#selects += selects;
    this.#repeated += selects;
    if (this.#repeated > repeatedMax)
      throw refusal(
        `The names of WITH stand for more than ${repeatedMax} SELECTs, which are planned anew wherever a name is used.`,
        'Use the names fewer times.',
      );
  }

  #place(at: number): string {
    return place(this.#sql, at);
  }

  #unknown(what: string, name: string, at: number, known: Iterable<string>): StoreError {
    return refusal(
      `${this.#place(at)}: the ${what} "${name.slice(0, 80)}" cannot be used here.`,
      didYouMean(name, known),
    );
  }

  #bounded(text: string): string {
    this.#printed = Math.max(this.#printed, text.length);
    if (this.#printed > printedMax)
      throw refusal('The statement is too large once its tables are written out.', 'Shorten it.');
    return text;
  }
}

/** The name of a subquery in WITH as it is printed: no table has such a one. */
function markedName(name: string): string {
  return quoteName(`${name} (WITH)`);
}

/** What is whole without brackets around it. */
const wholes: ReadonlySet<Expression['kind']> = new Set([
  'string',
  'constant',
  'name',
  'columns',
  'call',
  'tuple',
  'array',
  'element',
  'query',
  'ternary',
  'cast',
  'number',
]);

function isTableFunctionToo(name: string): boolean {
  return ['format', 'values', 'view', 'numbers', 'zeros', 'merge', 'file', 'url'].includes(
    name.toLowerCase(),
  );
}

function noQuery(): never {
  throw refusal('A type has no subquery.');
}

/** Printed text of a string as the text it stands for: of types, which need no more than quotes. */
function unescapeText(text: string): string {
  if (/\\[^'\\]/.test(text)) throw refusal('A type has no such escapes.');
  return text.replaceAll(/\\(.)/g, '$1');
}
