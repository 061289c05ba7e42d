import type { FieldsParameters, FieldsResponse } from '@sightline/schema/api';
import { builtinFields, type FieldType, printField } from '@sightline/schema/filter';
import { likePattern } from './filter/compile-condition.ts';
import { type QueryContext, Reader } from './reader.ts';
import { int64, sql, string, uint } from './sql/sql.ts';
import { readRange } from './time-range.ts';

interface KeyRow {
  readonly source: 'attribute' | 'resource' | 'scope';
  readonly key: string;
  readonly type: string;
  readonly total: string;
}

type Field = FieldsResponse['fields'][number];

const typeOf: Readonly<Record<FieldType, Field['type']>> = {
  string: 'string',
  number: 'number',
  duration: 'duration',
  time: 'string',
  id: 'string',
  enum: 'string',
  severity: 'string',
};
const attributeTypes: Readonly<Record<string, Field['type']>> = {
  i: 'number',
  d: 'number',
  b: 'boolean',
  j: 'json',
};
const prefixOf = { attribute: 'attr', resource: 'resource', scope: 'scope' } as const;

/** Names that can stand left of `:`: built-in fields, then attributes seen in the range, the most frequent first. */
export async function readFieldNames(
  context: QueryContext,
  parameters: FieldsParameters,
): Promise<FieldsResponse> {
  const { signal, limit } = parameters;
  const prefix = parameters.prefix.toLowerCase();
  const { from } = readRange(parameters, context.clock);
  const builtins: Field[] = builtinFields[signal]
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, type, description }) => ({ name, source: 'builtin', type: typeOf[type], description }));
  const reader = new Reader(context);
  const rows = await reader.rows<KeyRow>(sql`
    SELECT source, key, argMax(type, hits) AS type, sum(hits) AS total FROM (
      SELECT source, key, type, sum(count) AS hits FROM attribute_keys
      WHERE project = ${string(context.project)} AND signal = ${string(storedAs(signal))}
        AND last_seen >= toDateTime(${int64(from / 1_000_000_000n)}, 'UTC')
        AND (lower(key) LIKE ${string(likePattern([prefix, '']))}
          OR lower(concat(multiIf(source = 'attribute', 'attr', source), '.', key)) LIKE ${string(likePattern([prefix, '']))})
      GROUP BY source, key, type)
    GROUP BY source, key ORDER BY total DESC, key LIMIT ${uint(limit)}`);
  const attributes = rows.map((row): Field => ({
    name: printField({ source: prefixOf[row.source], name: row.key }),
    source: row.source,
    type: attributeTypes[row.type] ?? 'string',
    description: '',
  }));
  return { fields: [...builtins, ...attributes].slice(0, limit) };
}

/** How `attribute_keys` calls the signal. */
function storedAs(signal: FieldsParameters['signal']): string {
  return signal === 'spans' ? 'traces' : signal;
}
