import { assert, seededRandom } from '@sightline/base';
import type { Escapes } from './escapes/read-escapes.ts';

/**
 * Statements made of allowed and forbidden pieces: grown from a grammar that is wider than the one that is read, or spliced from statements that
 * exist, with signs, quotes and comments put in between.
 */
export class TypedSqlFuzzer {
  readonly #random: () => number;
  readonly #escapes: Escapes;
  readonly #samples: readonly string[];

  constructor(seed: number, escapes: Escapes, samples: readonly string[]) {
    this.#random = seededRandom(seed);
    this.#escapes = escapes;
    this.#samples = [...samples, ...escapes.statements];
  }

  next(): string {
    const text = this.#chance(0.6) ? this.#query(4) : this.#pick(this.#samples);
    return this.#chance(0.4) ? this.#spliced(text) : text;
  }

  #query(depth: number): string {
    const d = depth - 1;
    const parts = [
      this.#maybe(
        0.2,
        () => `WITH ${this.#chance(0.5) ? `x AS (${this.#query(d)})` : `${this.#value(d)} AS x`}`,
      ),
      `SELECT ${this.#maybe(0.1, () => 'DISTINCT')} ${this.#list(d, () => this.#item(d))}`,
      this.#maybe(0.8, () => `FROM ${this.#table(d)}`),
      this.#maybe(
        0.2,
        () =>
          `${this.#pick(['', 'LEFT', 'ANY', 'GLOBAL ANY RIGHT', 'CROSS', 'PASTE'])} JOIN ${this.#table(d)} ${this.#maybe(0.6, () => `ON ${this.#value(d)}`)}`,
      ),
      this.#maybe(0.1, () => `ARRAY JOIN ${this.#value(d)} AS e`),
      this.#maybe(0.3, () => `${this.#pick(['WHERE', 'PREWHERE'])} ${this.#value(d)}`),
      this.#maybe(0.2, () => `GROUP BY ${this.#pick(['', 'ROLLUP', 'GROUPING SETS'])} (${this.#value(d)})`),
      this.#maybe(0.1, () => `HAVING ${this.#value(d)}`),
      this.#maybe(0.1, () => `QUALIFY ${this.#value(d)}`),
      this.#maybe(
        0.2,
        () => `ORDER BY ${this.#value(d)} ${this.#maybe(0.2, () => `WITH FILL TO ${this.#value(d)}`)}`,
      ),
      this.#maybe(0.2, () => `LIMIT ${this.#value(0)} ${this.#maybe(0.3, () => `BY ${this.#value(d)}`)}`),
      this.#maybe(0.04, () =>
        this.#pick([
          'SETTINGS additional_table_filters = {}',
          'SETTINGS readonly = 0',
          'FORMAT CSV',
          `INTO OUTFILE '/tmp/x'`,
        ]),
      ),
      this.#maybe(
        depth > 1 ? 0.1 : 0,
        () => `${this.#pick(['UNION ALL', 'EXCEPT', 'INTERSECT', 'UNION DISTINCT'])} ${this.#query(d)}`,
      ),
    ];
    const text = parts.filter((part) => part !== '').join(' ');
    return this.#chance(0.03) ? `EXPLAIN ${text}` : text;
  }

  #item(depth: number): string {
    if (this.#chance(0.15)) {
      const of = this.#pick(['*', 't.*', "COLUMNS('.*')", 'COLUMNS(name)']);
      const transformer = this.#pick([
        `APPLY(x -> ${this.#value(depth)})`,
        `APPLY(${this.#pick(['toString', 'file', 'max', 'upper', '`file`', 'quantile(0.5)'])})`,
        'EXCEPT (name)',
        `REPLACE(${this.#value(depth)} AS name)`,
      ]);
      return `${of} ${transformer}`;
    }
    return `${this.#value(depth)}${this.#maybe(0.3, () => ` AS ${this.#name()}`)}`;
  }

  #table(depth: number): string {
    const alias = this.#maybe(0.5, () => ` AS ${this.#name()}`);
    if (this.#chance(0.04)) return `${this.#pick(this.#escapes.tables)}${alias}`;
    if (depth > 0 && this.#chance(0.25)) return `(${this.#query(depth - 1)})${alias}`;
    return `${this.#pick(['spans', 'ai_spans', 'numbers(3)', 'x', 'ledger', 'system.one', 'sightline.spans', "values('a UInt8', 1, 2)", 'spans FINAL', 'trace_starts'])}${alias}`;
  }

  #value(depth: number): string {
    if (this.#chance(0.02)) return this.#pick(this.#escapes.functions);
    if (depth <= 0 || this.#chance(0.3))
      return this.#pick([
        '1',
        '0.5',
        "'a'",
        'NULL',
        '-1',
        'name',
        'service',
        'project',
        'x',
        'duration_ns',
        "attributes['note']",
        'number',
        '[1, 2]',
        '(1, 2)',
        'file',
        'dummy',
        't.name',
        'spans.project',
        "'others'",
      ]);
    const d = depth - 1;
    const a = () => this.#value(d);
    return this.#pick([
      () =>
        `${a()} ${this.#pick(['+', '-', '*', '/', '%', '=', '!=', '<', '<=>', '||', 'AND', 'OR', 'LIKE', 'DIV', 'IS DISTINCT FROM'])} ${a()}`,
      () => `(${a()})`,
      () => `NOT ${a()}`,
      () =>
        `${a()} ${this.#pick(['IN', 'NOT IN', 'GLOBAL IN'])} ${this.#pick([`(${a()}, ${a()})`, `(${this.#query(d)})`, 'spans', 'x', 'system.users', 'name', a()])}`,
      () =>
        `${this.#pick(['toString', 'length', 'count', 'max', 'any', 'groupArray', 'uniqExact', 'upper', 'sumIf', 'groupArrayIf', 'file', 'if', 'concat', 'tuple', 'array', 'identity', 'toTypeName', 'untuple', 'arrayJoin'])}(${this.#list(d, a)})`,
      () =>
        `${this.#pick(['arrayMap', 'arrayFilter', 'arrayFold', 'mapApply', 'arraySort', 'arrayExists', 'arrayTopK'])}(${this.#pick([`e -> ${a()}`, `(e, f) -> ${a()}`, 'file', 'upper', a()])}, ${a()})`,
      () => `${a()}${this.#pick(['::String', '.1', '[1]', '.a', '::UInt8', ' IS NULL'])}`,
      () =>
        `CAST(${a()} AS ${this.#pick(['String', 'Nullable(UInt8)', 'AggregateFunction(sum, UInt8)', 'Array(String)'])})`,
      () => `(${this.#query(d)})`,
      () => `EXISTS (${this.#query(d)})`,
      () => `CASE ${a()} WHEN ${a()} THEN ${a()} ELSE ${a()} END`,
      () => `${a()} ? ${a()} : ${a()}`,
      () => `${a()} BETWEEN ${a()} AND ${a()}`,
      () => `sum(${a()}) OVER (PARTITION BY ${a()} ORDER BY ${a()})`,
      () => `(${a()} AS ${this.#name()})`,
    ])();
  }

  #name(): string {
    return this.#pick([
      'x',
      't',
      'spans',
      'file',
      'upper',
      'project',
      '`a b`',
      '"q"',
      'name',
      '`) SETTINGS --`',
      'system',
    ]);
  }

  /** Something put in, taken out or doubled at a random place. */
  #spliced(text: string): string {
    const at = Math.floor(this.#random() * (text.length + 1));
    const length = Math.floor(this.#random() * 8);
    const what = this.#pick([
      () =>
        this.#pick([
          "'",
          '"',
          '`',
          '\\',
          '/*',
          '*/',
          '--',
          '\n',
          ';',
          '(',
          ')',
          '{',
          '[',
          ']',
          ',',
          '.',
          '::',
          '->',
          '?',
          ' AS ',
          ' IN ',
          '\0',
          '\u00A0',
          '’',
          '😀',
          "''",
        ]),
      () => this.#pick(this.#escapes.functions),
      () => this.#pick(this.#escapes.tables),
      () => text.slice(at, at + 20),
      () => '',
    ])();
    return text.slice(0, at) + what + text.slice(at + (this.#chance(0.5) ? length : 0));
  }

  #list(depth: number, item: () => string): string {
    return Array.from({ length: 1 + Math.floor(this.#random() * Math.max(1, depth)) }, item).join(', ');
  }

  #maybe(share: number, text: () => string): string {
    return this.#chance(share) ? text() : '';
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    assert(item !== undefined, 'There is something to choose from');
    return item;
  }
}
