/** Who called whom in the runs of a window. */
import type { AgentGraphParameters, AgentGraphResponse } from '@sightline/schema/api';
import { statusCode } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { type CountableSpan, countedByParents } from '@sightline/schema/conventions';
import { decodeCount, decodeWord } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { havingFilters, tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { dataSourceName, mcpServerName } from '../sql/mcp-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { aiSpansWithin } from '../sql/run-rows-sql.ts';
import { sql, trusted, uint } from '../sql/sql.ts';
import { isUncountable, knownCost } from '../sql/usage-sql.ts';
import { readRange } from '../time-range.ts';
import { AgentGraph, graphCalls } from './agent-graph.ts';
import { buildRunTree, type RunSpan } from './run-tree.ts';
import { fillIn } from './server-names.ts';

/** Steps that are looked at. */
const stepsMax = 100_000;
const noId = '0'.repeat(16);

type Step = readonly [
  spanId: string,
  parentId: string,
  name: string,
  service: string,
  operation: string,
  startNanos: string,
  durationNs: string,
  status: number,
  agent: string,
  tool: string,
  provider: string,
  model: string,
  inputTokens: number | null,
  outputTokens: number | null,
  cacheReadTokens: number | null,
  cacheWriteTokens: number | null,
  reasoningTokens: number | null,
  costUsd: number | null,
  responseId: string,
  isUncountable: number,
];

const stepColumns = `lower(hex(span_id)), lower(hex(parent_span_id)), toString(name), toString(service), toString(operation),
  toUnixTimestamp64Nano(start_time), toString(duration_ns), status_code, toString(agent_name), toString(tool_name), toString(provider), toString(model),
  toFloat64(input_tokens), toFloat64(output_tokens), toFloat64(cache_read_tokens), toFloat64(cache_write_tokens), toFloat64(reasoning_tokens), ${knownCost}, response_id, ${isUncountable}`;

interface RunRow {
  readonly traceId: string;
  readonly steps: readonly Step[];
}

export async function readAgentGraph(
  context: QueryContext,
  parameters: AgentGraphParameters,
): Promise<AgentGraphResponse> {
  const reader = new Reader(context);
  const range = readRange(parameters, context.clock);
  const scope = { project: context.project, window: range };
  const where = tracesOfFilter(context.project, readQ(parameters.q, 'traces', context.clock), range);
  const rows = await reader.rows<RunRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId,
      arraySort(step -> tuple(step.6, -toFloat64(step.7), step.5 NOT IN ('workflow', 'agent')), groupArray(tuple(${trusted(stepColumns)}))) AS steps
    FROM ai_spans WHERE ${aiSpansWithin(scope)} AND ${where} GROUP BY trace_id HAVING ${havingFilters(parameters)}
    ORDER BY min(start_time) DESC LIMIT ${uint(parameters.runs + 1)}`);
  const shown = withinSteps(rows.slice(0, parameters.runs));
  if (shown.length < rows.length)
    reader.meet({ limit: 'rows', message: `The newest ${shown.length} runs of the range are in the graph.` });
  const servers = await readServers(context, reader, range, shown);
  const graph = new AgentGraph();
  for (const { traceId, steps } of shown) {
    const tree = buildRunTree(traceId, withParents(steps));
    graph.add(tree, graphCalls(tree, fillIn(tree, servers)));
  }
  return { runs: shown.length, ...graph.describe(), ...reader.limitsMet };
}

function withinSteps(rows: readonly RunRow[]): readonly RunRow[] {
  let steps = 0;
  return rows.filter((row) => (steps += row.steps.length) <= stepsMax);
}

/** Between two steps there may be spans of other kinds, which are not read here: such a step is below the innermost one that contains it. */
function withParents(steps: readonly Step[]): RunSpan[] {
  const spans = decodeSteps(steps);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.map((span, index) => {
    if (span.parentId === noId || ids.has(span.parentId)) return span;
    const around = spans
      .slice(0, index)
      .findLast((other) => other.startNanos <= span.startNanos && other.endNanos >= span.endNanos);
    return { ...span, parentId: around?.spanId ?? noId };
  });
}

function decodeSteps(steps: readonly Step[]): RunSpan[] {
  const spans = steps.map((step): RunSpan & CountableSpan => {
    const span = decodeStep(step);
    return { ...span, parentSpanId: span.parentId, responseId: step[18] };
  });
  const counted = countedByParents(spans);
  return spans.map((span) => ({ ...span, isCounted: counted.has(span) }));
}

function decodeStep(step: Step): RunSpan {
  const [
    spanId,
    parentId,
    name,
    service,
    operation,
    startNanos,
    durationNs,
    status,
    ownAgent,
    tool,
    provider,
    model,
    input,
    output,
    cacheRead,
    cacheWrite,
    reasoning,
    cost,
  ] = step;
  const start = BigInt(startNanos);
  return {
    spanId,
    parentId,
    name,
    service,
    operation: decodeOperation(operation),
    startNanos: start,
    endNanos: start + BigInt(durationNs),
    receivedNanos: start,
    status: decodeWord(statusCode.options, status),
    statusMessage: '',
    ownAgent,
    tool,
    provider,
    model,
    ttftMs: null,
    inputTokens: decodeCount(input),
    outputTokens: decodeCount(output),
    cacheReadTokens: decodeCount(cacheRead),
    cacheWriteTokens: decodeCount(cacheWrite),
    reasoningTokens: decodeCount(reasoning),
    costUsd: decodeCost(cost),
    reportedCostUsd: null,
    priceVersion: '',
    isUncountable: step[19] === 1,
    isCounted: false,
  };
}

/** Names of MCP servers and sources of documents by span id. */
async function readServers(
  context: QueryContext,
  reader: Reader,
  range: ReturnType<typeof readRange>,
  runs: readonly RunRow[],
): Promise<ReadonlyMap<string, string>> {
  const asks = runs.some(({ steps }) => steps.some((step) => step[4] === 'mcp' || step[4] === 'retrieval'));
  if (!asks) return new Map();
  const rows = await reader.rows<{ spanId: string; server: string }>(
    sql`SELECT lower(hex(span_id)) AS spanId, if(operation = 'mcp', ${trusted(mcpServerName)}, ${trusted(dataSourceName)}) AS server
      FROM spans WHERE ${inRange(context.project, 'spans', range)} AND operation IN ('mcp', 'retrieval') AND server != ''
      ORDER BY bucket DESC LIMIT ${uint(stepsMax)}`,
  );
  return new Map(rows.map(({ spanId, server }) => [spanId, server]));
}
