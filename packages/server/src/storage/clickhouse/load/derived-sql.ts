import { compileSql, type DerivedColumn, type SpanTimesSql } from '@sightline/schema/conventions';

const identityColumns = [
  'session_id',
  'user_id',
  'correlation_id',
] as const satisfies readonly DerivedColumn[];
const columnsOf = {
  log: identityColumns,
  span: [
    ...identityColumns,
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

/**
 * Derived columns over the map `a` and the resource `resource_map`. `row` is a select item that must be computed in a SELECT
 * inside the one that uses `columns`.
 */
export function derivedSql(options: {
  readonly name: string;
  readonly columns: 'span' | 'log';
  readonly times?: SpanTimesSql;
}): {
  readonly row: string;
  readonly columns: Readonly<Record<string, string>>;
} {
  const { row, columns } = compileSql({
    attributes: 'a',
    resource: 'resource_map',
    name: options.name,
    columns: columnsOf[options.columns],
    ...(options.times === undefined ? {} : { times: options.times }),
    alias: 'derived',
  });
  return { row: `${row} AS derived`, columns };
}
