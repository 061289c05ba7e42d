import { operationFallbackSql } from './compile-sql-operation.ts';
import { sourceSql, sqlString, type SqlScope } from './compile-sql-source.ts';
import { type DerivedColumn, type FieldName, fieldNames, fields } from './fields.ts';
import {
  dollarsMax,
  type Field,
  type FieldType,
  millisecondsMax,
  type Source,
  textLengthMax,
  tokensMax,
} from './source.ts';

export interface CompileSqlOptions {
  /** Expressions over one row: `Map(…, String)`, where numbers and truth values are text, lists and maps JSON. */
  readonly attributes: string;
  readonly resource: string;
  /** The span's name, or a log record's event name: String. */
  readonly name: string;
  /** Which columns to compute; all unless said. Fewer cost less. */
  readonly columns?: readonly DerivedColumn[];
  /** Starts the names of the aliases in `with`. */
  readonly prefix?: string;
}

export interface CompiledSql {
  /** `<expression> AS <alias>` items, in order, for the WITH clause of the SELECT that the columns stand in. */
  readonly with: readonly string[];
  /** Text columns are String, '' for none. Counts are Nullable(UInt64), dollars and milliseconds Nullable(Float64). */
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
  const prefix = options.prefix ?? 'derived_';
  const columns = options.columns ?? [...fieldNames, 'model'];
  const names = requiredFields(columns);
  const known = `${prefix}known`;
  const resource = `${prefix}resource`;
  const scope: SqlScope = { attributes: 'a', resource, name: options.name };
  const { attributeKeys, resourceKeys } = keysRead(names);

  const raw: string[] = [];
  const position = new Map<FieldName | `${FieldName}+`, number>();
  for (const name of names) {
    position.set(name, raw.push(firstSql(fields[name], scope)));
    if (hasExclusive(fields[name])) position.set(`${name}+`, raw.push(excludedSql(fields[name], scope)));
  }
  const rawAt = (key: FieldName | `${FieldName}+`) => `t.${position.get(key) ?? 0}`;
  const final = names.map((name) => finalSql(name, rawAt));
  const wanted =
    resourceKeys.length > 0 ? `notEmpty(${known}) OR notEmpty(${resource})` : `notEmpty(${known})`;

  return {
    with: [
      `mapFilter((k, v) -> k IN (${sqlList(attributeKeys)}) AND v != '', ${options.attributes}) AS ${known}`,
      ...(resourceKeys.length > 0
        ? [`mapFilter((k, v) -> k IN (${sqlList(resourceKeys)}), ${options.resource}) AS ${resource}`]
        : []),
      `arrayMap(t -> tuple(${final.join(', ')}), arrayMap(a -> tuple(${raw.join(', ')}), ` +
        `if(${wanted}, [${known}], [])))[1] AS ${prefix}row`,
    ],
    columns: Object.fromEntries(columns.map((column) => [column, columnSql(column)])),
  };

  function columnSql(column: DerivedColumn): string {
    const at = (name: FieldName) => `${prefix}row.${names.indexOf(name) + 1}`;
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
    if (column === 'model') {
      needed.add('request_model').add('response_model');
      continue;
    }
    needed.add(column);
    for (const part of partsOf(fields[column])) needed.add(part);
  }
  return fieldNames.filter((name) => needed.has(name));
}

function partsOf(field: Field): readonly FieldName[] {
  return [...(field.contains ?? []), ...field.sources.flatMap((source) => source.excludes ?? [])];
}

function keysRead(names: readonly FieldName[]): {
  attributeKeys: readonly string[];
  resourceKeys: readonly string[];
} {
  const attributeKeys = new Set<string>();
  const resourceKeys = new Set<string>();
  for (const source of names.flatMap((name): readonly Source[] => fields[name].sources)) {
    for (const guard of source.when ?? []) attributeKeys.add(guard.attribute);
    if (source.from === 'resource') resourceKeys.add(source.name);
    else if (source.from !== 'name') attributeKeys.add(source.name);
  }
  return { attributeKeys: [...attributeKeys], resourceKeys: [...resourceKeys] };
}

const hasExclusive = (field: Field) => field.sources.some((source) => source.excludes !== undefined);

/** The value of the first source that has one. */
function firstSql(field: Field, scope: SqlScope): string {
  const values = field.sources.map((source) => sourceSql(field.type, source, scope));
  if (!isText(field.type)) return `coalesce(${values.map((v) => bounded(field.type, v)).join(', ')}, NULL)`;
  const first = values.map((value) => `${value} != '', ${value}`).join(', ');
  return `leftUTF8(multiIf(${first}, ''), ${textLengthMax})`;
}

/** Whether the first source that has a value leaves out what the field contains. */
function excludedSql(field: Field, scope: SqlScope): string {
  const answers = field.sources.map((source) => {
    const value = bounded(field.type, sourceSql(field.type, source, scope));
    return `isNotNull(${value}), ${source.excludes === undefined ? 'false' : 'true'}`;
  });
  return `multiIf(${answers.join(', ')}, false)`;
}

function finalSql(name: FieldName, rawAt: (key: FieldName | `${FieldName}+`) => string): string {
  const field: Field = fields[name];
  if (isText(field.type)) return rawAt(name);
  if (field.type !== 'tokens') return rawAt(name);
  const value = rawAt(name);
  if (field.contains === undefined) return value;
  const parts = field.contains.map((part) => `ifNull(${rawAt(part)}, 0)`).join(' + ');
  const leftOut = hasExclusive(field) ? `${rawAt(`${name}+`)} OR ${parts} > ${value}` : `${parts} > ${value}`;
  return `if(${leftOut}, ${value} + ${parts}, ${value})`;
}

const isText = (type: FieldType) => type === 'text' || type === 'provider';

const maximum = { tokens: tokensMax, dollars: dollarsMax, milliseconds: millisecondsMax } as const;

/** NULL for what is negative, not a number or absurd. */
function bounded(type: FieldType, value: string): string {
  if (type === 'text' || type === 'provider') return value;
  const inRange = `if(${value} >= 0 AND ${value} <= ${maximum[type]}, abs(${value}), NULL)`;
  return type === 'tokens' ? `accurateCastOrNull(floor(${inRange}), 'UInt64')` : inRange;
}

const sqlList = (items: readonly string[]) => items.map(sqlString).join(', ');
