import { codedSources, type CodedSource, fieldCode, ranksPerField, requiredFields } from './coded-sources.ts';
import { operationSql, plainOperationSql } from './compile-sql-operation.ts';
import { countFields, type DerivedColumn, type FieldName, fieldNames, fields } from './fields.ts';
import { providerSql } from './provider-sql.ts';
import { ruleHitsSql } from './rule-sql.ts';
import { type Field, isNumeric, maximum, textLengthMax, type TokenColumn } from './source.ts';
import { numbersSql, wordsSql } from './sql-text.ts';

export interface CompileSqlOptions {
  /** Expressions over one row: `Map(…, String)`, where numbers and truth values are text, lists and maps JSON. */
  readonly attributes: string;
  readonly resource: string;
  /** The span's name, or a log record's event name. */
  readonly name: string;
  /** Which columns to compute; all unless said. One call for all of them costs least. */
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
 * It runs for every span that is stored, so it does not look each of the two hundred sources up. One pass turns the row's
 * keys into codes (field and rank of the source, by hash) and keeps those that are known; sorted by code, the first hit of a
 * field is its value. Sources with guards, paths and the like add their hits before the sort (`rule-sql.ts`). Work that most rows
 * do not need stands in a lambda over an array that is empty for them, and must use the lambda's parameter: what does not is
 * computed outside, for every row, as both sides of an `if` are. One-element arrays bind names.
 *
 * It is planned for every load, so it is short: the planner takes longer for a node than for a literal of kilobytes.
 */
export function compileSql(options: CompileSqlOptions): CompiledSql {
  const alias = options.alias ?? 'derived';
  const columns = options.columns ?? [...fieldNames, 'model'];
  const names = requiredFields(columns);
  return {
    row: rowSql(codedSources(names), names, options),
    columns: Object.fromEntries(columns.map((column) => [column, columnSql(column)])),
  };

  function columnSql(column: DerivedColumn): string {
    const part = (name: keyof typeof rowParts) => `${alias}.${rowParts[name]}`;
    const position = (name: FieldName) => `indexOf(${part('fields')}, ${fieldNumber(name)})`;
    const text = (name: FieldName) => `leftUTF8(${part('texts')}[${position(name)}], ${textLengthMax})`;
    if (column === 'model')
      return `if(${text('response_model')} != '', ${text('response_model')}, ${text('request_model')})`;
    if (column === 'operation') return plainOperationSql(part('operation'), options.attributes);
    if (column === 'provider') return part('provider');
    if (column === 'input_tokens') return part('input');
    if (column === 'output_tokens') return part('output');
    const { type }: Field = fields[column];
    if (!isNumeric(type)) return text(column);
    const number = `${part('numbers')}[${position(column)}]`;
    if (type === 'tokens') return countSql(number);
    // Without the sign of -0.
    const plain = `abs(${number})`;
    return column === 'cost_usd'
      ? `ifNull(${plain}, if(${isUncountable(part('fields'), part('numbers'))}, nan, NULL))`
      : plain;
  }
}

/** Places in the row's tuple. `fields`, `texts` and `numbers` are the hits side by side. */
const rowParts = { operation: 1, provider: 2, input: 3, output: 4, fields: 5, texts: 6, numbers: 7 } as const;

/** A field's number where what was said for it cannot be. */
const refusedNumber = (name: FieldName) => fieldNumber(name) + refusedCodes / ranksPerField;
const refusedCodes = 256 * ranksPerField;

/** Tokens were reported, as a number that cannot be one of them. */
const isUncountable = (found: string, numbers: string) =>
  countFields
    .map(
      (name) =>
        `(NOT has(${found}, ${fieldNumber(name)}) AND isFinite(ifNull(${numbers}[indexOf(${found}, ${refusedNumber(name)})], nan)))`,
    )
    .join(' OR ');

const fieldNumber = (name: FieldName) => fieldCode(name) / ranksPerField;
const countSql = (number: string) => `accurateCastOrNull(floor(${number}), 'UInt64')`;

function rowSql(
  sources: readonly CodedSource[],
  names: readonly FieldName[],
  options: CompileSqlOptions,
): string {
  const parts = {
    operation: names.includes('operation')
      ? operationSql('keys_', 'mapValues(known_.1)', hitOf('operation', 1), hitOf('operation', 2))
      : `''`,
    provider: names.includes('provider')
      ? ifAny('name_', `leftUTF8(${hitOf('provider', 2)}, ${textLengthMax})`, providerSql('name_'))
      : `''`,
    input: wholeSql('input_tokens'),
    output: wholeSql('output_tokens'),
    fields: 'fields_',
    texts: 'hits_.2',
    numbers: 'hits_.3',
  } satisfies Record<keyof typeof rowParts, string>;
  const row = `tuple(${Object.values(parts).join(', ')})`;
  const withFields = bind('fields_', `arrayMap(hit_ -> intDiv(hit_.1, ${ranksPerField}), hits_)`, row);
  const withHits = bind('hits_', hitsSql(sources, options), withFields);
  const withKeys = bind('keys_', 'mapKeys(known_.1)', withHits);
  return `arrayMap(known_ -> ${withKeys}, ${knownSql(sources, options)})[1]`;

  /** Code, text or number of a field's first hit. Beyond the array stands 0, '' and NULL. */
  function hitOf(name: FieldName, part: 1 | 2 | 3): string {
    return `hits_.${part}[indexOf(fields_, ${fieldNumber(name)})]`;
  }

  /** A count with what its sender left out of it. */
  function wholeSql(name: TokenColumn): string {
    const field: Field = fields[name];
    const others = field.contains ?? [];
    if (!names.includes(name)) return `CAST(NULL, 'Nullable(UInt64)')`;
    const parts = others.map((part) => `ifNull(${countSql(hitOf(part, 3))}, 0)`).join(' + ');
    const exclusive = sources.filter((each) => each.field === field && each.source.excludes !== undefined);
    const codes = numbersSql(
      exclusive.map((each) => each.code),
      'UInt16',
    );
    const whole = `arrayMap((whole_, code_, parts_) -> if(parts_ > whole_ OR has(${codes}, code_), whole_ + parts_, whole_),
      [${countSql(hitOf(name, 3))}], [${hitOf(name, 1)}], [${parts}])[1]`;
    return whole;
  }
}

/** An array with the row's known attributes and known resource attributes, or an empty one where no source has a value. */
function knownSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const known = (keys: readonly string[], map: string) =>
    keys.length === 0
      ? `CAST(map(), 'Map(String, String)')`
      : `mapFilter((key_, value_) -> key_ IN (${wordsSql(keys)}), ${map})`;
  const attributes = known(keysOf(sources, 'all'), options.attributes);
  const resource = known(keysOf(sources, 'resource'), options.resource);
  const telling = `arrayExists(key_ -> key_ IN (${wordsSql(keysOf(sources, 'telling'))}), mapKeys(both_.1))`;
  return `arrayFilter(both_ -> ${telling} OR notEmpty(both_.2), [tuple(${attributes}, ${resource})])`;
}

