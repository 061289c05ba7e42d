import type { TimeRange } from '../time-range.ts';
import { moment, type Sql, sql, string, trusted } from './sql.ts';

/** Rows of the project within the range, by the time column that the table is sorted and partitioned on. */
export function inRange(project: string, column: string, { from, to }: Pick<TimeRange, 'from' | 'to'>): Sql {
  const time = trusted(column);
  return sql`project = ${string(project)} AND ${time} >= ${moment(from)} AND ${time} < ${moment(to)}`;
}
