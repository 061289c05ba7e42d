import type { LogContextParameters, LogContextResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { decodeLog } from './decode-log.ts';
import { afterLog, selectLogs } from './find-logs.ts';
import { parseLogId } from './log-id.ts';
import { type QueryContext, Reader } from './reader.ts';
import type { LogRow } from './sql/log-columns-sql.ts';
import { inRange } from './sql/range-sql.ts';
import { every, sql, string } from './sql/sql.ts';
import { unixNano } from '@sightline/base';

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
  const at = inRange(context.project, 'time', { from: time, to: unixNano(time + 1n) });
  const isIt = sql`log_id = ${{ type: 'UInt64', value: identity.logId }}`;
  const [line] = await reader.rows<LogRow>(selectLogs(every([at, isIt]), { order: 'desc', limit: 1 }));
  if (line === undefined) throw logNotFound(id);

  const service = sameService ? sql`service = ${string(line.service)}` : undefined;
  const earliest = time > contextNanosMax ? unixNano(time - contextNanosMax) : unixNano(0n);
  const earlier = inRange(context.project, 'time', { from: earliest, to: unixNano(time + 1n) });
  const later = inRange(context.project, 'time', { from: time, to: unixNano(time + contextNanosMax) });
  const [older, newer] = await Promise.all([
    before === 0
      ? []
      : reader.rows<LogRow>(
          selectLogs(every([earlier, service, afterLog(key, 'desc')]), { order: 'desc', limit: before }),
        ),
    after === 0
      ? []
      : reader.rows<LogRow>(
          selectLogs(every([later, service, afterLog(key, 'asc')]), { order: 'asc', limit: after }),
        ),
  ]);
  return { logs: [...[...older].reverse(), line, ...newer].map(decodeLog), index: older.length };
}

function logNotFound(id: string): SightlineError {
  return new SightlineError('log_not_found', `No log record "${id.slice(0, 64)}" is stored.`, {
    hint: 'Use the id of a record from /api/v1/logs. The record may be older than the retention.',
  });
}
