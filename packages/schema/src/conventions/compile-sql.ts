import { operationSql, plainOperationSql } from './compile-sql-operation.ts';
import { providerSql, type SqlScope, sourceSql, sqlArray, sqlList, sqlString } from './compile-sql-source.ts';
import { codedSources, type CodedSource, fieldCode, ranksPerField, requiredFields } from './coded-sources.ts';
import { type DerivedColumn, type FieldName, fieldNames, fields } from './fields.ts';
import { type Field, isNumeric, maximum, textLengthMax } from './source.ts';

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
 * field is its value. Sources with guards, paths and the like are evaluated only where the attribute they hang on is
 * there, and add their hits before the sort. Work that most rows do not need stands in a lambda over an array that is empty
 * for them, and must use the lambda's parameter: what does not is computed outside, for every row, as both sides of an `if`
 * are. One-element arrays bind names.
 */
export function compileSql(options: CompileSqlOptions): CompiledSql {
  const alias = options.alias ?? 'derived';
  const columns = options.columns ?? [...fieldNames, 'model'];
  const names = requiredFields(columns);
  const final = names.map((name) => finalSql(name, names));
  return {
    row: rowSql(codedSources(names), options, `tuple(${final.join(', ')})`),
    columns: Object.fromEntries(columns.map((column) => [column, columnSql(column)])),
  };

  function columnSql(column: DerivedColumn): string {
    const at = (name: FieldName) => `${alias}.${names.indexOf(name) + 1}`;
    if (column === 'model')
      return `if(${at('response_model')} != '', ${at('response_model')}, ${at('request_model')})`;
    if (column === 'operation') return plainOperationSql(at('operation'), options.attributes);
    return at(column);
  }
}

function rowSql(sources: readonly CodedSource[], options: CompileSqlOptions, final: string): string {
  const withFields = bind('fields_', `arrayMap(hit_ -> intDiv(hit_.1, ${ranksPerField}), hits_)`, final);
  const withHits = bind('hits_', hitsSql(sources, options), withFields);
  const withKeys = bind('keys_', 'mapKeys(known_.1)', withHits);
  return `arrayMap(known_ -> ${withKeys}, ${knownSql(sources, options)})[1]`;
}

/** An array with the row's known attributes and known resource attributes, or an empty one where no source has a value. */
function knownSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const known = (keys: readonly string[], map: string) =>
    keys.length === 0 ? 'map()' : `mapFilter((key_, value_) -> key_ IN (${sqlList(keys)}), ${map})`;
  const attributes = known(keysOf(sources, 'all'), options.attributes);
  const resource = known(keysOf(sources, 'resource'), options.resource);
  const telling = `arrayExists(key_ -> key_ IN (${sqlList(keysOf(sources, 'telling'))}), mapKeys(both_.1))`;
  return `arrayFilter(both_ -> ${telling} OR notEmpty(both_.2), [tuple(${attributes}, ${resource})])`;
}

const bind = (name: string, value: string, body: string) => `arrayMap(${name} -> ${body}, [${value}])[1]`;

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

/** What the row says, as (code, text, number) sorted by code. Numbers out of range say nothing. */
function hitsSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const simple = sources.filter((each) => each.kind === 'simple');
  const codes = `[${simple.map((each) => each.code).join(', ')}]::Array(UInt16)`;
  const code = `transform(key_, ${sqlArray(simple.map((each) => each.source.name))}, ${codes}, toUInt16(0))`;
  const direct = `arrayMap((key_, value_) -> (${code}, value_), keys_, mapValues(known_.1))`;
  const all = `arrayConcat(${direct}, ${conditionalHitsSql(sources, options)})`;
  const said = `arrayFilter(hit_ -> hit_.1 != 0 AND hit_.2 != '', ${all})`;
  const numbered = `arrayMap(hit_ -> (hit_.1, hit_.2, ${numberSql(sources)}), ${said})`;
  const valid = `arrayFilter(hit_ -> hit_.1 < ${fieldCode('input_tokens')} OR ${inRangeSql()}, ${numbered})`;
  return `arraySort(hit_ -> hit_.1, ${valid})`;
}

