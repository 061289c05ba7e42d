import { operationFallbackSql } from './compile-sql-operation.ts';
import { providerSql, type SqlScope, sourceSql, sqlList } from './compile-sql-source.ts';
import { type DerivedColumn, type FieldName, fieldNames, fields } from './fields.ts';
import { type Field, isNumeric, maximum, type Source, textLengthMax, type TokenColumn } from './source.ts';

export interface CompileSqlOptions {
  /** Expressions over one row: `Map(…, String)`, where numbers and truth values are text, lists and maps JSON. */
  readonly attributes: string;
  readonly resource: string;
  /** The span's name, or a log record's event name. */
  readonly name: string;
  /** Which columns to compute; all unless said. Fewer cost less. */
  readonly columns?: readonly DerivedColumn[];
  /** The alias under which the outer SELECT finds `row`; `derived` unless said. */
  readonly alias?: string;
}

export interface CompiledSql {
  /**
   * One tuple with everything. Goes into an inner SELECT as `<row> AS derived`: the analyser copies an alias of the same
   * SELECT into each place that uses it, which takes seconds here.
   */
  readonly row: string;
  /**
   * Goes into the SELECT around it, where `attributes` is also read. Text columns are String, '' for none. Counts are
   * Nullable(UInt64), dollars and milliseconds Nullable(Float64).
   */
  readonly columns: Readonly<Partial<Record<DerivedColumn, string>>>;
}

/**
 * ClickHouse expressions for the derived columns. They never throw, whatever the attributes hold.
 *
 * Most spans have none of the attributes in the tables, so rows are narrowed first: one hash lookup per key keeps the
 * known attributes, and the sources are evaluated in a lambda over an array that is empty for all other rows. ClickHouse
 * runs a lambda over array elements only; `if` does not save the work, it evaluates map lookups for every row.
 */
export function compileSql(options: CompileSqlOptions): CompiledSql {
  const alias = options.alias ?? 'derived';
  const columns = options.columns ?? [...fieldNames, 'model'];
  const names = requiredFields(columns);
  const scope: SqlScope = { attributes: 'known_.1', resource: 'known_.2', name: options.name };

  const raw: string[] = [];
  const position = new Map<string, number>();
  for (const name of names) {
    position.set(name, raw.push(firstSql(fields[name], scope)));
    if (hasExclusive(fields[name]))
      position.set(`${name} excludes`, raw.push(excludesSql(fields[name], scope)));
  }
  const rawAt = (key: string) => `raw_.${position.get(key) ?? 0}`;
  const final = names.map((name) => finalSql(name, fields[name], rawAt));

  return {
    row: `arrayMap(raw_ -> tuple(${final.join(', ')}), arrayMap(known_ -> tuple(${raw.join(', ')}), ${knownSql(names, options)}))[1]`,
    columns: Object.fromEntries(columns.map((column) => [column, columnSql(column)])),
  };

  function columnSql(column: DerivedColumn): string {
    const at = (name: FieldName) => `${alias}.${names.indexOf(name) + 1}`;
    if (column === 'model')
      return `if(${at('response_model')} != '', ${at('response_model')}, ${at('request_model')})`;
    if (column === 'operation') return operationFallbackSql(at('operation'), options.attributes);
    return at(column);
  }
}

/** The fields behind `columns`, and the counts that they contain. */
function requiredFields(columns: readonly DerivedColumn[]): readonly FieldName[] {
  const needed = new Set<FieldName>();
  for (const column of columns) {
    if (column === 'model') needed.add('request_model').add('response_model');
    else for (const name of [column, ...partsOf(fields[column])]) needed.add(name);
  }
  return fieldNames.filter((name) => needed.has(name));
}

const partsOf = (field: Field): readonly TokenColumn[] => field.contains ?? [];

