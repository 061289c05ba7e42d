import type { LogContextParameters, LogContextResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { decodeLog } from './decode-log.ts';
import { afterLog, type LogOrder, selectLogs } from './find-logs.ts';
import { parseLogId } from './log-id.ts';
import { type QueryContext, Reader } from './reader.ts';
import { withTexts } from './restore-texts.ts';
import type { LogRow } from './sql/log-columns-sql.ts';
import { every, sql, string } from './sql/sql.ts';
import { unixNano } from '@sightline/base';
import { collectInOrder } from './time-windows.ts';
import type { Window } from './time-range.ts';

/** How far from a line its neighbours are looked for. */
const contextNanosMax = 86_400_000_000_000n;

/** Lines around one line, of the same service unless asked otherwise. Throws `log_not_found`. */
export async function readLogContext(
  context: QueryContext,
  { id, before, after, sameService }: LogContextParameters & { readonly id: string },
): Promise<LogContextResponse> {
  const identity = parseLogId(id);
  if (identity === undefined) throw logNotFound(id);
  const reader = new Reader(context);
  const key = [identity.timeNanos, identity.logId];
  const time = unixNano(BigInt(identity.timeNanos));
  const isIt = sql`log_id = ${{ type: 'UInt64', value: identity.logId }}`;
  const atTime = { from: time, to: unixNano(time + 1n) };
  const [line] = await reader.rows<LogRow>(selectLogs(context.project, () => isIt, 'desc')(atTime, 1));
  if (line === undefined) throw logNotFound(id);

  const service = sameService ? sql`service = ${string(line.service)}` : undefined;
  const beside = async (order: LogOrder, range: Window, limit: number): Promise<LogRow[]> => {
    if (limit === 0) return [];
    const conditions = every([service, afterLog(key, order)]);
    const select = selectLogs(context.project, () => conditions, order);
    return collectInOrder<LogRow>(reader, { order, range, begin: time, limit, signal: 'logs', select });
  };
  const earliest = time > contextNanosMax ? unixNano(time - contextNanosMax) : unixNano(0n);
  const [older, newer] = await Promise.all([
    beside('desc', { from: earliest, to: unixNano(time + 1n) }, before),
    beside('asc', { from: time, to: unixNano(time + contextNanosMax) }, after),
  ]);
  const lines = await withTexts(reader, [...older.toReversed(), line, ...newer]);
  return { logs: lines.map(decodeLog), index: older.length };
}

function logNotFound(id: string): SightlineError {
  return new SightlineError('log_not_found', `No log record "${id.slice(0, 64)}" is stored.`, {
    hint: 'Use the id of a record from /api/v1/logs. The record may be older than the retention.',
  });
}
