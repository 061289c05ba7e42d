import { z } from 'zod';
import { restoreTexts, textNumbers } from '@sightline/schema/otlp';
import type { ApiClient } from '../../client/api-client.ts';
import { readRows } from './stored-rows.ts';

interface ValuesRow {
  readonly startNanos: string;
  readonly textIds: readonly string[];
  readonly attributeTexts: string[];
  readonly eventTexts: string[][];
  readonly linkTexts: string[][];
}

const textRow = z.object({ id: z.string(), body: z.string() });
const textsPerStatement = 500;

/** Long texts are stored once, by their content: puts them back into the spans. */
export async function withTexts<Row extends ValuesRow>(
  client: ApiClient,
  rows: readonly Row[],
): Promise<Row[]> {
  const wanted = new Set(
    rows.flatMap((row) =>
      [...row.attributeTexts, ...row.eventTexts.flat(), ...row.linkTexts.flat()]
        .flatMap(textNumbers)
        .map((number) => row.textIds[number - 1] ?? ''),
    ),
  );
  wanted.delete('');
  if (wanted.size === 0) return [...rows];
  const texts = new Map<string, string>();
  const ids = [...wanted];
  const times = rows.map(({ startNanos }) => BigInt(startNanos)).toSorted((a, b) => (a < b ? -1 : 1));
  const dayOf = (nanos = '0'): string => `toDate(fromUnixTimestamp64Nano(toInt64('${nanos}'), 'UTC'))`;
  const days = `toDate(first_time) BETWEEN ${dayOf(times[0]?.toString())} AND ${dayOf(times.at(-1)?.toString())}`;
  for (let at = 0; at < ids.length; at += textsPerStatement) {
    const some = ids.slice(at, at + textsPerStatement).map((id) => `unhex('${id}')`);
    const query = `SELECT lower(hex(id)) AS id, any(body) AS body FROM texts WHERE ${days} AND texts.id IN (${some.join(', ')}) GROUP BY texts.id`;
    for (const { id, body } of await readRows(client, query, textRow, textsPerStatement)) texts.set(id, body);
  }
  return rows.map((row) => {
    const whole = (value: string): string =>
      restoreTexts(value, (number) => texts.get(row.textIds[number - 1] ?? ''));
    return {
      ...row,
      attributeTexts: row.attributeTexts.map(whole),
      eventTexts: row.eventTexts.map((values) => values.map(whole)),
      linkTexts: row.linkTexts.map((values) => values.map(whole)),
    };
  });
}
