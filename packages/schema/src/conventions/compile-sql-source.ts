import { providerAliases, providerPrefixes } from './provider-names.ts';
import { type FieldType, type Guard, isNumeric, type Source } from './source.ts';

/** What a source reads from, as expressions. */
export interface SqlScope {
  readonly attributes: string;
  readonly resource: string;
  readonly name: string;
}

/** One source's text as an expression, '' for none. */
export function sourceSql(type: FieldType, source: Source, scope: SqlScope): string {
  const text = mappedSql(source, locatedSql(source, readSql(source, scope), isNumeric(type)));
  if (source.when === undefined) return text;
  return `if(${source.when.map((guard) => guardSql(guard, scope)).join(' AND ')}, ${text}, '')`;
}

function readSql(source: Source, scope: SqlScope): string {
  const text =
    source.from === 'name'
      ? `toString(${scope.name})`
      : `${source.from === 'resource' ? scope.resource : scope.attributes}[${sqlString(source.name)}]`;
  const start = source.afterPrefix;
  if (start === undefined) return text;
  return `if(startsWith(${text}, ${sqlString(start)}), substring(${text}, ${start.length + 1}), '')`;
}

function locatedSql(source: Source, text: string, isNumber: boolean): string {
  if (source.quoted) return `if(startsWith(${text}, '"'), JSONExtractString(${text}), ${text})`;
  if (source.path === undefined) return text;
  const path = source.path
    .map((step) => (typeof step === 'number' ? String(step + 1) : sqlString(step)))
    .join(', ');
  if (isNumber) return `trim(BOTH '"' FROM JSONExtractRaw(${text}, ${path}))`;
  return `if(JSONType(${text}, ${path}) = 'String', JSONExtractString(${text}, ${path}), '')`;
}

function mappedSql(source: Source, text: string): string {
  if (source.map === undefined) return text;
  const { '*': other, ...named } = source.map;
  const otherwise = other === undefined ? `''` : `if(${text} != '', ${sqlString(other)}, '')`;
  if (Object.keys(named).length === 0) return otherwise;
  return `transform(lower(${text}), ${sqlArray(Object.keys(named))}, ${sqlArray(Object.values(named))}, ${otherwise})`;
}

function guardSql(guard: Guard, scope: SqlScope): string {
  const text = `${scope.attributes}[${sqlString(guard.attribute)}]`;
  if ('equals' in guard) return `lower(${text}) IN (${sqlList(guard.equals)})`;
  if ('startsWith' in guard) return `startsWith(${text}, ${sqlString(guard.startsWith)})`;
  return guard.present ? `${text} != ''` : `${text} = ''`;
}

/** See `normalProvider` in derive-source.ts, which says the same in TypeScript. The one-element arrays bind names. */
export function providerSql(text: string): string {
  const look = (key: string, otherwise: string) =>
    `transform(${key}, ${sqlArray(Object.keys(providerAliases))}, ${sqlArray(Object.values(providerAliases))}, ${otherwise})`;
  const firstTwo = `arrayStringConcat(arraySlice(splitByChar('.', name_), 1, 2), '.')`;
  const first = `splitByChar('.', name_)[1]`;
  const kept = providerPrefixes.map((prefix) => `startsWith(name_, ${sqlString(prefix)})`).join(' OR ');
  return `arrayMap(name_ -> if(${kept}, name_, ${look(firstTwo, look(first, first))}), [lower(${text})])[1]`;
}

export function sqlString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export const sqlList = (items: readonly string[]) => items.map(sqlString).join(', ');
export const sqlArray = (items: readonly string[]) => `[${sqlList(items)}]`;
