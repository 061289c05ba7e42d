/** The answers about one run, but for its conversation and pipeline. */
import type {
  Run,
  RunCostResponse,
  RunDetailParameters,
  RunGraphResponse,
  RunResponse,
  TokenPart,
} from '@sightline/schema/api';
import type { PriceBook } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { unixNano, formatNanos } from '@sightline/base';
import { type QueryContext, Reader } from '../reader.ts';
import { normalTraceId } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import { messageLogs } from '../sql/message-logs-sql.ts';
import { sql } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { AgentGraph, graphCalls, graphPath } from './agent-graph.ts';
import { describeRun } from './describe-run.ts';
import { readJoinedModels } from './joined-models.ts';
import { nothingElse, openRun } from './open-run.ts';
import { summariseCost } from './run-cost.ts';
import { readSettledRun, runFacts } from './run-facts.ts';
import { readRunWords, speakersOf } from './read-run-words.ts';
import { flaggedProblems } from './run-flags.ts';
import { findProblems } from './run-problems.ts';
import { describeStep, orNull, type RunNode, type RunTree, stepsOf } from './run-tree.ts';
import { readScoresOfRuns } from './scores-of.ts';
import { readServerNames } from './server-names.ts';

/** Throws `trace_not_found`, and `run_not_found` where no agent, model or tool is in the trace. */
export async function readRun(
  context: QueryContext,
  traceId: string,
  { detail }: RunDetailParameters = { detail: 'full' },
): Promise<RunResponse> {
  const reader = new Reader(context);
  const id = normalTraceId(traceId);
  const { tree, extent, flags, also } = await openRun(reader, id, {
    withFlags: true,
    also: (within) =>
      Promise.all([
        readScoresOfRuns(reader, [id], unixNano(BigInt(within.start))),
        reader.rows<{ found: string }>(
          sql`SELECT count() AS found FROM (${messageLogs(reader, id, within)} LIMIT 1)`,
        ),
        readSettledRun(reader, id, windowOf(within)),
      ]),
  });
  const [scores, [logs], settled] = also;
  const window = windowOf(extent);
  const run = await runOf(reader, { tree, extent, settled, scores: scores.get(id) ?? [] });
  if (run === undefined) throw runNotFound(id);
  if (settled !== undefined && settled.steps !== run.steps) meetUnsettled(reader, settled.steps, run.steps);
  const steps = stepsOf(tree).map((node) => describeStep(tree, node));
  return {
    run,
    traceStartTime: formatNanos(window.from),
    traceDurationMs: Number(BigInt(extent.end) - BigInt(extent.start)) / 1e6,
    spanCount: Math.max(extent.spanCount, tree.nodes.length),
    depthMax: steps.reduce((deepest, { depth }) => Math.max(deepest, depth), 0),
    steps: detail === 'slim' ? [] : steps,
    problems: findProblems(tree, flaggedProblems(flags)),
    hasConversation: Number(flags?.hasMessages ?? 0) > 0 || Number(logs?.found ?? 0) > 0,
    hasPipeline:
      steps.some(({ operation }) => operation === 'retrieval' || operation === 'rerank') ||
      Number(flags?.hasStages ?? 0) > 0,
    ...reader.limitsMet,
  };
}

const windowOf = ({ start, end }: TraceExtent): Window => ({
  from: unixNano(BigInt(start)),
  to: unixNano(BigInt(end) + 1n),
});

/** A run that goes on is settled after pauses that grow. */
function meetUnsettled(reader: Reader, settledSteps: number, steps: number): void {
  const message = `This run is not settled: lists and sums know ${settledSteps} of its ${steps} steps so far.`;
  reader.meet({ limit: 'settling', message });
}

interface OpenedRun {
  readonly tree: RunTree;
  readonly extent: TraceExtent;
  readonly settled: Run | undefined;
  readonly scores: Run['scores'];
}

/** As its spans say now; its words as they were settled, where they were. A run that is too long to be read whole is as it was settled. */
async function runOf(reader: Reader, { tree, extent, settled, scores }: OpenedRun): Promise<Run | undefined> {
  if (tree.nodes.length < extent.spanCount && settled !== undefined) return { ...settled, scores };
  const run = describeRun(tree);
  if (run === undefined) return undefined;
  const joined = await readJoinedModels(reader, aroundRun(tree));
  if (settled !== undefined) return { ...runFacts(tree, run, { words: settled, joined }), scores };
  const words = await readRunWords(reader, [speakersOf(tree, run)], windowOf(extent));
  const { question = '', answer = '' } = words.get(tree.traceId) ?? {};
  const said = { question: orNull(question), answer: orNull(answer) };
  return { ...runFacts(tree, run, { words: said, joined }), scores };
}

export async function readRunGraph(context: QueryContext, traceId: string): Promise<RunGraphResponse> {
  const reader = new Reader(context);
  const { tree, extent } = await openRun(reader, traceId, { also: nothingElse });
  const [servers, models] = await Promise.all([
    readServerNames(reader, tree, extent),
    readJoinedModels(reader, aroundRun(tree)),
  ]);
  const calls = graphCalls(tree, { servers, models });
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
  const { tree } = await openRun(reader, traceId, { also: nothingElse });
  const joined = await readJoinedModels(reader, aroundRun(tree));
  return { ...summariseCost(tree, (node) => partPrices(book, node), joined), ...reader.limitsMet };
}

/** Other runs of these hours tell under which name a model of this one is listed. */
function aroundRun({ startNanos, endNanos }: RunTree): Window {
  const hourNanos = 3_600_000_000_000n;
  return { from: unixNano(startNanos - hourNanos), to: unixNano(endNanos + hourNanos) };
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

function runNotFound(traceId: string): SightlineError {
  return new SightlineError(
    'run_not_found',
    `The trace "${traceId}" has no step of an agent, model or tool.`,
    {
      hint: `It is a trace of another kind: see /api/v1/traces/${traceId}.`,
    },
  );
}
