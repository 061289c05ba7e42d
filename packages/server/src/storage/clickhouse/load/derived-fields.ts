import { type DerivedColumn, fields, identityFields } from '@sightline/schema/conventions';

/** The derived columns of a table. */
export const derivedColumnsOf = {
  log: identityFields,
  span: [
    ...identityFields,
    'operation',
    'provider',
    'request_model',
    'response_model',
    'model',
    'response_id',
    'service_tier',
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'reasoning_tokens',
    'cache_write_1h_tokens',
    'input_audio_tokens',
    'output_audio_tokens',
    'cost_usd',
    'agent_name',
    'tool_name',
    'ttft_ms',
  ],
} as const satisfies Record<'span' | 'log', readonly DerivedColumn[]>;

export interface DerivedField {
  readonly name: DerivedColumn;
  readonly number: number;
  readonly kind: keyof typeof columnTypes;
}

const columnTypes = { string: 'String', uint64: 'Nullable(UInt64)', double: 'Nullable(Float64)' } as const;
const kinds = {
  text: 'string',
  provider: 'string',
  tokens: 'uint64',
  dollars: 'double',
  milliseconds: 'double',
} as const;

/** `message Derived`, of spans and log records alike. */
export const derivedFields: readonly DerivedField[] = derivedColumnsOf.span.map((name, index) => ({
  name,
  number: index + 1,
  kind: name === 'model' ? 'string' : kinds[fields[name].type],
}));

export const derivedMessage = `message Derived { ${derivedFields
  .map(({ name, number, kind }) => `${kind === 'string' ? '' : 'optional '}${kind} ${name} = ${number};`)
  .join(' ')} }`;

export const derivedStructure = `derived Tuple(${derivedFields
  .map(({ name, kind }) => `${name} ${columnTypes[kind]}`)
  .join(', ')})`;

/** The columns as they come out of an item. What nothing was derived of has none. */
export function derivedColumns(item: string, table: keyof typeof derivedColumnsOf): Record<string, string> {
  const columns = derivedColumnsOf[table].map((name) => [name, `${item}.derived.${name}`] as const);
  return {
    ...Object.fromEntries(columns),
    ...(table === 'span'
      ? { operation: `if(${item}.derived.operation = '', 'other', ${item}.derived.operation)` }
      : {}),
  };
}
