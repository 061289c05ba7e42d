import { unixNano } from '@sightline/base';
import type { SpansParameters, SpansResponse } from '@sightline/schema/api';
import { startListPage, writeCursor } from './cursor.ts';
import { decodeFoundSpan } from './decode-span.ts';
import { compileFilter } from './filter/compile-filter.ts';
import { readQ } from './filter/read-condition.ts';
import { readCostsOf } from './read-call-costs.ts';
import { listValueCharactersMax } from './query-bounds.ts';
import { type QueryContext, Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import {
  type AttributeRow,
  cutAttributeColumns,
  slimSpanColumns,
  type SlimSpanRow,
  textIdColumns,
} from './sql/span-columns-sql.ts';
import { every, int64, type Sql, sql, string, uint } from './sql/sql.ts';
import { type TextsRow, withTexts } from './restore-texts.ts';
import { collectInOrder } from './time-windows.ts';

type SpanRow = SlimSpanRow & AttributeRow & TextsRow & { readonly key: string };

/** Spans that meet the filter, the newest first. */
export async function findSpans(context: QueryContext, parameters: SpansParameters): Promise<SpansResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const filter = readQ(parameters.q, 'spans', context.clock);
  const page = startListPage(['spans', query], parameters, context.clock);
  const reader = new Reader(context);
  const { service, traceId } = parameters;
  const conditions = every([
    service === undefined ? undefined : sql`service = ${string(service)}`,
    traceId === undefined ? undefined : sql`trace_id = unhex(${string(traceId)})`,
    page.after === undefined ? undefined : afterSpan(page.after),
  ]);
  const found = await collectInOrder<SpanRow>(reader, {
    order: 'desc',
    range: page.range,
    begin: page.after === undefined ? page.range.newest : unixNano(BigInt(page.after[0] ?? '0')),
    limit: limit + 1,
    signal: 'spans',
    select: (window, count) => sql`
      SELECT ${slimSpanColumns}, ${cutAttributeColumns}, ${textIdColumns}, toUnixTimestamp64Nano(start_time) AS key
      FROM spans WHERE ${inRange(context.project, 'spans', window)} AND ${conditions}
        AND ${compileFilter('spans', filter, { project: context.project, ...window })}
      ORDER BY bucket DESC, start_time DESC, trace_id DESC, span_id DESC LIMIT ${uint(count)}`,
  });
  const shown = found.slice(0, limit);
  const [rows, costs] = await Promise.all([
    withTexts(reader, shown, listValueCharactersMax),
    readCostsOf(reader, shown.map(placeOf)),
  ]);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    spans: rows.map((row) => decodeFoundSpan(row, costs)),
    nextCursor:
      last === undefined ? null : writeCursor(['spans', query], page, [last.key, last.traceId, last.spanId]),
    ...reader.limitsMet,
  };
}

const placeOf = ({ traceId, startNanos }: SpanRow) => ({ traceId, startNanos: BigInt(startNanos) });

/** Spans that come after the one with this key, in the order of the list. */
function afterSpan([time = '0', traceId = '', spanId = '']: readonly string[]): Sql {
  const nanos = BigInt(time);
  const at = sql`fromUnixTimestamp64Nano(${int64(nanos)}, 'UTC')`;
  return sql`start_time <= ${at} AND (start_time, trace_id, span_id)
    < (${at}, toFixedString(unhex(${string(traceId)}), 16), toFixedString(unhex(${string(spanId)}), 8))`;
}
