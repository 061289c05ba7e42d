/** Errors in the order in which they were stored, each once. */
import type { UnixNano } from '@sightline/base';
import type { ErrorOccurrence } from '@sightline/schema/api';
import { type QueryContext, Reader } from '../reader.ts';
import { int64, sql, string, trusted, uint } from '../sql/sql.ts';
import { storedAfter, storedUntil } from '../sql/range-sql.ts';
import { errorsIn, hexOfId, newErrors } from './errors-sql.ts';
import type { ErrorMove } from './grouped-errors.ts';
import { decodeOccurrence, occurrenceColumns, type OccurrenceRow } from './occurrence-rows.ts';

/** A place in that order: many errors are stored in one moment, and their keys order them. */
export interface ArrivalPlace {
  readonly storedMs: number;
  readonly key: string;
}

export interface ArrivedError extends ErrorOccurrence {
  readonly place: ArrivalPlace;
  readonly group: string;
  readonly variant: string;
  readonly type: string;
  readonly class: string;
  readonly timeNanos: string;
}

export interface ArrivalRange {
  readonly moves: readonly ErrorMove[];
  readonly after: ArrivalPlace;
  readonly untilMs: number;
  /** Errors with an older time are left out, however late they come. */
  readonly timeFrom: UnixNano;
  readonly timeTo: UnixNano;
  /** Errors of this name are left out. */
  readonly exceptName: string;
  readonly limit: number;
}

interface ArrivedRow extends OccurrenceRow {
  readonly storedMs: string;
  readonly key: string;
  readonly groupId: string;
  readonly variantId: string;
  readonly errorType: string;
  readonly class: string;
}

/** Spans above an error that pass it on are mostly stored within this time of it. */
const repeatNanosMax = 600_000_000_000n;
const key = trusted('cityHash64(fingerprint, time, trace_id, span_id, log_id)');

export async function readArrivedErrors(
  context: QueryContext,
  { moves, after, untilMs, timeFrom, timeTo, exceptName, limit }: ArrivalRange,
): Promise<readonly ArrivedError[]> {
  const reader = new Reader(context);
  const { project } = context;
  const stored = sql`${storedAfter(BigInt(after.storedMs) - 1n)} AND ${storedUntil(BigInt(untilMs))}`;
  const arrived = sql`${stored} AND (toUnixTimestamp64Milli(stored_time), ${key}) > (${int64(BigInt(after.storedMs))}, ${{ type: 'UInt64', value: after.key }})`;
  const [times] = await reader.rows<{ count: string; first: string; last: string }>(sql`
    SELECT count() AS count, toUnixTimestamp64Nano(min(time)) AS first, toUnixTimestamp64Nano(max(time)) AS last
    FROM errors WHERE ${errorsIn(project, { from: timeFrom, to: timeTo })} AND ${arrived}`);
  if (times === undefined || times.count === '0') return [];
  const window = {
    from: (BigInt(times.first) - repeatNanosMax) as UnixNano,
    to: (BigInt(times.last) + repeatNanosMax) as UnixNano,
  };
  const isWanted = sql`${errorsIn(project, { from: timeFrom, to: timeTo })} AND ${arrived} AND name != ${string(exceptName)}`;
  const rows = await reader.rows<ArrivedRow>(sql`
    SELECT ${occurrenceColumns}, toUnixTimestamp64Milli(stored_time) AS storedMs, toString(${key}) AS key, ${hexOfId(trusted('group_id'))} AS groupId,
      ${hexOfId(trusted('variant'))} AS variantId, toString(type) AS errorType, toString(error_class) AS class
    FROM (${newErrors({ project, window, moves }, isWanted)}) ORDER BY stored_time, ${key} LIMIT ${uint(limit)}`);
  return rows.map((row) => {
    const { storedMs, key: rowKey, groupId, variantId, errorType, class: cause, ...occurrence } = row;
    return {
      ...decodeOccurrence(occurrence),
      place: { storedMs: Number(storedMs), key: rowKey },
      group: groupId,
      variant: variantId,
      type: errorType,
      class: cause,
      timeNanos: row.timeNanos,
    };
  });
}
