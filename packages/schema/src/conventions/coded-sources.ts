import { type DerivedColumn, type FieldName, fieldNames, fields, helperFields } from './fields.ts';
import { awaitedGuard, type Field, isPlain, type Source } from './source.ts';

/** A source with its place in the order of all sources: field first, then precedence. */
export interface CodedSource {
  readonly code: number;
  readonly field: Field;
  readonly source: Source;
  /**
   * `simple`: the attribute's text is the value, and no other simple source has the same attribute. `map`: one of the
   * operation's, which `operationSql` reads by itself. `conditional`: all others.
   */
  readonly kind: 'simple' | 'map' | 'conditional';
  /**
   * Of conditional sources: what a row must have one of, as a key or, where a guard asks for values, as `key=value` in lower case. Rare, so that few rows look at the source.
   * Of a resource's: none.
   */
  readonly gates: readonly string[];
}

/** More than any field has sources. */
export const ranksPerField = 128;

/** Text fields come first, so one comparison tells numbers apart. 0 is no code. */
export function fieldCode(name: FieldName): number {
  return (fieldNames.indexOf(name) + 1) * ranksPerField;
}

export function codedSources(names: readonly FieldName[]): readonly CodedSource[] {
  const taken = new Set<string>();
  const common = new Set(
    names.flatMap((name) => fields[name].sources.filter(isPlain).map((source) => source.name)),
  );
  return names.flatMap((name) => {
    const field: Field = fields[name];
    return field.sources.map((source, rank): CodedSource => {
      const kind = name === 'operation' && isPlainMap(source) ? 'map' : kindOf(source, taken);
      if (kind === 'simple') taken.add(source.name);
      const gates = source.from === 'resource' ? [] : gatesOf(source, common);
      return { code: fieldCode(name) + rank, field, source, kind, gates };
    });
  });
}

const kindOf = (source: Source, taken: ReadonlySet<string>) =>
  isPlain(source) && !taken.has(source.name) ? 'simple' : 'conditional';

/** The fields behind `columns`, and the counts that they contain. */
export function requiredFields(columns: readonly DerivedColumn[]): readonly FieldName[] {
  const needed = new Set<FieldName>();
  for (const column of columns) {
    if (column === 'model') {
      needed.add('request_model').add('response_model');
      continue;
    }
    for (const [helper, helped] of Object.entries(helperFields))
      if (helped === column) needed.add(helper as keyof typeof helperFields);
    const field: Field = fields[column];
    for (const name of [column, ...(field.contains ?? [])]) needed.add(name);
  }
  return fieldNames.filter((name) => needed.has(name));
}

/** Longer than any value that guards and maps ask for; a payload must not be lower-cased whole. */
export const valueLengthMax = 48;

/** A value that is asked for is rarer than an attribute; names without a prefix are common, and so is what is also read without a guard. */
function gatesOf(source: Source, common: ReadonlySet<string>): readonly string[] {
  for (const guard of source.when ?? [])
    if ('equals' in guard) return guard.equals.map((value) => `${guard.attribute}=${value}`);
  const isRare = source.from !== 'name' && source.name.includes('.') && !common.has(source.name);
  if (isRare) return [source.name];
  return [awaitedGuard(source)?.attribute ?? source.name];
}

export function isPlainMap(source: Source): boolean {
  const { map, ...others } = source;
  return map !== undefined && isPlain(others);
}