const bind = (name: string, value: string, body: string) => `arrayMap(${name} -> ${body}, [${value}])[1]`;

/** `body` where the text is not empty, else ''. */
const ifAny = (name: string, text: string, body: string) =>
  `arrayMap(${name} -> ${body}, arrayFilter(${name} -> notEmpty(${name}), [${text}]))[1]`;

function keysOf(sources: readonly CodedSource[], which: 'all' | 'telling' | 'resource'): readonly string[] {
  const keys = new Set<string>();
  for (const { source } of sources) {
    if (which === 'resource') {
      if (source.from === 'resource') keys.add(source.name);
      continue;
    }
    if (source.from === undefined) keys.add(source.name);
    // Guards alone give no value, except to sources that read the name: every span of a Rust program has a `target`.
    if (which === 'all' || source.from === 'name')
      for (const guard of source.when ?? []) keys.add(guard.attribute);
  }
  return [...keys];
}

/** What the row says, as (code, text, number) sorted by code. Numbers out of range say only that there was something: they come last, under codes of their own. */
function hitsSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const simple = sources.filter((each) => each.kind === 'simple');
  const codes = numbersSql(
    simple.map((each) => each.code),
    'UInt16',
  );
  const code = `transform(key_, ${wordsSql(simple.map((each) => each.source.name))}, ${codes}, toUInt16(0))`;
  const direct = `arrayMap((key_, value_) -> (${code}, value_), keys_, mapValues(known_.1))`;
  const scope = { attributes: 'known_.1', resource: 'known_.2', name: options.name };
  const all = `arrayConcat(${direct}, ${ruleHitsSql(sources, 'keys_', scope)})`;
  const said = `arrayFilter(hit_ -> hit_.1 != 0 AND hit_.2 != '', ${all})`;
  const numbered = `arrayMap(hit_ -> (hit_.1, hit_.2, ${numberSql(sources)}), ${said})`;
  const valid = `arrayMap(hit_ -> if(hit_.1 < ${fieldCode('input_tokens')} OR ${inRangeSql()}, hit_, (toUInt16(hit_.1 + ${refusedCodes}), hit_.2, hit_.3)), ${numbered})`;
  return `arraySort(hit_ -> hit_.1, ${valid})`;
}

function numberSql(sources: readonly CodedSource[]): string {
  const scaled = sources.filter((each) => each.source.scale !== undefined);
  if (scaled.length === 0) return 'toFloat64OrNull(hit_.2)';
  const codes = numbersSql(
    scaled.map((each) => each.code),
    'UInt16',
  );
  const scales = numbersSql(
    scaled.map((each) => each.source.scale ?? 1),
    'Float64',
  );
  return `toFloat64OrNull(hit_.2) * transform(hit_.1, ${codes}, ${scales}, toFloat64(1))`;
}

/** False for NULL and NaN too. */
function inRangeSql(): string {
  const isDollars = `intDiv(hit_.1, ${ranksPerField}) = ${fieldCode('cost_usd') / ranksPerField}`;
  return `ifNull(hit_.3 >= 0 AND hit_.3 <= if(${isDollars}, ${maximum.dollars}, ${maximum.tokens}), false)`;
}
