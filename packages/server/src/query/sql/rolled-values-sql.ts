/** Values of spans over a long past, from the roll-up by minutes: a minute counts where it began, and quantiles are right to 1 %. */
import { ownValue } from '@sightline/base';
import type { Dimension, Term, ValueQuery } from '@sightline/schema/rules';
import type { Window } from '../time-range.ts';
import { quantilesSql } from './quantiles-sql.ts';
import { type Looks, seenBy } from './rule-values-sql.ts';
import { joinSql, moment, type Sql, sql, string, trusted, uint } from './sql.ts';

const minuteNanos = 60_000_000_000n;
const columns: Readonly<Record<string, string>> = {
  service: 'service',
  name: 'name',
  operation: 'operation',
  model: 'model',
};

/** Whether the roll-up knows all that the query asks: whole minutes, no filter, and fields and measures that it has. */
export function isRolledUp(query: ValueQuery, looks: Looks): boolean {
  const { source, filter, by, left, right } = query;
  return (
    source === 'spans' &&
    filter.trim() === '' &&
    by.every((dimension) => columnOf(dimension) !== undefined) &&
    [left, right].every((term) => term === undefined || rolledTerm(term) !== undefined) &&
    [looks.first, looks.stepNanos, looks.windowNanos].every((nanos) => nanos % minuteNanos === 0n)
  );
}

const columnOf = (dimension: Dimension): string | undefined =>
  dimension.type === 'builtin' ? ownValue(columns, dimension.name) : undefined;

/** Columns as of `ruleValues`. */
export function rolledValues(
  { by, left, right }: ValueQuery,
  {
    project,
    window,
    looks,
    rowsMax,
  }: {
    readonly project: string;
    readonly window: Window;
    readonly looks: Looks;
    readonly rowsMax: number;
  },
): Sql {
  const isOfServices = by.every((dimension) => columnOf(dimension) === 'service');
  const keys = ['look', ...by.map((_each, index) => `l${index}`)].join(', ');
  const labels = by.map((dimension, index) =>
    trusted(`toString(${columnOf(dimension) ?? "''"}) AS l${index}`),
  );
  const terms = [left, ...(right === undefined ? [] : [right])].map((term, index) =>
    trusted(`${rolledTerm(term) ?? 'NULL'} AS v0_${index}`),
  );
  const rows = sql`SELECT ${joinSql([...labels, trusted('toInt64(toUnixTimestamp(minute)) * 1000000000 AS at, count, error_count, duration_ns_sum, duration_ns_max, duration_ns_quantiles')], ', ')}
    FROM ${trusted(isOfServices ? 'service_rollup_1m' : 'span_rollup_1m')}
    WHERE project = ${string(project)} AND minute >= toDateTime(${moment(window.from)}, 'UTC') AND minute < toDateTime(${moment(window.to)}, 'UTC')`;
  return sql`SELECT ${trusted(keys)}, sum(count) AS n0, ${joinSql(terms, ', ')}
    FROM ${seenBy(looks, rows)} GROUP BY ${trusted(keys)} LIMIT ${uint(rowsMax)}`;
}

/** Undefined where the roll-up does not know it. */
function rolledTerm(term: Term): string | undefined {
  switch (term.type) {
    case 'count':
      return term.filter === '' ? 'sum(count)' : undefined;
    case 'per_second':
      return 'sum(count)';
    case 'failed':
      return 'sum(error_count) / sum(count)';
    case 'number':
      return 'NULL';
    case 'quantile':
    case 'avg':
    case 'max':
    case 'sum': {
      const { measure } = term;
      if (measure.type !== 'builtin' || measure.name !== 'duration') return undefined;
      if (term.type === 'avg') return 'sum(duration_ns_sum) / sum(count) / 1e9';
      if (term.type === 'max') return 'max(duration_ns_max) / 1e9';
      if (term.type === 'sum') return 'sum(duration_ns_sum) / 1e9';
      if (term.type !== 'quantile') return undefined;
      const quantile = quantilesSql([term.quantile], {
        count: 'sum(count)',
        sketch: (parameters) => `quantilesDDMerge(${parameters})(duration_ns_quantiles)`,
      });
      return `${quantile}[1] / ${term.inMs ? '1e6' : '1e9'}`;
    }
    default:
      return undefined;
  }
}
