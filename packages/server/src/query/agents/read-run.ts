/** The answers about one run, but for its conversation and pipeline. */
import type {
  RunCostResponse,
  RunGraphResponse,
  RunProblem,
  RunResponse,
  TokenPart,
} from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { unixNano, formatNanos } from '@sightline/base';
import { type QueryContext, Reader } from '../reader.ts';
import { spansOfTrace, type TraceExtent } from '../read-trace.ts';
import { messageLogs } from '../sql/message-logs-sql.ts';
import { type Sql, sql, trusted } from '../sql/sql.ts';
import { AgentGraph, graphCalls, graphPath } from './agent-graph.ts';
import { readRunTree } from './read-run-tree.ts';
import { summariseCost } from './run-cost.ts';
import { readRuns } from './run-facts.ts';
import { findProblems } from './run-problems.ts';
import { describeStep, type RunNode, type RunTree, stepsOf } from './run-tree.ts';
import { readServerNames } from './server-names.ts';

/** Throws `trace_not_found`, and `run_not_found` where no agent, model or tool is in the trace. */
export async function readRun(context: QueryContext, traceId: string): Promise<RunResponse> {
  const reader = new Reader(context);
  const { tree, extent } = await readRunTree(reader, traceId);
  if (tree.steps.length === 0) throw runNotFound(tree.traceId);
  const window = { from: unixNano(BigInt(extent.start)), to: unixNano(BigInt(extent.end) + 1n) };
  const [runs, { problems, ...flags }] = await Promise.all([
    readRuns(reader, [tree.traceId], window, true),
    readFlags(reader, tree, extent),
  ]);
  const run = runs.get(tree.traceId);
  if (run === undefined) throw runNotFound(tree.traceId);
  const steps = stepsOf(tree).map((node) => describeStep(tree, node));
  return {
    run,
    traceStartTime: formatNanos(window.from),
    traceDurationMs: Number(BigInt(extent.end) - BigInt(extent.start)) / 1e6,
    spanCount: Math.max(extent.spanCount, tree.nodes.length),
    depthMax: steps.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
    steps,
    problems: [...findProblems(tree), ...problems],
    ...flags,
    ...reader.limitsMet,
  };
}

export async function readRunGraph(context: QueryContext, traceId: string): Promise<RunGraphResponse> {
  const reader = new Reader(context);
  const { tree, extent } = await readRunTree(reader, traceId);
  const calls = graphCalls(tree, await readServerNames(reader, tree, extent));
  const graph = new AgentGraph();
  graph.add(tree, calls);
  return {
    traceId: tree.traceId,
    durationMs: runDurationMs(tree),
    ...graph.describe(),
    path: graphPath(tree, calls),
    ...reader.limitsMet,
  };
}

export async function readRunCost(
  context: QueryContext,
  traceId: string,
  book: PriceBook,
): Promise<RunCostResponse> {
  const reader = new Reader(context);
  const { tree } = await readRunTree(reader, traceId);
  return { ...summariseCost(tree, (node) => partPrices(book, node)), ...reader.limitsMet };
}

export function runDurationMs(tree: RunTree): number {
  return Number(tree.endNanos - tree.startNanos) / 1e6;
}

/** In proportion of today's prices, so that they add up to what stands beside the call. Audio and fees per request are input. */
function partPrices(book: PriceBook, node: RunNode): Readonly<Record<TokenPart['part'], number>> | null {
  if (node.costUsd === null || node.priceVersion === '') return null;
  const price = book.priceOf({ ...node, timeMs: Number(node.startNanos / 1_000_000n) });
  if (price === null || price.usd === 0) return null;
  const { input, cacheRead, cacheWrite, output, reasoning, audio, request } = price.breakdown;
  const scale = node.costUsd / price.usd;
  return {
    input: (input + audio + request) * scale,
    cache_read: cacheRead * scale,
    cache_write: cacheWrite * scale,
    output: output * scale,
    reasoning: reasoning * scale,
  };
}

