/** Puts long texts, which are kept once by their content, back into the spans that carry them. */
import { type UnixNano, unixNano } from '@sightline/base';
import { dropCutMark, missingText, restoreTexts, textNumbers } from '@sightline/schema/otlp';
import type { Reader } from './reader.ts';
import type { Window } from './time-range.ts';
import { idsByHex, idsMax } from './sql/ids-sql.ts';
import { textsOfDays } from './sql/texts-sql.ts';
import { type Sql, sql, uint } from './sql/sql.ts';

/** A row of spans with its values as they are stored. */
export interface TextsRow extends ValuesRow {
  readonly startNanos: string;
}

interface ValuesRow {
  /** Ids in hex, one behind the other. */
  readonly textIds: string;
  readonly attributeValues: readonly string[];
  readonly eventValues?: readonly (readonly string[])[];
  readonly linkValues?: readonly (readonly string[])[];
}

/** Characters of an id. */
export const idLength = 32;
const eachId = /.{32}/g;
/** Texts by id. */
export type StoredTexts = ReadonlyMap<string, string>;

/** The same rows with whole values, those of attributes cut at `charactersMax`. */
export async function withTexts<Row extends TextsRow>(
  reader: Reader,
  rows: readonly Row[],
  charactersMax = Infinity,
): Promise<Row[]> {
  const texts = await readTexts(reader, rows);
  return rows.map((row) => restoreRow(row, texts, charactersMax));
}

/** The texts that the values of these rows stand for, by id. */
export async function readTexts(reader: Reader, rows: readonly TextsRow[]): Promise<StoredTexts> {
  const times = rows.filter(({ textIds }) => textIds.length > 0).map(({ startNanos }) => BigInt(startNanos));
  return times.length === 0
    ? new Map()
    : readTextsOf(reader, rows, { from: least(times), to: greatest(times) });
}

/** Those that any value of the rows may stand for, also values that were not read. */
export async function readAllTexts(
  reader: Reader,
  rows: readonly Pick<TextsRow, 'textIds' | 'startNanos'>[],
): Promise<StoredTexts> {
  const times = rows.filter(({ textIds }) => textIds.length > 0).map(({ startNanos }) => BigInt(startNanos));
  if (times.length === 0) return new Map();
  const ids = new Set(rows.flatMap(({ textIds }) => textIds.match(eachId) ?? []));
  return readTextsById(reader, [...ids], { from: least(times), to: greatest(times) });
}

/** Of the texts of one trace: what is beyond is not read. */
const traceTextBytesMax = 64 << 20;

/** The texts of the spans of `where`, by id, without their rows having been read: at once with them. */
export async function readTextsOfSpans(reader: Reader, where: Sql, range: Window): Promise<StoredTexts> {
  const answer = await reader.binary(sql`
    SELECT id, isRead, if(isRead, body_, '') FROM (
      SELECT texts.id AS id, any(body) AS body_,
        sum(length(body_)) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) <= ${uint(traceTextBytesMax)} AS isRead
      FROM texts
      WHERE ${textsOfDays(reader.project, range)} AND texts.id IN (SELECT arrayJoin(text_ids) FROM spans WHERE ${where})
      GROUP BY texts.id)`);
  const texts = new Map<string, string>();
  let left = 0;
  while (!answer.isAtEnd) {
    const id = answer.hex(idLength / 2);
    const isRead = answer.uint8() === 1;
    const text = answer.string();
    if (isRead) texts.set(id, text);
    else left += 1;
  }
  if (left > 0)
    reader.meet({
      limit: 'bytes',
      message: `Only ${traceTextBytesMax >> 20} MiB of long texts were read; ${left} are shown as \u2026.`,
    });
  return texts;
}

/** Values as `taggedValue` gives them, of spans within the range, whole. */
export async function wholeValues(
  reader: Reader,
  tagged: readonly string[],
  range: Window,
): Promise<string[]> {
  const rows = tagged.map((value) => {
    const end = value.includes('\u0001') ? value.lastIndexOf('\u0003') : -1;
    if (end < 0) return { attributeValues: [value], textIds: '' };
    return { attributeValues: [value.slice(0, end)], textIds: value.slice(end + 1) };
  });
  const texts = await readTextsOf(reader, rows, range);
  return rows.map((row) => restoreRow(row, texts).attributeValues[0] ?? '');
}

async function readTextsOf(reader: Reader, rows: readonly ValuesRow[], range: Window): Promise<StoredTexts> {
  const wanted = new Set<string>();
  for (const row of rows) {
    if (row.textIds.length === 0) continue;
    for (const value of valuesOf(row))
      for (const number of textNumbers(value)) {
        const id = idAt(row.textIds, number);
        if (id !== '') wanted.add(id);
      }
  }
  return readTextsById(reader, [...wanted], range);
}

async function readTextsById(reader: Reader, ids: readonly string[], range: Window): Promise<StoredTexts> {
  if (ids.length === 0) return new Map();
  const parts = Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, part) =>
    ids.slice(part * idsMax, (part + 1) * idsMax),
  );
  const found = await Promise.all(
    parts.map((part) =>
      reader.binary(sql`
        SELECT texts.id, body FROM texts
        PREWHERE ${textsOfDays(reader.project, range)} AND texts.id IN (${idsByHex(part, 16)})
        LIMIT 1 BY texts.id`),
    ),
  );
  const texts = new Map<string, string>();
  for (const answer of found) while (!answer.isAtEnd) texts.set(answer.hex(idLength / 2), answer.string());
  return texts;
}

/** The id of the text with this number, counted from 1; '' where there is none. */
function idAt(textIds: string, number: number): string {
  return textIds.slice((number - 1) * idLength, number * idLength);
}

export function restoreRow<Row extends ValuesRow>(
  row: Row,
  texts: StoredTexts,
  charactersMax = Infinity,
): Row {
  if (row.textIds.length === 0) return row;
  const whole = (value: string): string => wholeValue(value, row.textIds, texts);
  return {
    ...row,
    attributeValues:
      charactersMax === Infinity
        ? row.attributeValues.map(whole)
        : row.attributeValues.map((value) => cut(whole(dropCutMark(value)), charactersMax)),
    ...(row.eventValues && { eventValues: row.eventValues.map((values) => values.map(whole)) }),
    ...(row.linkValues && { linkValues: row.linkValues.map((values) => values.map(whole)) }),
  };
}

/** A value with its texts. `textIds` are those of its row. */
export function wholeValue(value: string, textIds: string, texts: StoredTexts): string {
  return restoreTexts(value, (number) => textByNumber(number, textIds, texts));
}

/** Undefined where the row has no text of this number. */
export function textByNumber(number: number, textIds: string, texts: StoredTexts): string | undefined {
  const id = idAt(textIds, number);
  return id === '' ? undefined : (texts.get(id) ?? missingText);
}

/** Not between the halves of a character. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}

function* valuesOf(row: ValuesRow): Iterable<string> {
  yield* row.attributeValues;
  for (const values of row.eventValues ?? []) yield* values;
  for (const values of row.linkValues ?? []) yield* values;
}

const least = (times: readonly bigint[]): UnixNano => unixNano(times.reduce((a, b) => (b < a ? b : a)));
const greatest = (times: readonly bigint[]): UnixNano => unixNano(times.reduce((a, b) => (b > a ? b : a)));
