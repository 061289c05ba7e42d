/** A long trace by columns. The engine returns one row of arrays; words become indexes into small tables here. */
import { operationKind, type SlimTraceResponse } from '@sightline/schema/api';
import { assert } from '@sightline/base';
import { decodeOperation } from './decode-span.ts';
import { decodeTime } from './decode-row.ts';
import { linkParents } from './link-parents.ts';
import { meetSpanLimit, normalTraceId, readTraceExtent, spansOfTrace } from './read-trace.ts';
import { costOf, readCallCosts } from './read-call-costs.ts';
import { type QueryContext, Reader } from './reader.ts';
import { columnArray } from './sql/column-array-sql.ts';
import { sql, trusted, uint } from './sql/sql.ts';
import { WordTable } from './word-table.ts';

interface ColumnsRow {
  readonly firstStart: string;
  readonly spanIds: readonly string[];
  readonly parentIds: readonly string[];
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly kinds: readonly number[];
  readonly operations: readonly string[];
  readonly startOffsets: readonly number[];
  readonly durations: readonly number[];
  readonly statusCodes: readonly number[];
  readonly statusMessages: readonly string[];
  readonly models: readonly string[];
  readonly eventCounts: readonly (number | string)[];
  readonly inputTokens: readonly (string | null)[];
  readonly outputTokens: readonly (string | null)[];
}

const columns = trusted(`
  min(start_time) AS firstStart, ${columnArray('hex(span_id)')} AS spanIds, ${columnArray('hex(parent_span_id)')} AS parentIds,
  ${columnArray('toString(name)')} AS names, ${columnArray('toString(service)')} AS services, ${columnArray('kind')} AS kinds,
  ${columnArray('toString(operation)')} AS operations,
  arrayMap(nanos -> (nanos - toUnixTimestamp64Nano(firstStart)) / 1000, ${columnArray('toUnixTimestamp64Nano(start_time)')}) AS startOffsets,
  ${columnArray('duration_ns / 1000')} AS durations, ${columnArray('status_code')} AS statusCodes,
  ${columnArray('left(status_message, 1000)')} AS statusMessages, ${columnArray('toString(model)')} AS models,
  ${columnArray('toUInt32(length(event_names))')} AS eventCounts,
  ${columnArray('tuple(input_tokens)')}.1 AS inputTokens, ${columnArray('tuple(output_tokens)')}.1 AS outputTokens`);

/** Throws `trace_not_found`. */
export async function readSlimTrace(
  context: QueryContext,
  { traceId, limit }: { readonly traceId: string; readonly limit: number },
): Promise<SlimTraceResponse> {
  const id = normalTraceId(traceId);
  const reader = new Reader(context);
  const extent = await readTraceExtent(reader, id);
  const where = spansOfTrace(reader.project, id, extent);
  const [[row], costs] = await Promise.all([
    reader.rows<ColumnsRow>(sql`
      SELECT ${columns} FROM (
        SELECT span_id, parent_span_id, name, service, kind, operation, start_time, duration_ns, status_code, status_message,
          model, event_names, input_tokens, output_tokens
        FROM spans PREWHERE ${where} ORDER BY start_time, duration_ns DESC, span_id LIMIT ${uint(limit)})`),
    readCallCosts(reader, where),
  ]);
  assert(row !== undefined, 'An aggregate without GROUP BY is one row');
  const count = row.spanIds.length;
  if (extent.spanCount > count) meetSpanLimit(reader, count, extent.spanCount);
  const names = new WordTable();
  const services = new WordTable();
  const statusMessages = new WordTable();
  const models = new WordTable();
  const spanIds = row.spanIds.map((hex) => hex.toLowerCase());
  return {
    traceId: id,
    spanCount: Math.max(extent.spanCount, count),
    startTime: decodeTime(row.firstStart),
    columns: {
      spanId: spanIds,
      parent: linkParents(
        spanIds,
        row.parentIds.map((hex) => hex.toLowerCase()),
      ),
      name: row.names.map((word) => names.indexOf(word)),
      service: row.services.map((word) => services.indexOf(word)),
      kind: [...row.kinds],
      operation: row.operations.map((word) => operationKind.options.indexOf(decodeOperation(word))),
      startOffsetUs: [...row.startOffsets],
      durationUs: [...row.durations],
      statusCode: row.statusCodes.map((code) => (code <= 2 ? code : 0)),
      statusMessage: row.statusMessages.map((word) => statusMessages.indexOf(word)),
      model: row.models.map((word) => (word === '' ? -1 : models.indexOf(word))),
      eventCount: row.eventCounts.map(Number),
      inputTokens: row.inputTokens.map(numberOrNull),
      outputTokens: row.outputTokens.map(numberOrNull),
      costUsd: spanIds.map((spanId) => costOf(costs, id, spanId).costUsd),
    },
    tables: {
      names: names.words,
      services: services.words,
      statusMessages: statusMessages.words,
      models: models.words,
    },
    ...reader.limitsMet,
  };
}

function numberOrNull(value: string | null): number | null {
  return value === null ? null : Number(value);
}
