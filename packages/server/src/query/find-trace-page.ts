import { rangeNanosMax } from './query-bounds.ts';
import { type QueryContext, Reader } from './reader.ts';
import { isHex } from './read-trace.ts';
import { inRange } from './sql/range-sql.ts';
import { type Sql, sql, string } from './sql/sql.ts';
import { unixNano } from '@sightline/base';

/** What an id that somebody has in hand names. */
export type NamedTrace =
  | { readonly kind: 'trace'; readonly traceId: string }
  /** Several traces: the request is seen whole on the timeline. */
  | { readonly kind: 'request'; readonly correlationId: string };

const day = 86_400_000_000_000n;
/** Ids of runs and requests are looked for in ever longer stretches back from now. */
const daysBack = [1n, 30n, rangeNanosMax / day];

/** The trace with this id, or those of the run or the request with it; undefined where none is stored. */
export async function findTracePage(context: QueryContext, id: string): Promise<NamedTrace | undefined> {
  // Most items have no id of a run or request at all.
  if (id === '') return undefined;
  const reader = new Reader(context);
  const traceId = id.toLowerCase();
  if (isHex(traceId, 32)) {
    const rows = await reader.rows(sql`SELECT 1 FROM trace_summaries
      WHERE project = ${string(reader.project)} AND trace_id = unhex(${string(traceId)}) LIMIT 1`);
    if (rows.length > 0) return { kind: 'trace', traceId };
  }
  const now = context.clock.now();
  for (const days of daysBack) {
    const range = { from: unixNano(now > days * day ? now - days * day : 0n), to: unixNano(now + day) };
    const found = await findTraces(reader, id, range);
    const [only] = found;
    if (only === undefined) continue;
    return found.length === 1 ? { kind: 'trace', traceId: only } : { kind: 'request', correlationId: id };
  }
  return undefined;
}

async function findTraces(
  reader: Reader,
  id: string,
  range: Parameters<typeof inRange>[2],
): Promise<readonly string[]> {
  const byRun = await traceIds(
    reader,
    sql`spans WHERE ${inRange(reader.project, 'spans', range)}
    AND (attributes['sightline.run.id'] = ${string(id)} OR attributes['workflow.run_id'] = ${string(id)})`,
  );
  // A run that was taken up again is several traces; the newest is the one that somebody looks for.
  if (byRun.length > 0) return byRun.slice(0, 1);
  const bySpans = await traceIds(
    reader,
    sql`spans WHERE ${inRange(reader.project, 'spans', range)} AND correlation_id = ${string(id)}`,
  );
  const byLogs = await traceIds(
    reader,
    sql`logs WHERE ${inRange(reader.project, 'logs', range)}
    AND correlation_id = ${string(id)} AND trace_id != toFixedString('', 16)`,
  );
  return [...new Set([...bySpans, ...byLogs])];
}

async function traceIds(reader: Reader, source: Sql): Promise<readonly string[]> {
  const rows = await reader.rows<{ traceId: string }>(
    sql`SELECT lower(hex(trace_id)) AS traceId FROM ${source} GROUP BY trace_id ORDER BY max(bucket) DESC LIMIT 2`,
  );
  return rows.map(({ traceId }) => traceId);
}
