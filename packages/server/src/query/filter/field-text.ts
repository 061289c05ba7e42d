import { SightlineError } from '@sightline/schema/errors';
import { findBuiltinField } from '@sightline/schema/filter';
import { sql, type Sql, string, trusted } from '../sql/sql.ts';
import { mapOf } from './compile-condition.ts';
import { type Column, findColumn, type StoredSignal } from './signal-columns.ts';

export interface FieldName {
  readonly source: 'any' | 'attr' | 'resource' | 'scope';
  readonly name: string;
}

/** The same with a row for each value, where a row has several; one row with '' where it has none. For facets. */
export function fieldTexts(signal: StoredSignal, field: FieldName): Sql {
  const column = columnOf(signal, field);
  return column?.type === 'texts'
    ? trusted(`arrayJoin(if(empty(${column.sql} AS texts_), [''], arrayMap(one -> toString(one), texts_)))`)
    : fieldText(signal, field);
}

/** Whether values are in a column of their own. */
export function isInColumn(signal: StoredSignal, field: FieldName): boolean {
  const column = columnOf(signal, field);
  return column !== undefined && !(column.type === 'texts' && column.of === 'attributes');
}

function columnOf(signal: StoredSignal, { source, name }: FieldName): Column | undefined {
  const builtin = source === 'any' ? findBuiltinField(signal, name) : undefined;
  return builtin === undefined ? undefined : findColumn(signal, builtin);
}

/** The field's value of a row as text, as a filter would have it; '' where there is none. For facets and group-by. */
export function fieldText(signal: StoredSignal, { source, name }: FieldName): Sql {
  const builtin = source === 'any' ? findBuiltinField(signal, name) : undefined;
  const column = builtin === undefined ? undefined : findColumn(signal, builtin);
  if (column === undefined) return attributeAnywhere({ source, name });
  if (builtin?.ofTrace === true)
    throw new SightlineError('bad_request', `Values of "${name}" are not counted or grouped by.`, {
      hint: `It is of whole traces: filter by it, as in -${name}:x.`,
    });
  switch (column.type) {
    case 'text':
      return trusted(`toString(${column.sql})`);
    case 'texts':
      return trusted(`toString(arrayElement(${column.sql}, 1))`);
    case 'word':
      return trusted(`['${column.words.join("', '")}'][least(${column.sql} + 1, ${column.words.length})]`);
    case 'number':
      // What stands beside a span is what its client reported; what counts is known by filters alone.
      if (column.of === 'calls')
        throw new SightlineError('bad_request', `Values of "${name}" are not counted or grouped by.`, {
          hint: `Filter by it, as in ${name}>0.01; sums by model, agent, service or version are in the overview of agents.`,
        });
      return trusted(
        `ifNull(${builtin?.type === 'duration' ? durationText(column) : `toString(${column.sql})`}, '')`,
      );
    case 'time':
      return trusted(`concat(replaceOne(toString(${column.sql}), ' ', 'T'), 'Z')`);
    case 'id':
      return trusted(`if(match(hex(${column.sql}), '^0*$'), '', lower(hex(${column.sql})))`);
    case 'severity':
      return trusted(
        "['UNSET', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][if(severity_number = 0, 1, least(intDiv(severity_number - 1, 4), 5) + 2)]",
      );
  }
}

function durationText({ sql: column, nanosPerUnit }: Extract<Column, { type: 'number' }>): string {
  return `concat(toString(${column}), '${nanosPerUnit === undefined ? 'ns' : 'ms'}')`;
}

function attributeAnywhere({ source, name }: FieldName): Sql {
  // Prompts and long values are not what one counts or groups by; reading them would cost many times the rest.
  // Nor is the mark of a text that is kept elsewhere a value.
  const stored = sql`attributes[${string(name)}]`;
  const own = sql`if(startsWith(${stored}, '\\x01'), '', ${stored})`;
  const resource = sql`${trusted(mapOf.resource)}[${string(name)}]`;
  const scope = sql`${trusted(mapOf.scope)}[${string(name)}]`;
  switch (source) {
    case 'attr':
      return own;
    case 'resource':
      return resource;
    case 'scope':
      return scope;
    case 'any':
      return sql`coalesce(nullIf(${own}, ''), nullIf(${resource}, ''), ${scope})`;
  }
}
