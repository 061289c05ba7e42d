/** Filters on what is not in the row itself: long texts are kept once, by their content (schema/otlp/content-texts.ts). */
import type { Match } from '@sightline/schema/filter';
import { addressedBytesMin, replaceMarks, takeTexts } from '@sightline/schema/otlp';
import { inRange } from '../sql/range-sql.ts';
import { joinSql, type Sql, sql, string, strings, trusted, uint } from '../sql/sql.ts';
import { textsOfDays } from '../sql/texts-sql.ts';
import { attributeText, compileTextMatch, isTaken, mapOf } from './compile-condition.ts';
import type { FilterScope } from './filter-scope.ts';
import { compileText, compileWords } from './compile-text.ts';

/** So many texts are looked up one by one; more are met so often that reading the newest rows finds them sooner. */
const textsLookedUpMax = 500;
const noText = trusted(`toFixedString('', 16)`);

/**
 * Free text, be it in the row or in a text of its own. Which texts hold it is asked first, so that the rows with a few of them are found
 * by the index over `text_ids`; without any, the index over words answers alone. The index has to be given some id, or it is not used.
 */
export function compileLongText(signal: SignalWithTexts, parts: readonly string[], scope: FilterScope): Sql {
  const exact = (pattern: Sql): Sql => sql`lowerUTF8(body) LIKE ${pattern}`;
  const texts = sql`SELECT DISTINCT id FROM texts
    WHERE ${usedWithin(scope)} AND ${compileWords(parts, { words: trusted('words'), exact })}`;
  const some = sql`(SELECT groupArray(id) FROM (${texts} LIMIT ${uint(textsLookedUpMax + 1)}))`;
  const areMany = sql`length(${some}) > ${uint(textsLookedUpMax)}`;
  return sql`(${compileText(signal, parts)}${compileWholeValue(parts)}
    OR hasAny(text_ids, if(${areMany}, [${noText}], arrayPushBack(${some}, ${noText})))
    OR (${areMany} AND arrayExists(text_id -> text_id IN (${texts}), text_ids)))`;
}

/**
 * What is pasted whole, such as the id of a customer or the name of a host, and may be a short value of an attribute or the id of the trace. Written as the indexes over
 * values know it: they are of whole values, so parts of them are found by their field only. Words with spaces between them are of texts: looking at the values of each row that has
 * both takes as long again.
 */
function compileWholeValue(parts: readonly string[]): Sql {
  const [value = ''] = parts;
  if (parts.length !== 1 || value === '' || /\s/.test(value)) return trusted('');
  const maps = [mapOf.attribute, mapOf.resource].map(
    (map) => sql` OR has(mapValues(${trusted(map)}), ${string(value)})`,
  );
  const ofTrace = /^[0-9a-f]{32}$/i.test(value) ? [sql` OR trace_id = unhex(${string(value)})`] : [];
  return joinSql([...maps, ...ofTrace], '');
}

type SignalWithTexts = 'spans' | 'logs';

interface AttributeTest {
  readonly signal: SignalWithTexts;
  readonly key: string;
  readonly match: Match;
}

/** What tells a row. */
const identity = {
  spans: trusted('(trace_id, span_id, start_time)'),
  logs: trusted('(time, log_id, trace_id)'),
} as const;

/** An attribute whose value, or a part of it, may be a text of its own; undefined where that cannot meet the match. */
export function compileTakenAttribute(test: AttributeTest, scope: FilterScope): Sql | undefined {
  const { key, match } = test;
  if (match.type === 'equals') return compileEquality(key, match.text);
  if (match.type === 'wildcard' || match.type === 'regex') return compilePattern(test, scope);
  return undefined;
}

/** The same texts in the same order with the same between them. */
function compileEquality(key: string, text: string): Sql | undefined {
  const bytes = Buffer.from(text);
  if (bytes.length < addressedBytesMin) return undefined;
  const { value, ids } = takeTexts(bytes);
  const stored = attributeText('attribute', key);
  return sql`(replaceRegexpAll(${stored}, '\\x01\\\\d+:', '\\x01') = ${string(replaceMarks(value, (_, length) => `\u0001${length}\u0002`))}
    AND arrayMap(number -> lower(hex(text_ids[toUInt32(number)])), extractAll(${stored}, '\\x01(\\\\d+):')) = ${strings(ids)})`;
}

/** Puts the values of the rows in scope together. */
function compilePattern({ signal, key, match }: AttributeTest, scope: FilterScope): Sql {
  const { project, ...window } = scope;
  const table = trusted(signal);
  const row = identity[signal];
  const rows = sql`${inRange(project, signal, window)} AND mapContains(attributes, ${string(key)}) AND ${isTaken(key)}`;
  const pieces = sql`splitByRegexp('[\\x01\\x02]', ${attributeText('attribute', key)})`;
  return sql`(notEmpty(text_ids) AND ${row} IN (
    SELECT item FROM (
      SELECT item, arrayStringConcat(arrayMap(each -> each.2, arraySort(each -> each.1, groupArray((place, if(place % 2 = 0 AND toString(length(bodies.body)) = splitByChar(':', piece)[2], bodies.body, piece)))))) AS whole
      FROM (
        SELECT ${row} AS item, place, piece, if(place % 2 = 0, text_ids[toUInt32OrZero(splitByChar(':', piece)[1])], toFixedString('', 16)) AS text_id
        FROM ${table} ARRAY JOIN ${pieces} AS piece, arrayEnumerate(${pieces}) AS place
        WHERE ${rows}) AS pieces
      LEFT JOIN (
        SELECT id, any(body) AS body FROM texts
        WHERE ${usedWithin(scope)} AND id IN (SELECT arrayJoin(text_ids) FROM ${table} WHERE ${rows}) GROUP BY id) AS bodies
      ON pieces.text_id = bodies.id
      GROUP BY item)
    WHERE ${compileTextMatch(sql`whole`, match)}))`;
}

/** Texts used within the time. Of a day's text it is known when it was used first and last. */
export function usedWithin({ project, from, to }: FilterScope): Sql {
  return sql`${textsOfDays(project, { from, to })} AND last_time >= fromUnixTimestamp64Nano(${{ type: 'Int64', value: String(from) }}, 'UTC')`;
}
