/** Puts long texts, which are kept once by their content, back into the spans that carry them. */
import { type UnixNano, unixNano } from '@sightline/base';
import { dropCutMark, missingText, restoreTexts, textNumbers } from '@sightline/schema/otlp';
import type { Reader } from './reader.ts';
import type { Window } from './time-windows.ts';
import { textsOfDays } from './sql/texts-sql.ts';
import { sql, strings } from './sql/sql.ts';

/** A row of spans with its values as they are stored. */
export interface TextsRow extends ValuesRow {
  readonly startNanos: string;
}

interface ValuesRow {
  /** Ids in hex, one behind the other. */
  readonly textIds: string;
  readonly attributeValues: readonly string[];
  readonly eventValues?: readonly (readonly string[])[];
}

const idLength = 32;
const idsPerStatement = 3000;

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
export async function readTexts(
  reader: Reader,
  rows: readonly TextsRow[],
): Promise<ReadonlyMap<string, string>> {
  const times = rows.filter(({ textIds }) => textIds.length > 0).map(({ startNanos }) => BigInt(startNanos));
  return times.length === 0
    ? new Map()
    : readTextsOf(reader, rows, { from: least(times), to: greatest(times) });
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

async function readTextsOf(
  reader: Reader,
  rows: readonly ValuesRow[],
  range: Window,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set<string>();
  for (const row of rows) {
    if (row.textIds.length === 0) continue;
    for (const value of valuesOf(row))
      for (const number of textNumbers(value)) {
        const id = idAt(row.textIds, number);
        if (id !== '') wanted.add(id);
      }
  }
  if (wanted.size === 0) return new Map();
  const ids = [...wanted];
  const parts = Array.from({ length: Math.ceil(ids.length / idsPerStatement) }, (_, part) =>
    ids.slice(part * idsPerStatement, (part + 1) * idsPerStatement),
  );
  const found = await Promise.all(
    parts.map((part) =>
      reader.rows<{ id: string; text: string }>(sql`
        SELECT lower(hex(id)) AS id, any(body) AS text FROM texts
        WHERE ${textsOfDays(reader.project, range)} AND texts.id IN (SELECT toFixedString(unhex(arrayJoin(${strings(part)})), 16))
        GROUP BY texts.id`),
    ),
  );
  return new Map(found.flat().map(({ id, text }) => [id, text]));
}

/** The id of the text with this number, counted from 1; '' where there is none. */
export function idAt(textIds: string, number: number): string {
  return textIds.slice((number - 1) * idLength, number * idLength);
}

export function restoreRow<Row extends ValuesRow>(
  row: Row,
  texts: ReadonlyMap<string, string>,
  charactersMax = Infinity,
): Row {
  if (row.textIds.length === 0) return row;
  const textOf = (number: number): string | undefined => {
    const id = idAt(row.textIds, number);
    return id === '' ? undefined : (texts.get(id) ?? missingText);
  };
  const whole = (value: string): string => restoreTexts(value, textOf);
  return {
    ...row,
    attributeValues:
      charactersMax === Infinity
        ? row.attributeValues.map(whole)
        : row.attributeValues.map((value) => cut(whole(dropCutMark(value)), charactersMax)),
    ...(row.eventValues === undefined
      ? {}
      : { eventValues: row.eventValues.map((values) => values.map(whole)) }),
  };
}

/** Not between the halves of a character. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}

function* valuesOf(row: ValuesRow): Iterable<string> {
  yield* row.attributeValues;
  for (const values of row.eventValues ?? []) yield* values;
}

const least = (times: readonly bigint[]): UnixNano => unixNano(times.reduce((a, b) => (b < a ? b : a)));
const greatest = (times: readonly bigint[]): UnixNano => unixNano(times.reduce((a, b) => (b > a ? b : a)));
