/** Who called whom in the runs of a window. */
import { setImmediate } from 'node:timers/promises';
import { unixNano } from '@sightline/base';
import type { AgentGraphParameters, AgentGraphResponse } from '@sightline/schema/api';
import { statusCode } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { type CountableSpan, countedByParents } from '@sightline/schema/conventions';
import { decodeCount, decodeWord } from '../decode-row.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { dataSourceName, mcpServerName } from '../sql/mcp-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { aiSpansWithin } from '../sql/run-rows-sql.ts';
import { sql, trusted, uint } from '../sql/sql.ts';
import type { Window } from '../sql/trace-sets-sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { isUncountable, knownCost, told } from '../sql/usage-sql.ts';
import { readListRange } from '../time-range.ts';
import { AgentGraph, graphCalls } from './agent-graph.ts';
import { findNewestRuns } from './find-runs.ts';
import { buildRunTree, type RunSpan } from './run-tree.ts';
import { fillIn } from './server-names.ts';

/** Steps that are looked at. */
const stepsMax = 100_000;
const runsAtFirst = 100;
/** Of these steps, before others that wait for this thread have their turn. */
const stepsAtOnce = 2_000;
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
  scope: string,
  told: number,
];

const stepColumns = `lower(hex(span_id)), lower(hex(parent_span_id)), toString(name), toString(service), toString(operation),
  toUnixTimestamp64Nano(start_time), toString(duration_ns), status_code, toString(agent_name), toString(tool_name), toString(provider), toString(model),
  toFloat64(input_tokens), toFloat64(output_tokens), toFloat64(cache_read_tokens), toFloat64(cache_write_tokens), toFloat64(reasoning_tokens), ${knownCost}, response_id, ${isUncountable}, toString(scope_name), toUInt8(${told})`;

interface RunRow {
  readonly traceId: string;
  readonly steps: readonly Step[];
}

/** The newest runs are found first, from the end of the range back: only their steps are read, whatever else the range holds. */
export async function readAgentGraph(
  context: QueryContext,
  parameters: AgentGraphParameters,
): Promise<AgentGraphResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const newest = await findNewestRuns(reader, parameters, parameters.runs + 1);
  const shown = await readRuns(reader, range, newest.slice(0, parameters.runs));
  if (shown.length < newest.length)
    reader.meet({ limit: 'rows', message: `The newest ${shown.length} runs of the range are in the graph.` });
  const servers = await readServers(reader, range, shown);
  const graph = new AgentGraph();
  let steps = 0;
  for (const run of shown) {
    const tree = buildRunTree(run.traceId, withParents(run.steps));
    graph.add(tree, graphCalls(tree, fillIn(tree, servers)));
    steps += run.steps.length;
    if (steps < stepsAtOnce) continue;
    steps = 0;
    await setImmediate();
  }
  return { runs: shown.length, ...graph.describe(), ...reader.limitsMet };
}

type NewestRun = Awaited<ReturnType<typeof findNewestRuns>>[number];

/** These runs with their steps within the range, as far as there are not too many. */
async function readRuns(
  reader: Reader,
  range: Window,
  wanted: readonly NewestRun[],
): Promise<readonly RunRow[]> {
  const runs: RunRow[] = [];
  let steps = 0;
  let some = runsAtFirst;
  for (let at = 0; at < wanted.length; at += some) {
    // As many as are likely to fit.
    if (steps > 0) some = Math.max(1, Math.floor(((stepsMax - steps) / steps) * runs.length));
    for (const run of await readSteps(reader, range, wanted.slice(at, at + some))) {
      steps += run.steps.length;
      if (steps > stepsMax && runs.length > 0) return runs;
      runs.push(run);
    }
  }
  return runs;
}

async function readSteps(
  reader: Reader,
  range: Window,
  wanted: readonly NewestRun[],
): Promise<readonly RunRow[]> {
  const from = unixNano(wanted.at(-1)?.startNanos ?? range.from);
  const scope = { project: reader.project, window: { from, to: range.to } };
  const rows = await reader.rows<RunRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId,
      arraySort(step -> tuple(step.6, -toFloat64(step.7), step.5 NOT IN ('workflow', 'agent')), groupArray(tuple(${trusted(stepColumns)}))) AS steps
    FROM ai_spans WHERE ${aiSpansWithin(scope)} AND trace_id IN (${tracesByHex(wanted.map(({ traceId }) => traceId))})
    GROUP BY trace_id`);
  const byId = new Map(rows.map((row) => [row.traceId, row]));
  return wanted.flatMap(({ traceId }) => byId.get(traceId) ?? []);
}

/** Between two steps there may be spans of other kinds, which are not read here: such a step is below the innermost one that contains it. */
function withParents(steps: readonly Step[]): RunSpan[] {
  const spans = decodeSteps(steps);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  // Those that may still be at work, in the order in which they began.
  const open: RunSpan[] = [];
  return spans.map((span) => {
    while (open.length > 0 && (open.at(-1)?.endNanos ?? 0n) < span.startNanos) open.pop();
    const isKnown = span.parentId === noId || ids.has(span.parentId);
    const around = isKnown ? undefined : open.findLast(({ endNanos }) => endNanos >= span.endNanos);
    open.push(span);
    return isKnown ? span : { ...span, parentId: around?.spanId ?? noId };
  });
}

function decodeSteps(steps: readonly Step[]): RunSpan[] {
  const spans = steps.map((step): RunSpan & CountableSpan => {
    const span = decodeStep(step);
    return { ...span, parentSpanId: span.parentId, responseId: step[18], scope: step[20], told: step[21] };
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
    // Which calls count was asked of the engine.
    responseId: '',
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

/** Names of MCP servers and sources of documents by span id. The runs come newest first, and the steps of each by their start. */
async function readServers(
  reader: Reader,
  range: Window,
  runs: readonly RunRow[],
): Promise<ReadonlyMap<string, string>> {
  const asking = runs.filter(({ steps }) =>
    steps.some((step) => step[4] === 'mcp' || step[4] === 'retrieval'),
  );
  const earliest = asking.at(-1)?.steps[0]?.[5];
  if (earliest === undefined) return new Map();
  const window = { from: unixNano(BigInt(earliest)), to: range.to };
  const rows = await reader.rows<{ spanId: string; server: string }>(
    sql`SELECT lower(hex(span_id)) AS spanId, if(operation = 'mcp', ${trusted(mcpServerName)}, ${trusted(dataSourceName)}) AS server
      FROM spans WHERE ${inRange(reader.project, 'spans', window)} AND operation IN ('mcp', 'retrieval')
        AND trace_id IN (${tracesByHex(asking.map(({ traceId }) => traceId))}) AND server != ''
      LIMIT ${uint(stepsMax)}`,
  );
  return new Map(rows.map(({ spanId, server }) => [spanId, server]));
}