/** Keys that hold messages in one of the dialects. Documents and stages have keys of their own. */
const contentKeys =
  '^(gen_ai\\\\.(input\\\\.messages|output\\\\.messages|prompt|completion|system_instructions|request\\\\.messages|response\\\\.text|tool\\\\.call\\\\.(arguments|result))|llm\\\\.(input_messages|output_messages|prompts|choices)|ai\\\\.(prompt|response\\\\.(text|toolCalls|object)|toolCall\\\\.(args|result))|(input|output)\\\\.value|traceloop\\\\.entity\\\\.(input|output)|langfuse\\\\.(observation|trace)\\\\.(input|output)|mlflow\\\\.(spanInputs|spanOutputs|chat\\\\.messages)|gcp\\\\.vertex\\\\.agent\\\\.llm_|lk\\\\.(chat_ctx|response\\\\.text|user_input)|pydantic_ai\\\\.all_messages|all_messages|user_prompt|new_context|response\\\\.model_output|assistant_response|prompt)';

/** Counts below zero or beyond belief are left out when a span is read. */
const absurdTokens = anyAttribute(
  [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.prompt_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.prompt',
    'llm.token_count.completion',
  ],
  (value) => `${value} > 10000000000 OR ${value} < 0`,
);
const negativeCost = anyAttribute(
  ['gen_ai.usage.cost', 'llm.cost.total', 'cost_usd'],
  (value) => `${value} < 0`,
);

function anyAttribute(keys: readonly string[], is: (value: string) => string): Sql {
  return trusted(keys.map((key) => is(`toFloat64OrZero(attributes['${key}'])`)).join(' OR '));
}

function leftOut(type: RunProblem['type'], what: string, spanIds: readonly string[] = []): RunProblem[] {
  const [spanId] = spanIds;
  const message = `${what} It is left out of the totals; the attribute is shown as it came.`;
  return spanId === undefined ? [] : [{ type, message, spanId, count: spanIds.length }];
}

async function readFlags(
  reader: Reader,
  tree: RunTree,
  extent: TraceExtent,
): Promise<Pick<RunResponse, 'hasConversation' | 'hasPipeline' | 'problems'>> {
  const hasRetrieval = stepsOf(tree).some(
    ({ operation }) => operation === 'retrieval' || operation === 'rerank',
  );
  const [[spans], [logs]] = await Promise.all([
    reader.rows<{
      messages: number;
      stages: number;
      absurd: readonly string[];
      negative: readonly string[];
    }>(sql`
      SELECT max(arrayExists(key -> match(key, ${trusted(`'${contentKeys}'`)}), mapKeys(attributes))
          OR arrayExists(name -> startsWith(name, 'gen_ai.') AND name != 'gen_ai.evaluation.result', event_names)) AS messages,
        max(mapContains(attributes, 'sightline.stage.id')) AS stages,
        groupArrayIf(1000)(lower(hex(span_id)), ${absurdTokens}) AS absurd,
        groupArrayIf(1000)(lower(hex(span_id)), ${negativeCost}) AS negative
      FROM spans WHERE ${spansOfTrace(reader.project, tree.traceId, extent)}`),
    reader.rows<{ found: string }>(
      sql`SELECT count() AS found FROM (${messageLogs(reader, tree.traceId, extent)} LIMIT 1)`,
    ),
  ]);
  return {
    hasConversation: Number(spans?.messages ?? 0) > 0 || Number(logs?.found ?? 0) > 0,
    hasPipeline: hasRetrieval || Number(spans?.stages ?? 0) > 0,
    problems: [
      ...leftOut('implausible_tokens', 'A token count is below zero or beyond belief.', spans?.absurd),
      ...leftOut('negative_cost', 'The client reported a cost below zero.', spans?.negative),
    ],
  };
}

function runNotFound(traceId: string): SightlineError {
  return new SightlineError(
    'run_not_found',
    `The trace "${traceId}" has no step of an agent, model or tool.`,
    {
      hint: `It is a trace of another kind: see /api/v1/traces/${traceId}.`,
    },
  );
}
