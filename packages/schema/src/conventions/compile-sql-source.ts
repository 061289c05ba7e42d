import { providerAliases, providerPrefixes } from './provider-names.ts';
import type { FieldType, Guard, Source } from './source.ts';

/** Names of what a source reads from, as they stand in the expression. */
export interface SqlScope {
  readonly attributes: string;
  readonly resource: string;
  readonly name: string;
}

/** One source as an expression: String ('' for none) for text, Nullable(Float64) for numbers. */
export function sourceSql(type: FieldType, source: Source, scope: SqlScope): string {
  const isNumber = type !== 'text' && type !== 'provider';
  const text = guarded(source, scope, mapped(source, located(source, readSql(source, scope), isNumber)));
  if (type === 'provider') return providerSql(text);
  if (!isNumber) return text;
  const number = `toFloat64OrNull(${text})`;
  return source.scale === undefined ? number : `${number} * ${source.scale}`;
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

function located(source: Source, text: string, isNumber: boolean): string {
  if (source.quoted) return `if(startsWith(${text}, '"'), JSONExtractString(${text}), ${text})`;
  if (source.path === undefined) return text;
  const path = source.path
    .map((step) => (typeof step === 'number' ? String(step + 1) : sqlString(step)))
    .join(', ');
  if (isNumber) return `trim(BOTH '"' FROM JSONExtractRaw(${text}, ${path}))`;
  return `if(JSONType(${text}, ${path}) = 'String', JSONExtractString(${text}, ${path}), '')`;
}

function mapped(source: Source, text: string): string {
  if (source.map === undefined) return text;
  const { '*': other, ...named } = source.map;
  const otherwise = other === undefined ? `''` : `if(${text} != '', ${sqlString(other)}, '')`;
  if (Object.keys(named).length === 0) return otherwise;
  return `transform(lower(${text}), ${sqlArray(Object.keys(named))}, ${sqlArray(Object.values(named))}, ${otherwise})`;
}

function guarded(source: Source, scope: SqlScope, text: string): string {
  if (source.when === undefined) return text;
  return `if(${source.when.map((guard) => guardSql(guard, scope)).join(' AND ')}, ${text}, '')`;
}

function guardSql(guard: Guard, scope: SqlScope): string {
  const text = `${scope.attributes}[${sqlString(guard.attribute)}]`;
  if ('equals' in guard) return `lower(${text}) IN (${guard.equals.map(sqlString).join(', ')})`;
  if ('startsWith' in guard) return `startsWith(${text}, ${sqlString(guard.startsWith)})`;
  return guard.present ? `${text} != ''` : `${text} = ''`;
}

/** See `normalProvider` in derive-source.ts, which says the same in TypeScript. */
function providerSql(text: string): string {
  const name = `lower(${text})`;
  const parts = `splitByChar('.', ${name})`;
  const look = (key: string, otherwise: string) =>
    `transform(${key}, ${sqlArray(Object.keys(providerAliases))}, ${sqlArray(Object.values(providerAliases))}, ${otherwise})`;
  const kept = `multiSearchFirstPosition(${name}, ${sqlArray(providerPrefixes)})`;
  const firstTwo = `arrayStringConcat(arraySlice(${parts}, 1, 2), '.')`;
  const narrowed = look(firstTwo, look(`${parts}[1]`, `${parts}[1]`));
  return `if(${kept} = 1, ${name}, ${narrowed})`;
}

export function sqlString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function sqlArray(items: readonly string[]): string {
  return `[${items.map(sqlString).join(', ')}]`;
}
