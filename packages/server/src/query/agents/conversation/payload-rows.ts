/** What spans carry, read in RowBinary: for a long run these are megabytes of prompts, each of which repeats the one before. */
import type { RowBinary } from '../../../storage/row-binary.ts';
import type { Reader } from '../../reader.ts';
import type { TextsRow } from '../../restore-texts.ts';
import type { AttributeRow } from '../../sql/span-columns-sql.ts';
import { type Sql, sql, trusted, uint } from '../../sql/sql.ts';

/** Payloads of one run that are looked at, the first first. */
export const payloadBytesMax = 64 << 20;

export interface PayloadRow extends AttributeRow, TextsRow {
  readonly spanId: string;
  readonly name: string;
  readonly eventNames: readonly string[];
  readonly eventKeys: readonly (readonly string[])[];
  readonly eventValues: readonly (readonly string[])[];
  readonly eventTypes: readonly string[];
}

// Named, since planning a statement over all columns takes longer than running it.
export const storedColumns = trusted(
  'span_id, start_time, name, text_ids, attributes, long_attributes, attribute_types, event_names, event_attributes, event_types',
);
/** In the order in which `readPayload` reads them. What is put together here costs the engine no planning. */
export const payloadColumns =
  trusted(`span_id, start_time, toString(name) AS name_, text_ids, mapKeys(attributes), mapValues(attributes), attribute_types,
  mapKeys(long_attributes), mapValues(long_attributes), event_names, event_attributes, event_types`);

/** Of the spans of `where`, in the order of their start, as far as `payloadBytesMax` goes. */
export async function readPayloadRows(reader: Reader, where: Sql): Promise<readonly PayloadRow[]> {
  const answer = await reader.binary(sql`
    SELECT ${payloadColumns} FROM (
      SELECT ${storedColumns}, arraySum(value -> length(value), mapValues(long_attributes)) AS payloadBytes,
        sum(payloadBytes) OVER (ORDER BY start_time, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS readBytes
      FROM spans WHERE ${where})
    WHERE readBytes - payloadBytes < ${uint(payloadBytesMax)}`);
  const rows: PayloadRow[] = [];
  while (!answer.isAtEnd) rows.push(readPayload(answer));
  return rows;
}

export function readPayload(answer: RowBinary): PayloadRow {
  return {
    spanId: answer.hex(8),
    startNanos: answer.int64().toString(),
    name: answer.string(),
    textIds: answer.hex(answer.count() * 16),
    ...readAttributes(answer),
    eventNames: answer.strings(),
    ...readEvents(answer),
    eventTypes: answer.strings(),
  };
}

function readAttributes(answer: RowBinary): AttributeRow {
  const keys = answer.repeatedStrings();
  const attributeValues = answer.strings();
  const attributeTypes = answer.string();
  const longKeys = answer.repeatedStrings();
  for (let left = answer.count(); left > 0; left -= 1) attributeValues.push(answer.string());
  return {
    attributeKeys: longKeys.length === 0 ? keys : [...keys, ...longKeys],
    attributeValues,
    attributeTypes,
  };
}

function readEvents(answer: RowBinary): Pick<PayloadRow, 'eventKeys' | 'eventValues'> {
  const eventKeys: string[][] = [];
  const eventValues: string[][] = [];
  for (let events = answer.count(); events > 0; events -= 1) {
    const keys: string[] = [];
    const values: string[] = [];
    for (let entries = answer.count(); entries > 0; entries -= 1) {
      keys.push(answer.string());
      values.push(answer.string());
    }
    eventKeys.push(keys);
    eventValues.push(values);
  }
  return { eventKeys, eventValues };
}
