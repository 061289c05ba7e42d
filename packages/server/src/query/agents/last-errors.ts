import { unixNano } from '@sightline/base';
import type { ToolFacts } from '@sightline/schema/api';
import { decodeTime } from '../decode-row.ts';
import type { Reader } from '../reader.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { int64, joinSql, sql, string } from '../sql/sql.ts';

type LastError = NonNullable<ToolFacts['lastError']>;

/** The newest failed call of a tool; ids are hex. */
export interface LastFailure {
  readonly tool: string;
  readonly failedTrace: string;
  readonly failedSpan: string;
  readonly failedNanos: string;
  readonly failedText: string;
}

/** The newest failures with their messages, by tool: read from the few spans that have them. */
export async function readLastErrors(
  reader: Reader,
  failures: readonly LastFailure[],
): Promise<ReadonlyMap<string, LastError>> {
  const messages = await readMessages(reader, failures);
  return new Map(
    failures.map(({ tool, failedTrace, failedSpan, failedText }) => [
      tool,
      {
        time: decodeTime(failedText),
        message: messages.get(failedSpan) ?? '',
        traceId: failedTrace,
        spanId: failedSpan,
      },
    ]),
  );
}

/** The status message; where it is empty, the message of the exception that was recorded, or its type. */
async function readMessages(
  reader: Reader,
  spans: readonly LastFailure[],
): Promise<ReadonlyMap<string, string>> {
  if (spans.length === 0) return new Map();
  const places = spans.map(({ failedTrace, failedSpan, failedNanos }) => {
    const at = unixNano(BigInt(failedNanos));
    return sql`(${inBuckets({ from: at, to: at })} AND start_time = fromUnixTimestamp64Nano(${int64(at)}, 'UTC')
      AND trace_id = unhex(${string(failedTrace)}) AND span_id = unhex(${string(failedSpan)}))`;
  });
  const rows = await reader.rows<{ spanId: string; message: string }>(sql`
    SELECT lower(hex(span_id)) AS spanId, leftUTF8(multiIf(status_message != '', status_message,
      arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')) != '',
      arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')),
      attributes['error.type']), 1000) AS message
    FROM spans WHERE project = ${string(reader.project)} AND (${joinSql(places, ' OR ')})`);
  return new Map(rows.map(({ spanId, message }) => [spanId, message]));
}
