/** A condition on an attribute that is a list holds where it holds of one of its elements: `tags:security`. Lists are kept as JSON text. */
import type { Match } from '@sightline/schema/filter';
import { joinSql, type Sql, sql, string, trusted } from '../sql/sql.ts';
import { type AttributeRef, attributeText, compileTextMatch, mapOf } from './compile-condition.ts';
import type { FilterScope } from './filter-scope.ts';
import { usedWithin } from './compile-taken-texts.ts';
import type { StoredSignal } from './signal-columns.ts';

const signalOfKeys: Readonly<Record<StoredSignal, string>> = {
  spans: 'traces',
  logs: 'logs',
  metrics: 'metrics',
};

/**
 * Undefined where the condition is not on the value. No index is over elements, so rows are looked at only if a list was ever stored under the key, which is known some seconds
 * after the first: for all other keys the index over values answers as if this were not there.
 */
export function compileElements(
  signal: StoredSignal,
  { sources, key }: AttributeRef,
  { match, scope }: { readonly match: Match; readonly scope: FilterScope },
): Sql | undefined {
  if (match.type === 'exists') return undefined;
  const inItems = sources.map((source) => {
    const stored = sql`${trusted(mapOf[source])}[${string(key)}]`;
    const value = signal === 'metrics' ? stored : attributeText(source, key);
    return sql`(mapContains(${trusted(mapOf[source])}, ${string(key)}) AND ${anyElement(value, match)})`;
  });
  const hasLists = sql`(SELECT count() > 0 FROM attribute_keys WHERE project = ${string(scope.project)}
    AND signal = ${string(signalOfKeys[signal])} AND key = ${string(key)} AND type = 'j')`;
  const short = sql`(${hasLists} AND (${joinSql(inItems, ' OR ')}))`;
  if (signal === 'metrics' || !sources.includes('attribute')) return short;
  // A long list is kept as one text (schema/otlp/content-texts.ts): its value is the mark of it.
  const number = sql`toUInt32OrZero(extract(${attributeText('attribute', key)}, '^\\x01(\\\\d+):\\\\d+\\x02$'))`;
  return sql`(${short} OR (${hasLists} AND notEmpty(text_ids) AND ${number} > 0 AND text_ids[${number}] IN (
    SELECT id FROM texts WHERE ${usedWithin(scope)} AND ${anyElement(trusted('body'), match)})))`;
}

function anyElement(list: Sql, match: Match): Sql {
  return sql`(startsWith(${list}, '[') AND arrayExists(element -> ${compileTextMatch(trusted('element'), match)},
    arrayMap(raw -> if(startsWith(raw, '"'), JSONExtractString(raw), raw), JSONExtractArrayRaw(${list}))))`;
}
