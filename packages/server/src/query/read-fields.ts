import type { UnixNano } from '@sightline/base';
import type { FieldsParameters, FieldsResponse } from '@sightline/schema/api';
import { builtinFields, type FieldType, printField, scorePrefix } from '@sightline/schema/filter';
import { likePattern } from './filter/compile-condition.ts';
import { type QueryContext, Reader } from './reader.ts';
import { int64, moment, sql, string, uint } from './sql/sql.ts';
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
  score: 'number',
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
  const scores = signal === 'traces' ? await readScoreNames(reader, { prefix, from }) : [];
  const rows = await reader.rows<KeyRow>(sql`
    SELECT source, key, argMax(type, hits) AS type, sum(hits) AS total FROM (
      SELECT source, key, type, sum(count) AS hits FROM attribute_keys
      WHERE project = ${string(context.project)} AND signal = ${string(storedAs(signal))}
        AND last_seen >= toDateTime(${int64(from / 1_000_000_000n)}, 'UTC')
        AND (lower(key) LIKE ${string(likePattern([prefix, '']))}
          OR lower(concat(multiIf(source = 'attribute', 'attr', source), '.', key)) LIKE ${string(likePattern([prefix, '']))})
      GROUP BY source, key, type)
    GROUP BY source, key ORDER BY total DESC, key LIMIT ${uint(limit + 1)}`);
  const attributes = rows.map((row): Field => ({
    name: printField({ source: prefixOf[row.source], name: row.key }),
    source: row.source,
    type: attributeTypes[row.type] ?? 'string',
    description: '',
  }));
  const fields = [...builtins, ...scores, ...attributes];
  if (fields.length > limit)
    reader.meet({
      limit: 'rows',
      message: `The first ${limit} names are shown, the most frequent first; there are more.`,
    });
  return { fields: fields.slice(0, limit), ...reader.limitsMet };
}

const scoreNamesMax = 50;

/** `score.relevance`: names of scores given in the range that can be written without quotes. */
async function readScoreNames(
  reader: Reader,
  { prefix, from }: { readonly prefix: string; readonly from: UnixNano },
): Promise<readonly Field[]> {
  const rows = await reader.rows<{ name: string }>(sql`
    SELECT name FROM scores WHERE project = ${string(reader.project)} AND bucket >= toStartOfFiveMinutes(${moment(from)})
      AND match(name, '^[A-Za-z_][A-Za-z0-9_.-]*$') AND lower(concat('score.', name)) LIKE ${string(likePattern([prefix, '']))}
    GROUP BY name ORDER BY count() DESC, name LIMIT ${uint(scoreNamesMax + 1)}`);
  if (rows.length > scoreNamesMax)
    reader.meet({
      limit: 'rows',
      message: `The ${scoreNamesMax} scores given most are shown, there are more.`,
    });
  return rows.slice(0, scoreNamesMax).map(({ name }) => ({
    name: `${scorePrefix}${name}`,
    source: 'builtin',
    type: 'number',
    description: 'A score: its value, or its label.',
  }));
}

/** How `attribute_keys` calls the signal. */
function storedAs(signal: FieldsParameters['signal']): string {
  return signal === 'spans' ? 'traces' : signal;
}
