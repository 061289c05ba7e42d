/** Dashboards that come with Sightline. They are read where they are, and copied to be changed. */
import type { DashboardInput } from '@sightline/schema/api';
import { layOut, listed, markdown, promql, sqlPanel, words } from './lay-out.ts';

interface ShippedDashboard {
  readonly id: string;
  readonly dashboard: DashboardInput;
}

const field = (name: string, from: string = name) => ({
  name,
  from: { type: 'field' as const, field: from },
});
const errorTones = [
  { from: 0, tone: 'good' as const },
  { from: 0.02, tone: 'warn' as const },
  { from: 0.05, tone: 'error' as const },
];

export const shippedDashboards: readonly ShippedDashboard[] = [
  {
    id: 'overview',
    dashboard: layOut({
      name: 'Overview',
      description: 'Runs, failures, time and money at a glance.',
      variables: [field('service'), field('agent'), field('model')],
      panels: [
        words('number', 'Runs', 'count of runs where service:$service agent:$agent model:$model'),
        words(
          'number',
          'Failed runs',
          'error_rate of runs where service:$service agent:$agent model:$model',
          { thresholds: errorTones },
        ),
        words(
          'number',
          'Run duration p95',
          'p95(duration) of runs where service:$service agent:$agent model:$model',
        ),
        words(
          'number',
          'Cost of calls',
          'sum(cost) of calls where service:$service agent:$agent model:$model',
        ),
        words(
          'bars',
          'Runs by agent',
          'count of runs where service:$service agent:$agent model:$model by agent',
        ),
        words(
          'lines',
          'Run duration p95 by agent',
          'p95(duration) of runs where service:$service agent:$agent model:$model by agent',
        ),
        words(
          'stacked',
          'Cost by model',
          'sum(cost) of calls where service:$service agent:$agent model:$model by model',
        ),
        words(
          'stacked',
          'Tokens by model',
          'sum(tokens) of calls where service:$service agent:$agent model:$model by model',
        ),
        words(
          'heat',
          'How long runs take',
          'avg(duration) of runs where service:$service agent:$agent model:$model',
        ),
        words('lines', 'Failed spans by service', 'error_rate of spans where service:$service by service'),
        listed('Newest failed traces', 'traces', 'status:error service:$service agent:$agent model:$model'),
      ],
    }),
  },
  {
    id: 'agents',
    dashboard: layOut({
      name: 'Agents',
      description: 'Which agent runs, fails, takes long and costs.',
      variables: [field('agent')],
      panels: [
        words('bars', 'Runs', 'count of runs where agent:$agent by agent'),
        words('lines', 'Failed runs', 'error_rate of runs where agent:$agent by agent'),
        words('lines', 'Run duration p95', 'p95(duration) of runs where agent:$agent by agent'),
        words('stacked', 'Cost of runs', 'sum(cost) of runs where agent:$agent by agent'),
        words('top', 'Steps of a run', 'avg(steps) of runs where agent:$agent by agent', { w: 4 }),
        words('top', 'Tool calls of a run', 'avg(tool_calls) of runs where agent:$agent by agent', { w: 4 }),
        words('top', 'Longest run', 'max(duration) of runs where agent:$agent by agent', { w: 4 }),
        words('heat', 'Durations of runs', 'avg(duration) of runs where agent:$agent'),
        words('distribution', 'Costs of runs', 'avg(cost) of runs where agent:$agent'),
        words('table', 'Tools that fail', 'count(status:error) where operation:tool agent:$agent by tool', {
          w: 6,
        }),
        words('table', 'Cost of a run by workflow', 'avg(cost) of runs where agent:$agent by workflow', {
          w: 6,
        }),
      ],
    }),
  },
  {
    id: 'rag-quality',
    dashboard: layOut({
      name: 'RAG quality',
      description: 'What is retrieved, how long it takes, and what scores say of the answers.',
      variables: [field('service')],
      panels: [
        words('number', 'Retrievals', 'count where operation:retrieval service:$service'),
        words('number', 'Retrieval p95', 'p95(duration) where operation:retrieval service:$service'),
        words('number', 'Failed retrievals', 'error_rate where operation:retrieval service:$service', {
          thresholds: errorTones,
        }),
        words('number', 'Hallucination rate', 'hallucination_rate', { thresholds: errorTones }),
        words(
          'lines',
          'Retrieval duration',
          'p95(duration) where operation:retrieval service:$service by name',
        ),
        words('bars', 'Retrievals by step', 'count where operation:retrieval service:$service by name'),
        words('lines', 'Scores', 'avg(value) of scores by name', { unit: 'none' }),
        words('top', 'Mean of each score', 'avg(value) of scores by name', { unit: 'none' }),
        words('bars', 'Embeddings', 'count where operation:embedding service:$service by model'),
        words(
          'lines',
          'Embedding duration p95',
          'p95(duration) where operation:embedding service:$service by model',
        ),
      ],
    }),
  },
  {
    id: 'cost',
    dashboard: layOut({
      name: 'Cost and budgets',
      description: 'Money and tokens by model, agent and workflow.',
      range: { from: '-24h', to: 'now' },
      variables: [field('model'), field('agent')],
      panels: [
        words('number', 'Cost', 'sum(cost) of calls where model:$model agent:$agent'),
        words('number', 'Cost of a run', 'avg(cost) of runs where model:$model agent:$agent'),
        words('number', 'Tokens', 'sum(tokens) of calls where model:$model agent:$agent'),
        words('number', 'Read from the cache', 'cache_hit_rate where model:$model agent:$agent'),
        words('stacked', 'Cost by model', 'sum(cost) of calls where model:$model agent:$agent by model'),
        words('stacked', 'Cost by agent', 'sum(cost) of calls where model:$model agent:$agent by agent'),
        words('top', 'Cost by workflow', 'sum(cost) of runs where model:$model agent:$agent by workflow', {
          w: 4,
        }),
        words('top', 'Cost by user', 'sum(cost) of runs where model:$model agent:$agent by user', { w: 4 }),
        words(
          'top',
          'Most expensive run by workflow',
          'max(cost) of runs where model:$model agent:$agent by workflow',
          {
            w: 4,
          },
        ),
        words(
          'stacked',
          'Input tokens by model',
          'sum(input_tokens) of calls where model:$model agent:$agent by model',
        ),
        words(
          'stacked',
          'Output tokens by model',
          'sum(output_tokens) of calls where model:$model agent:$agent by model',
        ),
      ],
    }),
  },
  {
    id: 'llm-providers',
    dashboard: layOut({
      name: 'LLM providers',
      description: 'Latency, first token, errors and rate limits of each provider and model.',
      variables: [field('provider'), field('model')],
      panels: [
        words(
          'lines',
          'Call duration p95',
          'p95(duration) of calls where provider:$provider model:$model by provider',
        ),
        words(
          'lines',
          'First token p95',
          'p95(ttft) of calls where provider:$provider model:$model by model',
        ),
        words(
          'lines',
          'Failed calls',
          'error_rate of calls where provider:$provider model:$model by provider',
        ),
        words(
          'bars',
          'Calls by provider',
          'count of calls where provider:$provider model:$model by provider',
        ),
        words(
          'bars',
          'Answers 429: too many requests',
          'count where attr.http.response.status_code:429 by service',
        ),
        words(
          'top',
          'Failures by model',
          'count(status:error) of calls where provider:$provider model:$model by model',
        ),
        words(
          'distribution',
          'How long calls take',
          'avg(duration) of calls where provider:$provider model:$model',
        ),
        words('heat', 'First token', 'avg(ttft) of calls where provider:$provider model:$model'),
        words(
          'table',
          'Duration p50 by model',
          'p50(duration) of calls where provider:$provider model:$model by model, provider',
        ),
        words(
          'table',
          'Duration p99 by model',
          'p99(duration) of calls where provider:$provider model:$model by model, provider',
        ),
      ],
    }),
  },
  {
    id: 'mcp',
    dashboard: layOut({
      name: 'MCP',
      description: 'Sessions, methods and tools of MCP servers.',
      variables: [field('service')],
      panels: [
        words('number', 'Requests', 'count where attr.mcp.method.name:* service:$service'),
        words('number', 'Failed', 'error_rate where attr.mcp.method.name:* service:$service', {
          thresholds: errorTones,
        }),
        words('number', 'Duration p95', 'p95(duration) where attr.mcp.method.name:* service:$service'),
        words(
          'number',
          'Servers',
          'uniq(attr.mcp.server.name) where attr.mcp.method.name:* service:$service',
        ),
        words(
          'bars',
          'Requests by method',
          'count where attr.mcp.method.name:* service:$service by attr.mcp.method.name',
        ),
        words(
          'lines',
          'Duration p95 by method',
          'p95(duration) where attr.mcp.method.name:* service:$service by attr.mcp.method.name',
        ),
        words('top', 'Tools', 'count where attr.mcp.method.name:tools/call service:$service by tool'),
        words(
          'top',
          'Tools that fail',
          'count(status:error) where attr.mcp.method.name:tools/call service:$service by tool',
        ),
      ],
    }),
  },
  {
    id: 'four-panels',
    dashboard: layOut({
      name: 'Workflows and calls',
      description: 'Duration of workflows, their cost by agent, latency of models, and the error rate.',
      panels: [
        words('lines', 'Workflow duration p95', 'p95(duration) of runs by workflow'),
        words('stacked', 'Workflow cost by agent', 'sum(cost) of runs by agent'),
        words('lines', 'LLM latency p95', 'p95(duration) of calls by model'),
        words('lines', 'Error rate', 'error_rate of runs by workflow', { thresholds: errorTones }),
      ],
    }),
  },
  {
    id: 'sightline',
    dashboard: layOut({
      name: 'Sightline itself',
      description: 'What comes in, from whom, and how much of it.',
      panels: [
        markdown(
          'What this server receives. Its own health is on the page Status, and at `/metrics` for Prometheus.',
        ),
        words('bars', 'Spans by service', 'count of spans by service'),
        words('bars', 'Log records by service', 'count of logs by service'),
        sqlPanel(
          'bars',
          'Points of metrics',
          'SELECT toStartOfInterval(time, toIntervalSecond({step})) AS time, count() AS value FROM metric_points WHERE time >= {from} AND time < {to} GROUP BY time ORDER BY time',
        ),
        sqlPanel(
          'stacked',
          'Received by signal',
          'SELECT toStartOfInterval(minute, toIntervalSecond({step})) AS time, signal, sum(accepted) AS value FROM ledger WHERE minute >= {from} AND minute < {to} GROUP BY time, signal ORDER BY time',
        ),
        promql(
          'lines',
          'Requests that services report',
          'sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))',
          {
            unit: 'per_second',
          },
        ),
        words('top', 'Log records by severity', 'count of logs by severity'),
      ],
    }),
  },
];

export function findShipped(id: string): DashboardInput | undefined {
  return shippedDashboards.find((one) => one.id === id)?.dashboard;
}
