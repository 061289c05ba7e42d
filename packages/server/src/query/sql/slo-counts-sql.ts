/** How many items there were a minute, and how many of them were bad or good; each item is looked at. */
import { type ItemRequest, ruleItems } from './rule-items-sql.ts';
import { float, joinSql, type Sql, sql, trusted, uint } from './sql.ts';

/** What makes an item count: `marked` where its term is 1, `within` where it is at most so much. `newest` wants the time of the newest item only. */
export type ItemTest =
  | { readonly type: 'marked' }
  | { readonly type: 'within'; readonly bound: number }
  | { readonly type: 'newest' };

export interface MinuteRow {
  /** Minutes since 1970. */
  readonly minute: number | string;
  readonly [column: string]: unknown;
}

const minuteNanos = 60_000_000_000;

/** Columns `minute`, and for query q: `n{q}` items that have a value, `m{q}` those that meet the test, or nanoseconds of the newest. */
export function minuteCounts(request: ItemRequest, tests: readonly ItemTest[], rowsMax: number): Sql {
  const columns = tests.flatMap((test, q) => {
    const value = test.type === 'newest' ? 'true' : `isNotNull(x${q}_0)`;
    return [trusted(`countIf(f${q} AND ${value}) AS n${q}`), sql`${metBy(test, q)} AS ${trusted(`m${q}`)}`];
  });
  return sql`SELECT intDiv(at, ${uint(minuteNanos)}) AS minute, ${joinSql(columns, ', ')} FROM (${ruleItems(request)})
    GROUP BY minute ORDER BY minute LIMIT ${uint(rowsMax)}`;
}

function metBy(test: ItemTest, q: number): Sql {
  switch (test.type) {
    case 'marked':
      return trusted(`countIf(f${q} AND ifNull(x${q}_0, 0) = 1)`);
    case 'within':
      return sql`countIf(${trusted(`f${q} AND ifNull(x${q}_0`)} <= ${float(test.bound)}, false))`;
    case 'newest':
      return trusted(`toString(maxIf(at, f${q}))`);
  }
}
