import { providerAliases, providerPrefixes } from './provider-names.ts';
import { sqlString, wordsSql } from './sql-text.ts';

/** See `normalProvider` in derive-source.ts, which says the same in TypeScript. The one-element arrays bind names. */
export function providerSql(text: string): string {
  const look = (key: string, otherwise: string) =>
    `transform(${key}, ${wordsSql(Object.keys(providerAliases))}, ${wordsSql(Object.values(providerAliases))}, ${otherwise})`;
  const beginning = (count: number) =>
    `arrayStringConcat(arraySlice(splitByChar('.', name_), 1, ${count}), '.')`;
  const first = `splitByChar('.', name_)[1]`;
  const kept = providerPrefixes.map((prefix) => `startsWith(name_, ${sqlString(prefix)})`).join(' OR ');
  const cut = `if(${kept}, name_, ${look(beginning(3), look(beginning(2), look(first, first)))})`;
  return `arrayMap(name_ -> ${look('name_', cut)}, [lower(${text})])[1]`;
}
