import {
  codedSources,
  type CodedSource,
  fieldCode,
  ranksPerField,
  requiredFields,
  valueLengthMax,
} from './coded-sources.ts';
import { keyCode, keyCodesSql, operationSql, plainOperationSql } from './compile-sql-operation.ts';
import {
  countFields,
  type DerivedColumn,
  derivedColumns,
  type FieldName,
  fields,
  identityFields,
} from './fields.ts';
import { costPartsSql } from './cost-parts.ts';
import { firstTokenSql, type SpanTimesSql } from './first-token.ts';
import { providerSql } from './provider-sql.ts';
import { ruleHitsSql } from './rule-sql.ts';
import { type Field, isNumeric, maximum, textLengthMax, type TokenColumn } from './source.ts';
import { numbersSql, wordsSql } from './sql-text.ts';

export interface CompileSqlOptions {
  /** Expressions over one row: `Map(…, String)`, where numbers and truth values are text, lists and maps JSON. */
  readonly attributes: string;
  readonly resource: string;
  /** The keys of the attributes, where `ofKeys` is computed. */
  readonly keys: string;
  /** The span's name, or a log record's event name. */
  readonly name: string;
  /** Of spans: the time to the first token may be told by a moment. Expressions over the rows of the SELECT that has the columns. */
  readonly times?: SpanTimesSql;
  /** Which columns to compute; all unless said. One call for all of them costs least. */
  readonly columns?: readonly DerivedColumn[];
}

export interface CompiledSql {
  /** What `row` and `columns` read, by name, for a SELECT inside theirs. Best where a resource stands once, before its spans do. */
  readonly ofResource: Readonly<Record<string, string>>;
  readonly ofKeys: Readonly<Record<string, string>>;
  /**
   * One tuple with everything. Goes into an inner SELECT as `<row> AS derived`: the analyser copies an alias of the same
   * SELECT into each place that uses it, which takes seconds here.
   */
  readonly row: string;
  /**
   * Goes into the SELECT around it. Text columns are String, '' for none. Counts are
   * Nullable(UInt64), dollars and milliseconds Nullable(Float64).
   */
  readonly columns: Readonly<Partial<Record<DerivedColumn, string>>>;
}

/**
 * ClickHouse expressions for the derived columns. They never throw, whatever the attributes hold.
 *
 * It runs for every stored span of what is derived anew, so it does not look each of the two hundred sources up. One pass over the row's keys tells, by
 * hash, whether any can tell something. Where one can, those that are known are turned into codes (field and rank of the source); sorted by code, the first hit of a
 * field is its value. Sources with guards, paths and the like add their hits before the sort (`rule-sql.ts`). Work that most rows
 * do not need stands in a lambda over an array that is empty for them, and must use the lambda's parameter: what does not is
 * computed outside, for every row, as both sides of an `if` are. One-element arrays bind names.
 *
 * It is short: the planner takes longer for a node (0.1 ms) than for a literal of kilobytes, and five times as long for a lambda.
 */
export function compileSql(options: CompileSqlOptions): CompiledSql {
  const columns = options.columns ?? derivedColumns;
  const sources = codedSources(requiredFields(columns));
  const places = placesOf(columns);
  const { identity, others, placeOf } = places;
  return {
    ofResource: { known_resource_: knownOf(keysOf(sources, 'resource'), options.resource) },
    ofKeys: { key_codes_: keyCodesSql(tellingKeys(sources), options.keys) },
    row: rowSql(sources, places, options),
    columns: Object.fromEntries(
      columns.map((column) => [column, outerSql(column, `derived.${placeOf(column)}`)]),
    ),
  };

  /** What has to do with more than the known attributes. */
  function outerSql(column: DerivedColumn, value: string): string {
    if (column === 'operation') return plainOperationSql(value, 'key_codes_', options.name);
    if (column !== 'ttft_ms' || options.times === undefined) return value;
    const named = `derived.${identity.length + 1}.${others.length + 1}`;
    return `ifNull(${value}, ${firstTokenSql(named, options.times)})`;
  }
}

const fieldNumber = (name: FieldName) => fieldCode(name) / ranksPerField;
/** A field's number where what was said for it cannot be. */
const refusedNumber = (name: FieldName) => fieldNumber(name) + refusedNumbers;
const refusedNumbers = 256;

