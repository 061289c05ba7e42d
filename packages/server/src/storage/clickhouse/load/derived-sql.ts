import { type CompiledSql, compileSql, type SpanTimesSql } from '@sightline/schema/conventions';
import { derivedColumnsOf } from './derived-fields.ts';

/** Derived columns over the map `a`, whose keys are `keys` where it is made, and the resource `resource_map`. The row is called `derived`. */
export function derivedSql(options: {
  readonly name: string;
  readonly keys: string;
  readonly columns: 'span' | 'log';
  readonly times?: SpanTimesSql;
}): CompiledSql {
  const { columns, ...others } = options;
  return compileSql({
    ...others,
    attributes: 'a',
    resource: 'resource_map',
    columns: derivedColumnsOf[columns],
  });
}
