import { assert, ensure } from '@sightline/base';
import type { BoundFilter } from '@sightline/schema/filter';
import { inRange } from '../sql/range-sql.ts';
import { joinSql, type Sql, sql, trusted } from '../sql/sql.ts';
import {
  type BoundTest,
  compileAttribute,
  compileColumnTest,
  compilePlainAttribute,
} from './compile-condition.ts';
import { compileText } from './compile-text.ts';
import { compileLongText, compileTakenAttribute } from './compile-taken-texts.ts';
import type { Window } from '../time-windows.ts';
import { findColumn, type StoredSignal } from './signal-columns.ts';

/** The project's rows within a time: what calls cost is looked up there. */
export interface FilterScope extends Window {
  readonly project: string;
}

/** The filter as a condition on rows of the signal's table. True or false, never NULL. Spans and logs need a scope. */
export function compileFilter(signal: StoredSignal, filter: BoundFilter, scope?: FilterScope): Sql {
  switch (filter.type) {
    case 'everything':
      return trusted('true');
    case 'and':
    case 'or':
      return sql`(${joinSql(
        filter.items.map((item) => compileFilter(signal, item, scope)),
        filter.type === 'and' ? ' AND ' : ' OR ',
      )})`;
    case 'not':
      return sql`(NOT ${compileFilter(signal, filter.item, scope)})`;
    case 'text':
      return signal === 'metrics'
        ? compileText(signal, filter.parts)
        : compileLongText(signal, filter.parts, ensure(scope, 'the scope of a filter'));
    case 'test':
      return compileTest(signal, filter, scope);
  }
}

function compileTest(signal: StoredSignal, { field, match }: BoundTest, scope: FilterScope | undefined): Sql {
  if (field.type === 'attribute') {
    if (signal === 'metrics') return compilePlainAttribute(field, match);
    const own = compileAttribute(field, match);
    if (!field.sources.includes('attribute')) return own;
    const { key } = field;
    const taken = compileTakenAttribute({ signal, key, match }, ensure(scope, 'the scope of a filter'));
    return taken === undefined ? own : sql`(${own} OR ${taken})`;
  }
  const column = ensure(findColumn(signal, field.field), `the column of ${field.field.name}`);
  assert(field.field.ofTrace !== true || signal === 'spans', 'Trace fields are of traces');
  const condition = compileColumnTest(column, match);
  if (column.type !== 'number' || column.of !== 'calls') return condition;
  const { project, ...window } = ensure(scope, 'the scope of a filter on spans');
  return sql`(trace_id, span_id) IN (SELECT trace_id, span_id FROM ai_spans
    WHERE ${inRange(project, 'spans', window)} AND ${condition})`;
}
