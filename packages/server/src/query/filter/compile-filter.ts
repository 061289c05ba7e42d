import { assert, ensure } from '@sightline/base';
import type { BoundFilter } from '@sightline/schema/filter';
import { joinSql, type Sql, sql, trusted } from '../sql/sql.ts';
import {
  type BoundTest,
  compileAttribute,
  compileColumnTest,
  compilePlainAttribute,
} from './compile-condition.ts';
import { compileText } from './compile-text.ts';
import { findColumn, type StoredSignal } from './signal-columns.ts';

/** The filter as a condition on rows of the signal's table. True or false, never NULL. */
export function compileFilter(signal: StoredSignal, filter: BoundFilter): Sql {
  switch (filter.type) {
    case 'everything':
      return trusted('true');
    case 'and':
    case 'or':
      return sql`(${joinSql(
        filter.items.map((item) => compileFilter(signal, item)),
        filter.type === 'and' ? ' AND ' : ' OR ',
      )})`;
    case 'not':
      return sql`(NOT ${compileFilter(signal, filter.item)})`;
    case 'text':
      return compileText(signal, filter.parts);
    case 'test':
      return compileTest(signal, filter);
  }
}

export function compileTest(signal: StoredSignal, { field, match }: BoundTest): Sql {
  if (field.type === 'attribute') {
    return signal === 'metrics' ? compilePlainAttribute(field, match) : compileAttribute(field, match);
  }
  const column = ensure(findColumn(signal, field.field), `the column of ${field.field.name}`);
  assert(field.field.ofTrace !== true || signal === 'spans', 'Trace fields are of traces');
  return compileColumnTest(column, match);
}
