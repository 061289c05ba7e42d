import type { FilterScope } from './filter-scope.ts';
import { ensure } from '@sightline/base';
import type { BoundFilter, Match } from '@sightline/schema/filter';
import { inRange } from '../sql/range-sql.ts';
import { joinSql, type Sql, sql, trusted } from '../sql/sql.ts';
import { padded, tracesBySummary, tracesByUsage } from '../sql/whole-traces-sql.ts';
import {
  type AttributeRef,
  type BoundTest,
  compileAttribute,
  compileColumnTest,
  compilePlainAttribute,
} from './compile-condition.ts';
import { compileElements } from './compile-elements.ts';
import { compileText } from './compile-text.ts';
import { compileLongText, compileTakenAttribute } from './compile-taken-texts.ts';
import { isOfUsage } from './split-trace-filter.ts';
import { findColumn, type StoredSignal } from './signal-columns.ts';

/** The filter as a condition on rows of the signal's table. True or false, never NULL. Without a scope the rows are those of whole traces. */
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
    case 'span':
      return compileSpanGroup(signal, filter.item, scope);
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

/** Of a row of another signal the span that it belongs to has to meet the filter. */
function compileSpanGroup(signal: StoredSignal, item: BoundFilter, scope: FilterScope | undefined): Sql {
  if (signal === 'spans') return compileFilter(signal, item, scope);
  const { project, ...window } = ensure(scope, 'the scope of a filter');
  const around = padded(window);
  return sql`(trace_id, span_id) IN (SELECT trace_id, span_id FROM spans
    WHERE ${inRange(project, 'spans', around)} AND ${compileFilter('spans', item, { project, ...around })})`;
}

function compileTest(signal: StoredSignal, { field, match }: BoundTest, scope: FilterScope | undefined): Sql {
  if (field.type === 'attribute') {
    return compileAttributeTest(signal, { field, match }, ensure(scope, 'the scope of a filter'));
  }
  const column = ensure(findColumn(signal, field.field), `the column of ${field.field.name}`);
  const condition = compileColumnTest(column, match);
  // Without a scope the row is that of a whole trace.
  if (field.field.ofTrace === true && scope !== undefined) {
    const { project, ...own } = scope;
    // A log record may be written long after its trace began.
    const window = signal === 'logs' ? padded(own) : own;
    return isOfUsage(field.field)
      ? tracesByUsage(project, window, condition)
      : tracesBySummary(project, window, condition);
  }
  if (column.type !== 'number' || column.of !== 'calls') return condition;
  const { project, ...window } = ensure(scope, 'the scope of a filter on spans');
  return sql`(trace_id, span_id) IN (SELECT trace_id, span_id FROM ai_spans
    WHERE ${inRange(project, 'spans', window)} AND ${condition})`;
}

function compileAttributeTest(
  signal: StoredSignal,
  { field, match }: { readonly field: AttributeRef; readonly match: Match },
  scope: FilterScope,
): Sql {
  const { key, sources } = field;
  const options = [
    signal === 'metrics' ? compilePlainAttribute(field, match) : compileAttribute(field, match),
    compileElements(signal, field, { match, scope }),
    signal === 'metrics' || !sources.includes('attribute')
      ? undefined
      : compileTakenAttribute({ signal, key, match }, scope),
  ].filter((option) => option !== undefined);
  return sql`(${joinSql(options, ' OR ')})`;
}
