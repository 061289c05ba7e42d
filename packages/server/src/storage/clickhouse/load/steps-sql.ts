/** The rows of `ai_spans`: what agents, models and tools did, with the price of each call. */
import {
  type DerivedColumn,
  plainOperations,
  priceSql,
  type PriceSqlColumns,
} from '@sightline/schema/conventions';
import { mcpColumns, mcpKeys, saidText } from '../../mcp-attributes.ts';
import { literal } from '../engine.ts';

/** Normal fields that a step has. */
export const derivedOfSteps = [
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
  'session_id',
  'user_id',
  'agent_name',
  'tool_name',
  'ttft_ms',
] as const satisfies readonly DerivedColumn[];

const promptNameKeys: readonly string[] = ['gen_ai.prompt.name', 'langfuse.observation.prompt.name'];

/** The attributes that steps have columns of; of several keys the first that says something counts. */
export const keysOfSteps = { promptName: promptNameKeys, ...mcpKeys } as const;

const copied: readonly string[] = [
  'project',
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'service',
  'service_version',
  'environment',
  'start_time',
  'duration_ns',
  'kind',
  'status_code',
  'scope_name',
  'prompt_name',
  ...Object.keys(mcpColumns),
  ...derivedOfSteps.filter((name) => name !== 'cost_usd'),
  'stored_time',
];

/** What the price of a step is computed from. */
export const pricedColumns: PriceSqlColumns = {
  project: 'project',
  time: 'start_time',
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  cacheWrite1hTokens: 'cache_write_1h_tokens',
  reasoningTokens: 'reasoning_tokens',
  inputAudioTokens: 'input_audio_tokens',
  outputAudioTokens: 'output_audio_tokens',
  serviceTier: 'service_tier',
};

/** The prices of the model of a step. */
export const pricesOfModel = (database: string): string =>
  `joinGet(${literal(`${database}.model_prices`)}, 'prices', concat(provider, '\\n', model))`;

/** What is inserted, in the order of `pricedSteps`. */
const inserted: readonly string[] = [...copied, 'reported_cost_usd', 'cost_usd', 'price_version'];

/** From a block of steps, which the engine stamps. */
export const stepsInsert =
  (database: string) =>
  (source: string): string =>
    `INSERT INTO ai_spans (${inserted.join(', ')}) ${pricedSteps(database, `(SELECT *, now64(3, 'UTC') AS stored_time FROM ${source})`)}`;

/** The same from rows of `spans`, in the order of `columns`. */
export function stepsOfSpans(
  database: string,
  spans: string,
): { readonly columns: readonly string[]; readonly select: string } {
  const [environment, otherEnvironment] = ['deployment.environment.name', 'deployment.environment'].map(
    (key) => `resource_attributes[${literal(key)}]`,
  );
  const steps = `(SELECT *, resource_attributes['service.version'] AS service_version,
      if(${environment} != '', ${environment}, ${otherEnvironment}) AS environment, ${saidText(promptNameKeys)} AS prompt_name,
      ${Object.entries(mcpColumns)
        .map(([name, column]) => `${column} AS ${name}`)
        .join(', ')}
    FROM ${spans} WHERE operation NOT IN (${plainOperations.map(literal).join(', ')}))`;
  return { columns: inserted, select: pricedSteps(database, steps) };
}

/** `cost_usd` of a span is what its client reported. */
function pricedSteps(database: string, source: string): string {
  const price = priceSql(pricesOfModel(database), pricedColumns);
  const columns = copied.join(', ');
  return `SELECT ${columns}, reported_cost_usd, ifNull(${price.usd}, reported_cost_usd) AS cost_usd, ${price.version} AS price_version
    FROM (SELECT ${columns}, reported_cost_usd, ${price.priced}
      FROM (SELECT ${columns}, cost_usd AS reported_cost_usd, ${price.counts} FROM ${source}))`;
}
