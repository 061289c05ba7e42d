/**
 * How a statement names many buckets of ten minutes. The engine takes a third of a millisecond to understand a range, in each place that has it, and skips what lies
 * within by the sort key; a list costs next to nothing, but what it names is looked at row by row. So long stretches are ranges, and single buckets, as a
 * store with little traffic has them, a list.
 */
import { unixNano } from '@sightline/base';
import { joinSql, moment, type Parameter, type Sql, sql, trusted } from './sql.ts';
import type { Window } from '../time-range.ts';

export const bucketS = 600;
export const bucketNanos = 600_000_000_000n;

export interface BucketSets {
  readonly ranges: readonly Window[];
  /** Those beside the ranges, in seconds since 1970. */
  readonly single: readonly number[];
}

/** Two hours. */
const rangeBucketsMin = 12;
/** More of them, and the shortest are left out. */
const rangesMax = 60;
const singleMax = 500;

/** So many of these buckets (seconds since 1970, sorted) as can be named. */
export function bucketSets(buckets: readonly number[]): BucketSets {
  const stretches: number[][] = [];
  for (const bucket of buckets) {
    const last = stretches.at(-1);
    if (last !== undefined && last.at(-1) === bucket - bucketS) last.push(bucket);
    else stretches.push([bucket]);
  }
  const byLength = stretches.toSorted((a, b) => b.length - a.length);
  const long = byLength.filter(({ length }) => length >= rangeBucketsMin);
  return {
    ranges: long
      .slice(0, rangesMax)
      .toSorted(([a = 0], [b = 0]) => a - b)
      .map((stretch) => {
        const from = BigInt(stretch[0] ?? 0) * 1_000_000_000n;
        return { from: unixNano(from), to: unixNano(from + BigInt(stretch.length) * bucketNanos) };
      }),
    single: byLength
      .slice(long.length)
      .flat()
      .slice(0, singleMax)
      .toSorted((a, b) => a - b),
  };
}

/** Whether the bucket that `column` names is among them. */
export function isAmong({ ranges, single }: BucketSets, column: string): Sql {
  const bucket = trusted(column);
  const within = ranges.map(
    ({ from, to }) => sql`(${bucket} >= ${moment(from)} AND ${bucket} < ${moment(to)})`,
  );
  const listed = single.length === 0 ? [] : [sql`toStartOfTenMinutes(${bucket}) IN (${dateTimes(single)})`];
  return sql`(${joinSql([...within, ...listed], ' OR ')})`;
}

const dateTimes = (seconds: readonly number[]): Parameter => ({
  type: "Array(DateTime('UTC'))",
  value: seconds.map(String),
});