/** An array with the row's known attributes and known resource attributes, or an empty one where no source has a value. */
function knownSql(names: readonly FieldName[], options: CompileSqlOptions): string {
  const keys = keysRead(names);
  const known = (wanted: readonly string[], map: string) =>
    `mapFilter((key_, value_) -> key_ IN (${sqlList(wanted)}), ${map})`;
  const attributes = known(keys.attributes, options.attributes);
  const isTelling = `arrayExists(key_ -> key_ IN (${sqlList(keys.telling)}), mapKeys(both_.1))`;
  if (keys.resource.length === 0) return `arrayFilter(both_ -> ${isTelling}, [tuple(${attributes})])`;
  const resource = known(keys.resource, options.resource);
  return `arrayFilter(both_ -> ${isTelling} OR notEmpty(both_.2), [tuple(${attributes}, ${resource})])`;
}

interface KeysRead {
  readonly attributes: readonly string[];
  /** Those that a value can come from. Guards alone give none: every span of a Rust program has a `target`. */
  readonly telling: readonly string[];
  readonly resource: readonly string[];
}

function keysRead(names: readonly FieldName[]): KeysRead {
  const telling = new Set<string>();
  const guarding = new Set<string>();
  const resource = new Set<string>();
  for (const source of names.flatMap((name): readonly Source[] => fields[name].sources)) {
    const guards = (source.when ?? []).map((guard) => guard.attribute);
    for (const guard of guards) (source.from === 'name' ? telling : guarding).add(guard);
    if (source.from === 'resource') resource.add(source.name);
    else if (source.from !== 'name') telling.add(source.name);
  }
  return { attributes: [...telling.union(guarding)], telling: [...telling], resource: [...resource] };
}

/** The value of the first source that has one. */
function firstSql(field: Field, scope: SqlScope): string {
  if (isNumeric(field.type)) {
    return `arrayFirstOrNull(number_ -> ${inRange(field)}, ${numbersSql(field, scope)})`;
  }
  const texts = field.sources.map((source) => sourceSql(field.type, source, scope));
  const text = `leftUTF8(arrayFirst(text_ -> text_ != '', [${texts.join(', ')}]), ${textLengthMax})`;
  return field.type === 'provider' ? providerSql(text) : text;
}

const hasExclusive = (field: Field) => field.sources.some((source) => source.excludes !== undefined);

/** Whether the first source that has a value leaves out what the field contains. */
function excludesSql(field: Field, scope: SqlScope): string {
  const excludes = field.sources.map((source) => (source.excludes === undefined ? 'false' : 'true'));
  const index = `arrayFirstIndex(number_ -> ${inRange(field)}, ${numbersSql(field, scope)})`;
  return `[${excludes.join(', ')}][${index}]`;
}

function numbersSql(field: Field, scope: SqlScope): string {
  const texts = `[${field.sources.map((source) => sourceSql(field.type, source, scope)).join(', ')}]`;
  if (field.sources.every((source) => source.scale === undefined))
    return `arrayMap(text_ -> toFloat64OrNull(text_), ${texts})`;
  const scales = field.sources.map((source) => String(source.scale ?? 1)).join(', ');
  return `arrayMap((text_, scale_) -> toFloat64OrNull(text_) * scale_, ${texts}, [${scales}])`;
}

/** False for NULL and NaN too. */
function inRange(field: Field): string {
  return isNumeric(field.type) ? `ifNull(number_ >= 0 AND number_ <= ${maximum[field.type]}, false)` : 'true';
}

function finalSql(name: FieldName, field: Field, rawAt: (key: string) => string): string {
  if (!isNumeric(field.type)) return rawAt(name);
  // Without the sign of -0.
  if (field.type !== 'tokens') return `abs(${rawAt(name)})`;
  const count = (part: string) => `accurateCastOrNull(floor(${rawAt(part)}), 'UInt64')`;
  if (field.contains === undefined) return count(name);
  const parts = field.contains.map((part) => `ifNull(${count(part)}, 0)`).join(' + ');
  const leftOut = `${parts} > ${count(name)}${hasExclusive(field) ? ` OR ${rawAt(`${name} excludes`)}` : ''}`;
  return `if(${leftOut}, ${count(name)} + ${parts}, ${count(name)})`;
}
