/** How the values of a measure are spread: counts by step of time and by bucket of the value. */
import { type ItemRequest, ruleItems } from './rule-items-sql.ts';
import { int64, type Sql, sql, trusted, uint } from './sql.ts';

export interface SpreadRow {
  readonly step: number;
  readonly bucket: number;
  readonly count: number;
}

export interface SpreadRequest {
  /** One query of one term, which has a measure. */
  readonly items: ItemRequest;
  readonly first: bigint;
  readonly stepNanos: bigint;
  /** Buckets double so many times: `2 ** (bucket / perOctave)`; undefined: each is a twentieth wide. */
  readonly perOctave: number | undefined;
}

const rowsMax = 20_000;

export function ruleSpread({ items, first, stepNanos, perOctave }: SpreadRequest): Sql {
  const bucket =
    perOctave === undefined
      ? trusted('toInt32(floor(x0_0 * 20))')
      : sql`toInt32(floor(log2(x0_0) * ${uint(perOctave)}))`;
  const isSeen = perOctave === undefined ? trusted('isNotNull(x0_0)') : trusted('ifNull(x0_0, 0) > 0');
  return sql`SELECT toInt32(intDiv(at - ${int64(first)}, ${int64(stepNanos)})) AS step, ${bucket} AS bucket, toUInt32(count()) AS count
    FROM (${ruleItems(items)}) WHERE f0 AND ${isSeen} GROUP BY step, bucket LIMIT ${uint(rowsMax)}`;
}
