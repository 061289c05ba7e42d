import { unixNano } from '@sightline/base';
import type { LogsParameters, LogsResponse } from '@sightline/schema/api';
import { startListPage, writeCursor } from './cursor.ts';
import { decodeLog, firstNumberOf } from './decode-log.ts';
import { compileFilter } from './filter/compile-filter.ts';
import { readQ } from './filter/read-condition.ts';
import { type QueryContext, Reader } from './reader.ts';
import { withTexts } from './restore-texts.ts';
import { logColumns, type LogRow } from './sql/log-columns-sql.ts';
import { inRange } from './sql/range-sql.ts';
import { contextColumns, wholeAttributeColumns } from './sql/span-columns-sql.ts';
import { every, type Parameter, type Sql, sql, string, trusted, uint } from './sql/sql.ts';
import { collectInOrder } from './time-windows.ts';
import type { Window } from './time-range.ts';

/** Log records that meet the filter, the newest first or (`order=asc`) the oldest. */
export async function findLogs(context: QueryContext, parameters: LogsParameters): Promise<LogsResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const filter = readQ(parameters.q, 'logs', context.clock);
  const page = startListPage(['logs', query], parameters, context.clock);
  const reader = new Reader(context);
  const { order } = parameters;
  const conditions = (window: Window): Sql =>
    every([
      ...parameterConditions(parameters),
      page.after === undefined ? undefined : afterLog(page.after, order),
      compileFilter('logs', filter, { project: context.project, ...window }),
    ]);
  const beginning = order === 'desc' ? page.range.newest : page.range.from;
  const found = await collectInOrder<LogRow>(reader, {
    order,
    range: page.range,
    begin: page.after === undefined ? beginning : unixNano(BigInt(page.after[0] ?? '0')),
    limit: limit + 1,
    signal: 'logs',
    select: selectLogs(context.project, conditions, order),
  });
  const rows = await withTexts(reader, found.slice(0, limit));
  const last = found.length > limit ? rows.at(-1) : undefined;
  return {
    logs: rows.map(decodeLog),
    nextCursor: last === undefined ? null : writeCursor(['logs', query], page, [last.timeNanos, last.logId]),
    ...reader.limitsMet,
  };
}

export type LogOrder = 'asc' | 'desc';

/** Records of a window that meet the conditions, in order. */
export function selectLogs(
  project: string,
  conditions: (window: Window) => Sql,
  order: LogOrder,
): (window: Window, limit: number) => Sql {
  const by = trusted(order === 'desc' ? 'time DESC, log_id DESC' : 'time, log_id');
  return (window, limit) => sql`SELECT ${logColumns}, ${wholeAttributeColumns}, ${contextColumns}
    FROM logs WHERE ${inRange(project, 'logs', window)} AND ${conditions(window)} ORDER BY ${by} LIMIT ${uint(limit)}`;
}

/** Records after the one with this key, in the order of the list. */
export function afterLog([time = '0', logId = '0']: readonly string[], order: LogOrder): Sql {
  const at = sql`fromUnixTimestamp64Nano(${int(time)}, 'UTC')`;
  const id: Parameter = { type: 'UInt64', value: logId };
  return order === 'desc'
    ? sql`time <= ${at} AND (time, log_id) < (${at}, ${id})`
    : sql`time >= ${at} AND (time, log_id) > (${at}, ${id})`;
}

function parameterConditions(parameters: LogsParameters): Sql[] {
  const conditions: Sql[] = [];
  const { service, traceId, spanId, correlationId, severity } = parameters;
  if (service !== undefined) conditions.push(sql`service = ${string(service)}`);
  if (traceId !== undefined) conditions.push(sql`trace_id = unhex(${string(traceId)})`);
  if (spanId !== undefined) conditions.push(sql`span_id = unhex(${string(spanId)})`);
  if (correlationId !== undefined) conditions.push(sql`correlation_id = ${string(correlationId)}`);
  if (severity !== undefined) conditions.push(sql`severity_number >= ${uint(firstNumberOf(severity))}`);
  return conditions;
}

const int = (value: string): Parameter => ({ type: 'Int64', value });
