import {
  type CompiledSql,
  compileSql,
  type DerivedColumn,
  identityFields,
  type SpanTimesSql,
} from '@sightline/schema/conventions';

const columnsOf = {
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
    columns: columnsOf[columns],
  });
}
