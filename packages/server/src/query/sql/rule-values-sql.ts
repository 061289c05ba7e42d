/** What rules want of their items, summed up by label set. */
import type { Term } from '@sightline/schema/rules';
import { type ItemRequest, ruleItems } from './rule-items-sql.ts';
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
  request: ItemRequest,
  options: { readonly looks?: Looks; readonly rowsMax: number },
): Sql {
  const { by, queries } = request;
  const { looks, rowsMax } = options;
  const keys = [...(looks === undefined ? [] : ['look']), ...by.map((_each, index) => `l${index}`)];
  const columns = queries.flatMap(({ terms }, q) => [
    sql`countIf(f${trusted(String(q))}) AS n${trusted(String(q))}`,
    ...terms.map((term, t) => sql`${valueOf(term, `f${q}`, `x${q}_${t}`)} AS ${trusted(`v${q}_${t}`)}`),
  ]);
  const items = ruleItems(request);
  const placed = looks === undefined ? sql`(${items})` : seenBy(looks, items);
  const grouped = keys.length === 0 ? trusted('') : trusted(`GROUP BY ${keys.join(', ')}`);
  const selected = keys.length === 0 ? trusted('') : trusted(`${keys.join(', ')}, `);
  return sql`SELECT ${selected}${joinSql(columns, ', ')} FROM ${placed} ${grouped} LIMIT ${uint(rowsMax)}`;
}

/** Rows with the number of the `look` that sees them: each look whose window they are in, those at `at < time <= at + window`. */
export function seenBy({ first, stepNanos, count, windowNanos }: Looks, rows: Sql): Sql {
  // Where windows neither overlap nor leave gaps an item has one look, and no list of them is made.
  if (windowNanos === stepNanos)
    return sql`(SELECT *, ${lookAt(trusted('at'), { first, stepNanos })} AS look FROM (${rows}) WHERE look >= 0 AND look < ${uint(count)})`;
  const after = (nanos: Sql): Sql =>
    sql`toUInt32(greatest(0, least(${uint(count)}, ${lookAt(nanos, { first, stepNanos })})))`;
  return sql`(SELECT *, arrayJoin(range(${after(trusted('at'))}, ${after(sql`at + ${int64(windowNanos)}`)})) AS look FROM (${rows}))`;
}

/** Division cuts towards zero, so it is of positive numbers. */
const stepsAhead = 10_000;

/** The first look at or after a time, negative before all looks. */
function lookAt(nanos: Sql, { first, stepNanos }: Pick<Looks, 'first' | 'stepNanos'>): Sql {
  return sql`(intDiv(${nanos} - ${int64(first)} + ${int64(stepNanos)} * ${trusted(String(stepsAhead))}, ${int64(stepNanos)}) - ${trusted(String(stepsAhead - 1))})`;
}

/** Writes a call of an aggregate function. */
type Aggregate = (name: string, args: string, parameters?: string) => string;
const atOnce: Aggregate = (name, args, parameters = '') => `${name}${parameters}(${args})`;

function valueOf(term: Term, filter: string, column: string, of: Aggregate = atOnce): Sql {
  const countIf = (condition: string): string => of('countIf', condition);
  switch (term.type) {
    case 'count':
      return trusted(countIf(term.filter === '' ? filter : `${filter} AND ${column}`));
    case 'per_second':
      return trusted(countIf(filter));
    case 'share':
    case 'failed': {
      const known = countIf(`${filter} AND isNotNull(${column})`);
      return trusted(
        `if(${known} = 0, NULL, ${countIf(`${filter} AND ifNull(${column}, 0) = 1`)} / ${known})`,
      );
    }
    case 'hallucinated': {
      // Of traces: several scores may judge one.
      const all = of('uniqExactIf', `trace_id, ${filter}`);
      return trusted(
        `if(${all} = 0, NULL, ${of('uniqExactIf', `trace_id, ${filter} AND ${column} = 1`)} / ${all})`,
      );
    }
    case 'quantile':
      return trusted(
        of('quantileExactInclusiveIf', `${column}, ${filter} AND isNotNull(${column})`, `(${term.quantile})`),
      );
    case 'avg':
    case 'max':
    case 'min':
    case 'sum':
      return trusted(of(`${term.type}OrNullIf`, `${column}, ${filter} AND isNotNull(${column})`));
    case 'uniq':
      return trusted(of('uniqExactIf', `${column}, ${filter} AND ${column} != ''`));
    case 'number':
      return trusted('NULL');
  }
}

/** Looks whose windows neither overlap nor leave gaps, and what tells their items apart: places of `by` of the items. */
export interface LookSet {
  readonly looks: Looks;
  readonly by: readonly number[];
  /** Places of the queries of the items that are asked by these looks. */
  readonly queries: readonly number[];
}

/**
 * Several sets of looks over the same items, which are read once: summed up by all that any set tells apart, and these sums once more for each set. Columns
 * as of `ruleValues`, and `set`; a look of -1 is of items that the set does not look at.
 */
export function ruleValueSets(request: ItemRequest, sets: readonly LookSet[], rowsMax: number): Sql {
  const states = new Map<string, string>();
  const asked = request.queries.map((_each, q) =>
    [...sets.keys()].filter((set) => sets[set]?.queries.includes(q)),
  );
  const columns = request.queries.flatMap(({ terms }, q) => {
    const isAsked = `set IN (${asked[q]?.join(', ')})`;
    const merged: Aggregate = (name, args, parameters = '') => {
      const state = `${name}State${parameters}(${args})`;
      const column = states.get(state) ?? `s${states.size}`;
      states.set(state, column);
      return `${name}MergeIf${parameters}(${column}, ${isAsked})`;
    };
    return [
      trusted(`${merged('countIf', `f${q}`)} AS n${q}`),
      ...terms.map(
        (term, t) => sql`${valueOf(term, `f${q}`, `x${q}_${t}`, merged)} AS ${trusted(`v${q}_${t}`)}`,
      ),
    ];
  });
  const looks = sets.map(({ looks: { first, stepNanos, count } }, set) => {
    const look = lookAt(trusted('at'), { first, stepNanos });
    return sql`toInt32(if(${look} >= 0 AND ${look} < ${uint(count)}, ${look}, -1)) AS ${trusted(`look${set}`)}`;
  });
  const labels = request.by.map((_each, index) => `l${index}`);
  const keys = [...sets.keys()].map((set) => `look${set}`).concat(labels);
  const inner = sql`SELECT ${trusted([...keys, ...[...states].map(([state, column]) => `${state} AS ${column}`)].join(', '))}
    FROM (SELECT *, ${joinSql(looks, ', ')} FROM (${ruleItems(request)})) GROUP BY ${trusted(keys.join(', '))}`;
  const chosen = [
    `arrayElement([${[...sets.keys()].map((set) => `look${set}`).join(', ')}], set + 1) AS look`,
    ...labels.map((label, index) => {
      const needed = [...sets.keys()].filter((set) => sets[set]?.by.includes(index));
      return `if(set IN (${needed.join(', ')}), ${label}, '') AS k${index}`;
    }),
  ];
  const outer = ['set', 'look', ...labels.map((_label, index) => `k${index}`)];
  return sql`SELECT ${trusted(outer.join(', '))}, ${joinSql(columns, ', ')}
    FROM (SELECT *, ${trusted(chosen.join(', '))} FROM (SELECT *, arrayJoin(range(${uint(sets.length)})) AS set FROM (${inner})))
    WHERE look >= 0 GROUP BY ${trusted(outer.join(', '))} LIMIT ${uint(rowsMax)}`;
}