/** Where each column stands in the row: the others are a tuple in it, of defaults where nothing tells of a step. */
interface Places {
  readonly identity: readonly (typeof identityFields)[number][];
  readonly others: readonly DerivedColumn[];
  readonly placeOf: (column: DerivedColumn) => string;
}

function placesOf(columns: readonly DerivedColumn[]): Places {
  const identity = identityFields.filter((name) => columns.includes(name));
  const others = columns.filter((column) => !identityFields.some((name) => name === column));
  const placeOf = (column: DerivedColumn) => {
    const place = identity.findIndex((name) => name === column);
    return place < 0 ? `${identity.length + 1}.${others.indexOf(column) + 1}` : `${place + 1}`;
  };
  return { identity, others, placeOf };
}

/**
 * `hits_` are what the row says, as (field, code, text, number) sorted by code, and `pairs_` its `key=value`. In `step_` they stand again, with the keys, where
 * more is told than whose span it is; its `texts_` and `numbers_` are by field.
 */
function rowSql(
  sources: readonly CodedSource[],
  { identity, others }: Places,
  options: CompileSqlOptions,
): string {
  const parts = identity.map(
    (name) => `leftUTF8(hits_.3[indexOf(hits_.1, ${fieldNumber(name)})], ${textLengthMax})`,
  );
  if (others.length > 0) parts.push(stepSql(sources, others, options));
  const withHits = bind('hits_', hitsSql(sources, options), `tuple(${parts.join(', ')})`);
  const pair = `concat(key_, '=', lower(left(value_, ${valueLengthMax})))`;
  const pairs = `arrayMap((key_, value_) -> ${pair}, ${keys}, mapValues(known_.1))`;
  return `arrayMap(known_ -> ${bind('pairs_', pairs, withHits)}, ${knownSql(sources, options)})[1]`;
}

function stepSql(
  sources: readonly CodedSource[],
  columns: readonly DerivedColumn[],
  options: CompileSqlOptions,
): string {
  const parts = columns.map((column) => columnSql(column, sources));
  if (options.times !== undefined) parts.push(textOf('first_token_time'));
  const row = `tuple(${parts.join(', ')})`;
  // Of a key that stands twice in a map, the engine gives either.
  const first = `arrayMap((field_, nth_) -> if(nth_ = 1, field_, 0), step_.1.1, arrayEnumerateUniq(step_.1.1))`;
  const texts = `mapFromArrays(first_, arrayMap(text_ -> leftUTF8(text_, ${textLengthMax}), step_.1.3))`;
  const withNumbers = bind('numbers_', 'mapFromArrays(first_, step_.1.4)', row);
  const withTexts = bind('texts_', texts, withNumbers);
  const withFirst = bind('first_', first, withTexts);
  return `arrayMap(step_ -> ${withFirst}, arrayFilter(step_ -> step_.4, [tuple(hits_, pairs_, ${keys}, known_.3)]))[1]`;
}

function columnSql(column: DerivedColumn, sources: readonly CodedSource[]): string {
  switch (column) {
    case 'operation':
      return operationSql({
        keys: 'step_.3',
        pairs: 'step_.2',
        otherCode: codeOf(column),
        otherValue: textOf(column),
      });
    case 'provider':
      return providerSql(textOf(column));
    case 'model':
      return `if(${textOf('response_model')} != '', ${textOf('response_model')}, ${textOf('request_model')})`;
    case 'input_tokens':
    case 'output_tokens':
      return wholeSql(column, sources);
    case 'cost_usd':
      return `coalesce(${plainNumber(column)}, ${costPartsSql(wholeTextOf('cost_parts'))}, if(${isUncountable}, nan, NULL))`;
    default: {
      const { type }: Field = fields[column];
      return type === 'tokens' ? countOf(column) : isNumeric(type) ? plainNumber(column) : textOf(column);
    }
  }
}

// Of a field's first hit. Where there is none stand 0, '' and NULL.
const codeOf = (name: FieldName) => `step_.1.2[indexOf(step_.1.1, ${fieldNumber(name)})]`;
const textOf = (name: FieldName) => `texts_[${fieldNumber(name)}]`;
/** Not cut. */
const wholeTextOf = (name: FieldName) => `step_.1.3[indexOf(step_.1.1, ${fieldNumber(name)})]`;
const numberOf = (number: number) => `numbers_[${number}]`;
/** Without the sign of -0. */
const plainNumber = (name: FieldName) => `abs(${numberOf(fieldNumber(name))})`;
const countOf = (name: FieldName) => `accurateCastOrNull(floor(${numberOf(fieldNumber(name))}), 'UInt64')`;

