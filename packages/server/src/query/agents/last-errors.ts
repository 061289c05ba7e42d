import { unixNano } from '@sightline/base';
import type { ToolFacts } from '@sightline/schema/api';
import { decodeTime } from '../decode-row.ts';
import type { Reader } from '../reader.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { int64, joinSql, type Sql, sql, string, strings } from '../sql/sql.ts';

type LastError = NonNullable<ToolFacts['lastError']>;

interface LastRow {
  readonly tool: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly startNanos: string;
  readonly timeText: string;
}

/** The newest failure of each of these tools, with its message: read from the few spans that have it. */
export async function readLastErrors(
  reader: Reader,
  calls: Sql,
  tools: readonly string[],
): Promise<ReadonlyMap<string, LastError>> {
  if (tools.length === 0) return new Map();
  const rows = await reader.rows<LastRow>(sql`
    SELECT toString(tool) AS tool, lower(hex(tupleElement(last, 1))) AS traceId, lower(hex(tupleElement(last, 2))) AS spanId,
      lastNanos AS startNanos, toString(fromUnixTimestamp64Nano(lastNanos, 'UTC')) AS timeText
    FROM (SELECT tool, max(callStartNanos) AS lastNanos, argMax(tuple(trace_id, spanId), callStartNanos) AS last
      FROM (${calls}) WHERE isError AND tool IN (SELECT arrayJoin(${strings(tools)})) GROUP BY tool)`);
  const messages = await readMessages(reader, rows);
  return new Map(
    rows.map(({ tool, traceId, spanId, timeText }) => [
      tool,
      { time: decodeTime(timeText), message: messages.get(spanId) ?? '', traceId, spanId },
    ]),
  );
}

/** The status message; where it is empty, the message of the exception that was recorded, or its type. */
async function readMessages(
  reader: Reader,
  spans: readonly Pick<LastRow, 'traceId' | 'spanId' | 'startNanos'>[],
): Promise<ReadonlyMap<string, string>> {
  if (spans.length === 0) return new Map();
  const places = spans.map(({ traceId, spanId, startNanos }) => {
    const at = unixNano(BigInt(startNanos));
    return sql`(${inBuckets({ from: at, to: at })} AND start_time = fromUnixTimestamp64Nano(${int64(at)}, 'UTC')
      AND trace_id = unhex(${string(traceId)}) AND span_id = unhex(${string(spanId)}))`;
  });
  const rows = await reader.rows<{ spanId: string; message: string }>(sql`
    SELECT lower(hex(span_id)) AS spanId, leftUTF8(multiIf(status_message != '', status_message,
      arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')) != '',
      arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')),
      attributes['error.type']), 1000) AS message
    FROM spans WHERE project = ${string(reader.project)} AND (${joinSql(places, ' OR ')})`);
  return new Map(rows.map(({ spanId, message }) => [spanId, message]));
}
