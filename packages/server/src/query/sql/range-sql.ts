import type { TimeRange } from '../time-range.ts';
import type { StoredSignal } from '../filter/signal-columns.ts';
import { int64, moment, type Sql, sql, string, uint } from './sql.ts';

type Range = Pick<TimeRange, 'from' | 'to'>;

/**
 * Rows of the project within the range. Spans and logs are sorted by five-minute bucket, which has to be said in so many words:
 * from the time alone the engine does not see it, and reads ten times as much for a narrow range.
 */
export function inRange(project: string, signal: StoredSignal, { from, to }: Range): Sql {
  switch (signal) {
    case 'spans':
      return sql`project = ${string(project)} AND ${inBuckets({ from, to })} AND start_time >= ${moment(from)} AND start_time < ${moment(to)}`;
    case 'logs':
      return sql`project = ${string(project)} AND ${inBuckets({ from, to })} AND time >= ${moment(from)} AND time < ${moment(to)}`;
    case 'metrics':
      return sql`project = ${string(project)} AND time >= ${moment(from)} AND time < ${moment(to)}`;
  }
}

/** As numbers: moments that the engine has to work out take it a third longer to plan for one trace. */
export function inBuckets({ from, to }: Range): Sql {
  return sql`bucket >= ${uint(bucketStart(from))} AND bucket <= ${uint(seconds(to))}`;
}

const bucketSeconds = 300;
/** Since 1970, as far as a DateTime reaches. */
const seconds = (nanos: bigint): number =>
  Math.min(Math.max(0, Number(nanos / 1_000_000_000n)), 4_294_967_295);
const bucketStart = (nanos: bigint): number => seconds(nanos) - (seconds(nanos) % bucketSeconds);

/** Rows that were in the table at this moment of the engine's clock, in milliseconds since 1970. */
export function storedUntil(ms: bigint): Sql {
  return sql`stored_time <= ${storedMoment(ms)}`;
}

/** Rows that came into the table after this moment of the engine's clock. An index finds them among old ones. */
export function storedAfter(ms: bigint): Sql {
  return sql`stored_time > ${storedMoment(ms)}`;
}

const storedMoment = (ms: bigint): Sql => sql`fromUnixTimestamp64Milli(${int64(ms)}, 'UTC')`;