/** Tokens were reported, as a number that cannot be one of them. */
const isUncountable = countFields
  .map(
    (name) =>
      `(NOT has(step_.1.1, ${fieldNumber(name)}) AND isFinite(ifNull(${numberOf(refusedNumber(name))}, nan)))`,
  )
  .join(' OR ');

/** A count with what its sender left out of it. */
function wholeSql(name: TokenColumn, sources: readonly CodedSource[]): string {
  const field: Field = fields[name];
  const parts = (field.contains ?? []).map((part) => `ifNull(${countOf(part)}, 0)`).join(' + ');
  const exclusive = sources.filter((each) => each.field === field && each.source.excludes !== undefined);
  const codes = numbersSql(
    exclusive.map((each) => each.code),
    'UInt16',
  );
  return `arrayMap((whole_, code_, parts_) -> if(parts_ > whole_ OR has(${codes}, code_), whole_ + parts_, whole_),
      [${countOf(name)}], [${codeOf(name)}], [${parts}])[1]`;
}

/** The row's known attributes, known resource attributes and whether they tell more than whose span it is, in an array; an empty one where no source has a value. */
function knownSql(sources: readonly CodedSource[], { attributes }: CompileSqlOptions): string {
  const isStep = `has(key_codes_, ${keyCode.step}) OR notEmpty(known_resource_)`;
  const isTelling = `has(key_codes_, ${keyCode.identity}) OR ${isStep}`;
  // Not looked through where nothing tells.
  const map = `if(is_telling_, ${attributes}, ${emptyMap})`;
  return `arrayMap(is_telling_ -> (${knownOf(keysOf(sources, 'all'), map)}, known_resource_, ${isStep}), arrayFilter(is_telling_ -> is_telling_, [${isTelling}]))`;
}

function tellingKeys(sources: readonly CodedSource[]): {
  readonly step: readonly string[];
  readonly identity: readonly string[];
} {
  const isIdentity = ({ field }: CodedSource) => identityFields.some((name) => fields[name] === field);
  const step = keysOf(
    sources.filter((each) => !isIdentity(each)),
    'telling',
  );
  const identity = keysOf(sources.filter(isIdentity), 'telling').filter((key) => !step.includes(key));
  return { step, identity };
}

const emptyMap = `CAST(map(), 'Map(String, String)')`;
const knownOf = (keys: readonly string[], map: string) =>
  keys.length === 0 ? emptyMap : `mapFilter((key_, value_) -> key_ IN (${wordsSql(keys)}), ${map})`;

const bind = (name: string, value: string, body: string) => `arrayMap(${name} -> ${body}, [${value}])[1]`;
const keys = 'mapKeys(known_.1)';

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

/** Numbers out of range say only that there was something: they stand under numbers of their own. */
function hitsSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const simple = sources.filter((each) => each.kind === 'simple');
  const codes = numbersSql(
    simple.map((each) => each.code),
    'UInt16',
  );
  const code = `transform(key_, ${wordsSql(simple.map((each) => each.source.name))}, ${codes}, toUInt16(0))`;
  const direct = `arrayMap((key_, value_) -> (${code}, value_), ${keys}, mapValues(known_.1))`;
  const rules = ruleHitsSql(sources, {
    attributes: 'known_.1',
    resource: 'known_.2',
    name: options.name,
    keys,
    pairs: 'pairs_',
  });
  const all = `arrayConcat(${direct}, ${rules})`;
  const said = `arrayFilter(hit_ -> hit_.1 != 0 AND hit_.2 != '', ${all})`;
  const numbered = `arrayMap(hit_ -> (hit_.1, hit_.2, ${numberSql(sources)}), ${said})`;
  const field = `intDiv(hit_.1, ${ranksPerField}) + if(hit_.1 < ${fieldCode('input_tokens')} OR ${inRangeSql()}, 0, ${refusedNumbers})`;
  return `arraySort(hit_ -> hit_.2, arrayMap(hit_ -> (${field}, hit_.1, hit_.2, hit_.3), ${numbered}))`;
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
