/** Filters on what is not in the row of a span: long texts are kept once, by their content (schema/otlp/content-texts.ts). */
import type { Match } from '@sightline/schema/filter';
import { addressedBytesMin, restoreTexts, takeTexts } from '@sightline/schema/otlp';
import { inRange } from '../sql/range-sql.ts';
import { type Sql, sql, string, strings } from '../sql/sql.ts';
import { textsOfDays } from '../sql/texts-sql.ts';
import { compileTextMatch } from './compile-condition.ts';
import type { FilterScope } from './compile-filter.ts';
import { compileText, compileWords } from './compile-text.ts';

/** Free text in a span, be it in its row or in a text of its own. */
export function compileSpanText(parts: readonly string[], scope: FilterScope): Sql {
  return sql`(${compileText('spans', parts)} OR arrayExists(text_id -> text_id IN (
    SELECT id FROM texts WHERE ${usedWithin(scope)} AND ${compileWords(parts, (pattern) => sql`words LIKE ${pattern}`)}), text_ids))`;
}

/** An attribute whose value, or a part of it, may be a text of its own; undefined where that cannot meet the match. */
export function compileTakenAttribute(key: string, match: Match, scope: FilterScope): Sql | undefined {
  if (match.type === 'equals') return compileEquality(key, match.text);
  if (match.type === 'wildcard' || match.type === 'regex') return compilePattern(key, match, scope);
  return undefined;
}

/** The same texts in the same order with the same between them. */
function compileEquality(key: string, text: string): Sql | undefined {
  const bytes = Buffer.from(text);
  if (bytes.length < addressedBytesMin) return undefined;
  const { value, ids } = takeTexts(bytes);
  const stored = sql`long_attributes[${string(key)}]`;
  return sql`(replaceRegexpAll(${stored}, '\\x01\\\\d+:', '\\x01') = ${string(restoreTexts(value, (_, length) => `\u0001${length}\u0002`))}
    AND arrayMap(number -> lower(hex(text_ids[toUInt32(number)])), extractAll(${stored}, '\\x01(\\\\d+):')) = ${strings(ids)})`;
}

/** Puts the values of the spans in scope together. */
function compilePattern(key: string, match: Match, scope: FilterScope): Sql {
  const { project, ...window } = scope;
  const spans = sql`${inRange(project, 'spans', window)} AND mapContains(attributes, ${string(key)}) AND notEmpty(text_ids)`;
  return sql`(notEmpty(text_ids) AND (trace_id, span_id) IN (
    SELECT trace_id, span_id FROM (
      SELECT trace_id, span_id, arrayStringConcat(arrayMap(piece -> piece.2, arraySort(piece -> piece.1, groupArray((place, if(place % 2 = 0, bodies.body, piece)))))) AS whole
      FROM (
        SELECT trace_id, span_id, start_time, place, piece, if(place % 2 = 0, text_ids[toUInt32OrZero(splitByChar(':', piece)[1])], toFixedString('', 16)) AS text_id
        FROM spans ARRAY JOIN splitByRegexp('[\\x01\\x02]', long_attributes[${string(key)}]) AS piece, arrayEnumerate(splitByRegexp('[\\x01\\x02]', long_attributes[${string(key)}])) AS place
        WHERE ${spans}) AS pieces
      LEFT JOIN (
        SELECT id, any(body) AS body FROM texts
        WHERE ${usedWithin(scope)} AND id IN (SELECT arrayJoin(text_ids) FROM spans WHERE ${spans}) GROUP BY id) AS bodies
      ON pieces.text_id = bodies.id
      GROUP BY trace_id, span_id, start_time)
    WHERE ${compileTextMatch(sql`whole`, match)}))`;
}

/** Texts of spans within the time. Of a day's text it is known when the first and the last of its spans began. */
function usedWithin({ project, from, to }: FilterScope): Sql {
  return sql`${textsOfDays(project, { from, to })} AND last_time >= fromUnixTimestamp64Nano(${{ type: 'Int64', value: String(from) }}, 'UTC')`;
}
