/**
 * Times without anything: nights, weekends, a server that was off. To grow a window over them ends far beyond, where a day of items would be looked at for
 * fifty; to ask where the next item is costs a few milliseconds, whatever the range.
 */
import { type UnixNano, unixNano } from '@sightline/base';
import type { Reader } from './reader.ts';
import { moment, type Sql, sql, string, trusted } from './sql/sql.ts';
import type { Window } from './time-range.ts';

/** What is looked for: its table by time, read in the order of its key. */
export type PausingSignal = 'spans' | 'logs' | 'steps';

export interface PauseQuestion {
  readonly signal: PausingSignal;
  readonly order: 'desc' | 'asc';
  /** What was not looked at yet. */
  readonly rest: Window;
}

const fiveMinutes = 300_000_000_000n;
/** What it shows of the other side: the bucket with the next item may hold no more than that one. */
const beyondNanos = 2n * fiveMinutes;

/**
 * The window from the edge of the rest over the pause there to the other side; all of the rest where nothing is known to be in it. Undefined where there is
 * no pause. Where a window begins and ends decides only what a search costs.
 */
export async function windowBeyondPause(
  reader: Reader,
  { signal, order, rest }: PauseQuestion,
): Promise<Window | undefined> {
  const rows = await reader.tryRows<{ seconds: number }>(sql`
    SELECT toUnixTimestamp(bucket) AS seconds FROM ${tables[signal]} WHERE project = ${string(reader.project)}
      AND bucket >= toStartOfFiveMinutes(${moment(rest.from)}) AND bucket < ${moment(rest.to)}
    ORDER BY bucket ${trusted(order === 'desc' ? 'DESC' : 'ASC')} LIMIT 1`);
  if (rows === undefined) return undefined;
  const [nearest] = rows;
  if (nearest === undefined) return rest;
  const bucket = BigInt(nearest.seconds) * 1_000_000_000n;
  if (order === 'desc') {
    const end = bucket + fiveMinutes;
    return end >= rest.to ? undefined : { from: later(rest.from, end - beyondNanos), to: rest.to };
  }
  return bucket <= rest.from ? undefined : { from: rest.from, to: earlier(rest.to, bucket + beyondNanos) };
}

/** Spans are found in the narrow table of when traces have some. */
const tables: Readonly<Record<PausingSignal, Sql>> = {
  spans: trusted('trace_starts'),
  logs: trusted('logs'),
  steps: trusted('ai_spans'),
};

const later = (a: UnixNano, b: bigint): UnixNano => (a > b ? a : unixNano(b));
const earlier = (a: UnixNano, b: bigint): UnixNano => (a < b ? a : unixNano(b));