/** Hits of the sources that are more than an attribute: looked at where the attribute they hang on is there. */
function conditionalHitsSql(sources: readonly CodedSource[], options: CompileSqlOptions): string {
  const families = Map.groupBy(
    sources.filter((each) => each.kind === 'conditional'),
    (each) => each.gate ?? '',
  );
  if (families.size === 0) return '[]::Array(Tuple(UInt16, String))';
  const scope: SqlScope = { attributes: 'family_.1', resource: 'family_.2', name: options.name };
  const gates = [...families.keys()].filter((gate) => gate !== '');
  const hasGate = gates.length === 0 ? 'false' : `arrayExists(key_ -> key_ IN (${sqlList(gates)}), keys_)`;
  const hits = [...families].map(([gate, members]) => {
    const condition = gate === '' ? 'notEmpty(any_.2)' : `has(keys_, ${sqlString(gate)})`;
    return `arrayMap(family_ -> ${hitListSql(members, scope)}, arrayFilter(x_ -> ${condition}, [any_]))`;
  });
  const rows = `arrayFilter(x_ -> ${hasGate} OR notEmpty(x_.2), [known_])`;
  return `arrayFlatten(arrayMap(any_ -> arrayFlatten([${hits.join(', ')}]), ${rows}))`;
}

function hitListSql(members: readonly CodedSource[], scope: SqlScope): string {
  const hits = members.map(
    ({ field, source, code }) => `(toUInt16(${code}), ${sourceSql(field.type, source, scope)})`,
  );
  return `[${hits.join(', ')}]`;
}

function numberSql(sources: readonly CodedSource[]): string {
  const scaled = sources.filter((each) => each.source.scale !== undefined);
  const codes = `[${scaled.map((each) => each.code).join(', ')}]`;
  const scales = `[${scaled.map((each) => `toFloat64(${each.source.scale ?? 1})`).join(', ')}]`;
  const factor = scaled.length === 0 ? '' : ` * transform(hit_.1, ${codes}, ${scales}, toFloat64(1))`;
  return `toFloat64OrNull(hit_.2)${factor}`;
}

/** False for NULL and NaN too. */
function inRangeSql(): string {
  const isDollars = `intDiv(hit_.1, ${ranksPerField}) = ${fieldCode('cost_usd') / ranksPerField}`;
  return `ifNull(hit_.3 >= 0 AND hit_.3 <= if(${isDollars}, ${maximum.dollars}, ${maximum.tokens}), false)`;
}

function finalSql(name: FieldName, names: readonly FieldName[]): string {
  const field: Field = fields[name];
  if (name === 'operation') return operationSql('keys_', 'mapValues(known_.1)', at(name, 1), at(name, 2));
  if (!isNumeric(field.type)) {
    const text = `leftUTF8(${at(name, 2)}, ${textLengthMax})`;
    return field.type === 'provider' ? providerSql(text) : text;
  }
  // Without the sign of -0.
  if (field.type !== 'tokens') return `abs(${at(name, 3)})`;
  const count = (part: FieldName) => `accurateCastOrNull(floor(${at(part, 3)}), 'UInt64')`;
  if (field.contains === undefined) return count(name);
  const parts = field.contains.map((part) => `ifNull(${count(part)}, 0)`).join(' + ');
  const exclusive = codedSources(names).filter(
    (each) => each.field === field && each.source.excludes !== undefined,
  );
  const isExclusive = `${at(name, 1)} IN (${exclusive.map((each) => each.code).join(', ')})`;
  const leftOut = exclusive.length > 0 ? `parts_ > whole_ OR ${isExclusive}` : `parts_ > whole_`;
  const whole = `if(${leftOut}, whole_ + parts_, whole_)`;
  return `arrayMap((whole_, parts_) -> ${whole}, [${count(name)}], [${parts}])[1]`;
}

/** Code, text or number of a field's first hit. Beyond the array stands 0, '' and NULL. */
function at(name: FieldName, part: 1 | 2 | 3): string {
  return `tupleElement(hits_, ${part})[indexOf(fields_, ${fieldCode(name) / ranksPerField})]`;
}
