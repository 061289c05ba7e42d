/** Turns one test of a bound filter (a field and a match) into SQL. What a field is in the tables: see signal-columns.ts. */
import { assert } from '@sightline/base';
import type { AttributeSource, BoundFilter, Comparison, Match } from '@sightline/schema/filter';
import { isTextKey, textBytesMin } from '../../storage/text-attributes.ts';
import { float, int64, joinSql, type Sql, sql, string, trusted } from '../sql/sql.ts';
import type { Column } from './signal-columns.ts';

export type BoundTest = Extract<BoundFilter, { type: 'test' }>;

const nothing = trusted('false');

/** SQL's NULL is neither true nor false; a test of a filter is always one of them, so that NOT works. */
function definite(condition: Sql): Sql {
  return sql`ifNull(${condition}, false)`;
}

export function compileColumnTest(column: Column, match: Match): Sql {
  switch (column.type) {
    case 'text':
      return compileTextMatch(trusted(column.sql), match);
    case 'texts':
      return sql`arrayExists(text -> ${compileTextMatch(trusted('text'), match)}, ${trusted(column.sql)})`;
    case 'word':
      return compileWord(column, match);
    case 'number':
      return compileNumber(trusted(column.sql), match, column.nanosPerUnit);
    case 'id':
      return compileId(column, match);
    case 'time':
      assert(match.type === 'compare' || match.type === 'exists', 'Times are compared');
      if (match.type === 'exists') return trusted('true');
      return sql`${trusted(column.sql)} ${comparison(match.comparison)} fromUnixTimestamp64Nano(${int64(BigInt(match.value))}, 'UTC')`;
    case 'severity':
      return compileSeverity(match);
  }
}

/** Tests on the text of `value`, which is '' where there is none. */
export function compileTextMatch(value: Sql, match: Match): Sql {
  switch (match.type) {
    case 'equals':
      return sql`${value} = ${string(match.text)}`;
    case 'wildcard':
      return sql`${value} LIKE ${string(likePattern(match.parts))}`;
    case 'regex':
      return sql`match(${value}, ${string(match.source)})`;
    case 'exists':
      return sql`notEmpty(${value})`;
    case 'compare':
      return definite(
        sql`toFloat64OrNull(${value}) ${comparison(match.comparison)} ${float(Number(match.value))}`,
      );
  }
}

export interface AttributeRef {
  readonly sources: readonly AttributeSource[];
  readonly key: string;
}

/** Equality is written as the indexes know it; everything else reads the value, where the key is present. */
export function compileAttribute(ref: AttributeRef, match: Match): Sql {
  if (match.type === 'equals') return compileEquality(ref, match.text);
  if (match.type === 'compare' || match.type === 'exists' || !ref.sources.includes('attribute'))
    return compilePlainAttribute(ref, match, attributeText);
  const { key, sources } = ref;
  const own = compilePlainAttribute({ key, sources: ['attribute'] }, match, attributeText);
  const others = sources.filter((source) => source !== 'attribute');
  const whole = sql`(${own} AND NOT (${isTaken(key)}))`;
  return others.length === 0
    ? whole
    : sql`(${whole} OR ${compilePlainAttribute({ key, sources: others }, match)})`;
}

/** For a table without items and long attributes. */
export function compilePlainAttribute(
  { sources, key }: AttributeRef,
  match: Match,
  valueOf = (source: AttributeSource, name: string): Sql => sql`${trusted(mapOf[source])}[${string(name)}]`,
): Sql {
  const conditions = sources.map((source) => {
    const has = sql`mapContains(${trusted(mapOf[source])}, ${string(key)})`;
    if (match.type === 'exists') return has;
    // Numbers are never long, but may be the answer of a tool.
    const isShort = match.type === 'compare' && !isTextKey(key);
    const value = isShort ? sql`${trusted(mapOf[source])}[${string(key)}]` : valueOf(source, key);
    return sql`(${has} AND ${compileTextMatch(value, match)})`;
  });
  return sql`(${joinSql(conditions, ' OR ')})`;
}

/**
 * Whether a part of the value is kept elsewhere: what stands in its place is not what was sent. See compile-taken-texts.ts. A value that is one mark is
 * short, and need not be in `long_attributes`.
 */
export function isTaken(key: string): Sql {
  return sql`notEmpty(text_ids) AND position(${attributeText('attribute', key)}, '\\x01') > 0`;
}

