import { inRange } from '../sql/range-sql.ts';
import { type Sql, sql, string, trusted } from '../sql/sql.ts';
import type { FilterScope } from './compile-filter.ts';

/** As in storage/clickhouse/migrations/0011-short-values.sql, of the value in lower case; the two signs stand between values there. */
const notIndexed = /[0-9]{6}|[0-9a-f-]{16}|^[0-9.:]*$/;
const marks = ['\u0001', '\u0002'];
/** Longer ones are ids. */
const isNumber = /^([0-9]{0,5}|[0-9]*\.[0-9]*)$/;

/**
 * Free text that is the whole of a short attribute value. Undefined for what is no such thing: a pattern, nothing at all, a number (which stands in
 * every other span and is asked for by its field).
 */
export function compileShortValue(
  signal: 'spans' | 'logs',
  parts: readonly string[],
  scope: FilterScope | undefined,
): Sql | undefined {
  const [value = '', ...more] = parts;
  if (more.length > 0 || isNumber.test(value)) return undefined;
  const lowered = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (!notIndexed.test(lowered) && !marks.some((mark) => value.includes(mark)))
    return sql`has(short_values, ${string(lowered)})`;
  // Ids are rare: a Bloom filter knows in which few granules they may be, but not as one of several conditions of which the others have none.
  const found = sql`has(mapValues(attributes), ${string(value)})`;
  if (scope === undefined) return found;
  const { project, ...window } = scope;
  const row = trusted(signal === 'spans' ? '(trace_id, span_id)' : '(time, log_id)');
  return sql`${row} IN (SELECT ${row} FROM ${trusted(signal)} WHERE ${inRange(project, signal, window)} AND ${found})`;
}
