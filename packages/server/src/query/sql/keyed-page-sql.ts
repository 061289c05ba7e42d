/**
 * A page of a list that can be sorted by any number. Sort keys are 64-bit integers (the bits of a double that is not negative are in
 * its order), so that a cursor holds them exactly; ties go by a hash of the identity.
 */
import { int64, type Parameter, type Sql, sql, trusted, uint } from './sql.ts';

export interface SortBy {
  readonly column: string;
  readonly isDescending: boolean;
}

export function readSort(sort: string): SortBy {
  return sort.startsWith('-')
    ? { column: sort.slice(1), isDescending: true }
    : { column: sort, isDescending: false };
}

export interface KeyedPage {
  /** A subquery. */
  readonly rows: Sql;
  /** Nullable number: SQL over the columns of `rows`. */
  readonly value: string;
  /** The identity of a row: SQL over the columns of `rows`, text or bytes. */
  readonly identity: string;
  readonly isDescending: boolean;
  /** `[key, tie]` of the last item of the page before. */
  readonly after: readonly string[] | undefined;
  readonly limit: number;
}

/** `SELECT *, sortKey, tie`, in order. What has no value comes last. */
export function keyedPage({ rows, value, identity, isDescending, after, limit }: KeyedPage): Sql {
  const last = isDescending ? '-1' : '9223372036854775807';
  // NaN has no place in an order; below zero nothing sorted here can be.
  const number = `toFloat64(${value})`;
  const key = trusted(
    `ifNull(if(${number} >= 0, reinterpretAsInt64(assumeNotNull(${number})), NULL), ${last}) AS sortKey, cityHash64(${identity}) AS tie`,
  );
  const direction = trusted(isDescending ? 'DESC' : 'ASC');
  return sql`SELECT * FROM (SELECT *, ${key} FROM (${rows})) WHERE ${beyond(after, isDescending)}
    ORDER BY sortKey ${direction}, tie ${direction} LIMIT ${uint(limit)}`;
}

function beyond(after: readonly string[] | undefined, isDescending: boolean): Sql {
  if (after === undefined) return trusted('true');
  const [key = '0', tie = '0'] = after;
  const tieParameter: Parameter = { type: 'UInt64', value: /^\d{1,20}$/.test(tie) ? tie : '0' };
  const comparison = trusted(isDescending ? '<' : '>');
  return sql`(sortKey, tie) ${comparison} (${int64(BigInt(/^-?\d{1,19}$/.test(key) ? key : '0'))}, ${tieParameter})`;
}