/** The value of an attribute as text; '' where the key is missing. */
export function attributeText(source: AttributeSource, key: string): Sql {
  const map = trusted(mapOf[source]);
  if (source !== 'attribute') return sql`${map}[${string(key)}]`;
  // Only an empty value can be one that is kept in long_attributes.
  return sql`if(${map}[${string(key)}] = '', long_attributes[${string(key)}], ${map}[${string(key)}])`;
}

export const mapOf: Readonly<Record<AttributeSource, string>> = {
  attribute: 'attributes',
  resource: 'resource_attributes',
  scope: 'scope_attributes',
};
/**
 * `map['key'] = 'value'` is what the indexes on keys and values understand. A prompt or a long value is in the other map, which is far larger and is read only
 * where it can matter, and leaves '' under its key in the first.
 */
function compileEquality({ sources, key }: AttributeRef, text: string): Sql {
  const options = sources.flatMap((source) => {
    const value = sql`${trusted(mapOf[source])}[${string(key)}] = ${string(text)}`;
    const long = sql`long_attributes[${string(key)}] = ${string(text)}`;
    if (text === '') {
      const has = sql`mapContains(${trusted(mapOf[source])}, ${string(key)})`;
      return source === 'attribute' ? [sql`(${has} AND ${value} AND ${long})`] : [sql`(${has} AND ${value})`];
    }
    if (source !== 'attribute') return [value];
    if (Buffer.byteLength(text) > textBytesMin) return [long];
    return isTextKey(key) ? [value, long] : [value];
  });
  return sql`(${joinSql(options, ' OR ')})`;
}

/** A small fixed vocabulary kept as a number, such as the span kind. */
function compileWord(column: Extract<Column, { type: 'word' }>, match: Match): Sql {
  if (match.type === 'exists') return sql`${trusted(column.sql)} != 0`;
  if (match.type === 'equals') {
    const number = column.words.indexOf(match.text);
    return number < 0 ? nothing : sql`${trusted(column.sql)} = ${trusted(String(number))}`;
  }
  const words = column.words.map((word) => `'${word}'`).join(', ');
  return compileTextMatch(
    trusted(`arrayElement([${words}], least(${column.sql} + 1, ${column.words.length}))`),
    match,
  );
}

function compileNumber(value: Sql, match: Match, nanosPerUnit: number | undefined): Sql {
  if (match.type === 'exists') return sql`isNotNull(${value})`;
  assert(match.type === 'compare', 'Numbers are compared');
  const operand =
    nanosPerUnit === undefined && typeof match.value === 'bigint'
      ? int64(match.value)
      : float(Number(match.value) / (nanosPerUnit ?? 1));
  return definite(sql`${value} ${comparison(match.comparison)} ${operand}`);
}

/** Ids are raw bytes; all zero means none. */
function compileId(column: Extract<Column, { type: 'id' }>, match: Match): Sql {
  const bytes = trusted(column.sql);
  switch (match.type) {
    case 'equals':
      return sql`${bytes} = unhex(${string(match.text)})`;
    case 'exists':
      return sql`${bytes} != unhex(${string('00'.repeat(column.bytes))})`;
    case 'wildcard':
      return sql`lower(hex(${bytes})) LIKE ${string(likePattern(match.parts))}`;
    case 'regex':
    case 'compare':
      return nothing;
  }
}

function compileSeverity(match: Match): Sql {
  const number = trusted('severity_number');
  if (match.type === 'exists') return sql`${number} != 0`;
  if (match.type === 'compare')
    return sql`${number} ${comparison(match.comparison)} ${int64(BigInt(match.value))}`;
  if (match.type !== 'equals') return compileTextMatch(trusted('severity_text'), match);
  // A word is its first number and the three after it; UNSET is 0 alone.
  const first = Number(match.text);
  return first === 0
    ? sql`${number} = 0`
    : sql`(${number} BETWEEN ${trusted(String(first))} AND ${trusted(String(first + 3))})`;
}

const comparisonText: Readonly<Record<Comparison, Sql>> = {
  '=': trusted('='),
  '>': trusted('>'),
  '>=': trusted('>='),
  '<': trusted('<'),
  '<=': trusted('<='),
};

function comparison(operator: Comparison): Sql {
  return comparisonText[operator];
}

export function likePattern(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[\\%_]/g, (char) => `\\${char}`)).join('%');
}
