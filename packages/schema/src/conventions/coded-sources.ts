import { type DerivedColumn, type FieldName, fieldNames, fields, helperFields } from './fields.ts';
import type { Field, Source } from './source.ts';

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
  /** Of conditional sources: an attribute without which they give nothing. Of a resource's: none. */
  readonly gate: string | undefined;
}

export const ranksPerField = 64;

/** Text fields come first, so one comparison tells numbers apart. 0 is no code. */
export function fieldCode(name: FieldName): number {
  return (fieldNames.indexOf(name) + 1) * ranksPerField;
}

export function codedSources(names: readonly FieldName[]): readonly CodedSource[] {
  const taken = new Set<string>();
  return names.flatMap((name) => {
    const field: Field = fields[name];
    return field.sources.map((source, rank): CodedSource => {
      const kind = name === 'operation' && isPlainMap(source) ? 'map' : kindOf(source, taken);
      if (kind === 'simple') taken.add(source.name);
      const gate = source.from === 'resource' ? undefined : gateOf(source);
      return { code: fieldCode(name) + rank, field, source, kind, gate };
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

/** The rarer one of attribute and guard: names without a prefix are common, and what guards them is not. */
function gateOf(source: Source): string {
  if (source.from !== 'name' && source.name.includes('.')) return source.name;
  return source.when?.find((guard) => !('present' in guard) || guard.present)?.attribute ?? source.name;
}

const isPlain = (source: Source): boolean =>
  source.from === undefined &&
  source.when === undefined &&
  source.path === undefined &&
  source.afterPrefix === undefined &&
  source.quoted === undefined &&
  source.map === undefined;

export function isPlainMap(source: Source): boolean {
  const { map, ...others } = source;
  return map !== undefined && isPlain(others);
}
