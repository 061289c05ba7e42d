import { unixNano } from '@sightline/base';
import { readQ } from '../filter/read-condition.ts';
import type { Reader } from '../reader.ts';
import { wantedTraces } from '../sql/trace-sets-sql.ts';
import { startsWithin } from '../sql/whole-traces-sql.ts';
import { every, sql } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import type { TraceHead } from './quiet-traces.ts';

/** Those of the traces that fit the filter. Throws `bad_filter`. */
export async function matchTraces(
  reader: Reader,
  q: string,
  traces: ReadonlyMap<string, Pick<TraceHead, 'startNanos' | 'endNanos'>>,
): Promise<ReadonlySet<string>> {
  const ids = [...traces.keys()];
  if (q.trim() === '' || ids.length === 0) return new Set(ids);
  const heads = [...traces.values()];
  const window = {
    from: unixNano(
      heads.reduce((least, { startNanos }) => (startNanos < least ? startNanos : least), 2n ** 62n),
    ),
    to: unixNano(heads.reduce((most, { endNanos }) => (endNanos > most ? endNanos : most), 0n) + 1n),
  };
  const filter = readQ(q, 'traces', reader.clock);
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM trace_starts
    WHERE ${every([startsWithin(reader.project, window), sql`trace_id IN (${tracesByHex(ids)})`, wantedTraces(reader.project, { filter }, window)])}`);
  return new Set(rows.map(({ traceId }) => traceId));
}
