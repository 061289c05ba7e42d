/** What rules want of their items, summed up by label set. */
import type { Term } from '@sightline/schema/rules';
import { type ItemWish, ruleItems } from './rule-items-sql.ts';
import { int64, joinSql, type Sql, sql, trusted, uint } from './sql.ts';

/** Looks of a range: look k is at `first + k × step` and covers the window before it. */
export interface Looks {
  readonly first: bigint;
  readonly stepNanos: bigint;
  readonly count: number;
  readonly windowNanos: bigint;
}

export interface ValueRow {
  /** Number of the look, where a range is asked for. */
  readonly look?: number;
  readonly [column: string]: unknown;
}

/** Columns `l0`…, `n{q}` how many items query q looked at, `v{q}_{t}` what its term t is; with `looks` also `look`. */
export function ruleValues(
  wish: ItemWish,
  options: { readonly looks?: Looks; readonly rowsMax: number },
): Sql {
  const { by, queries } = wish;
  const { looks, rowsMax } = options;
  const keys = [...(looks === undefined ? [] : ['look']), ...by.map((_each, index) => `l${index}`)];
  const columns = queries.flatMap(({ terms }, q) => [
    sql`countIf(f${trusted(String(q))}) AS n${trusted(String(q))}`,
    ...terms.map((term, t) => sql`${valueOf(term, `f${q}`, `x${q}_${t}`)} AS ${trusted(`v${q}_${t}`)}`),
  ]);
  const items = ruleItems(wish);
  const placed =
    looks === undefined ? sql`(${items})` : sql`(SELECT *, ${lookOf(looks)} AS look FROM (${items}))`;
  const grouped = keys.length === 0 ? trusted('') : trusted(`GROUP BY ${keys.join(', ')}`);
  const selected = keys.length === 0 ? trusted('') : trusted(`${keys.join(', ')}, `);
  return sql`SELECT ${selected}${joinSql(columns, ', ')} FROM ${placed} ${grouped} LIMIT ${uint(rowsMax)}`;
}

/** An item is seen by each look whose window it is in: those at `at < time <= at + window`. */
export function lookOf({ first, stepNanos, count, windowNanos }: Looks): Sql {
  const after = (nanos: Sql): Sql =>
    sql`greatest(0, least(${uint(count)}, intDiv(${nanos} - ${int64(first)} + ${int64(stepNanos)} * 10000, ${int64(stepNanos)}) - 10000 + 1))`;
  return sql`arrayJoin(range(toUInt32(${after(trusted('at'))}), toUInt32(${after(sql`at + ${int64(windowNanos)}`)})))`;
}

function valueOf(term: Term, filter: string, column: string): Sql {
  switch (term.type) {
    case 'count':
      return trusted(term.filter === '' ? `countIf(${filter})` : `countIf(${filter} AND ${column})`);
    case 'per_second':
      return trusted(`countIf(${filter})`);
    case 'share':
    case 'failed':
      return trusted(
        `if(countIf(${filter} AND isNotNull(${column})) = 0, NULL, countIf(${filter} AND ifNull(${column}, 0) = 1) / countIf(${filter} AND isNotNull(${column})))`,
      );
    case 'hallucinated':
      // Of traces: several scores may judge one.
      return trusted(
        `if(uniqExactIf(trace_id, ${filter}) = 0, NULL, uniqExactIf(trace_id, ${filter} AND ${column} = 1) / uniqExactIf(trace_id, ${filter}))`,
      );
    case 'quantile':
      return sql`quantileExactInclusiveIf(${trusted(String(term.quantile))})(${trusted(column)}, ${trusted(`${filter} AND isNotNull(${column})`)})`;
    case 'avg':
    case 'max':
    case 'min':
    case 'sum':
      return trusted(`${term.type}OrNullIf(${column}, ${filter} AND isNotNull(${column}))`);
    case 'uniq':
      return trusted(`uniqExactIf(${column}, ${filter} AND ${column} != '')`);
    case 'number':
      return trusted('NULL');
  }
}
