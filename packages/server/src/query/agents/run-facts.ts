import { wholeCost } from './whole-cost.ts';
import { formatNanos, unixNano } from '@sightline/base';
import type { ModelShare, Run, Usage } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { decodeTime, nanosToMs, textOrNull } from '../decode-row.ts';
import type { Reader } from '../reader.ts';
import { type RunScope, runRows } from '../sql/runs-sql.ts';
import { type Sql, sql, string, trusted } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { listedModel, readJoinedModels } from './joined-models.ts';
import type { JoinedModels } from './model-names.ts';
import type { DescribedRun } from './describe-run.ts';
import type { RunTree } from './run-tree.ts';
import { readScoresOfRuns } from './scores-of.ts';
import { readGeneration } from './settled-runs.ts';

export interface UsageRow {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
}

/** Provider, model, cost. */
export type BilledModel = readonly [string, string, number | null];

export interface RunRow extends UsageRow {
  readonly traceId: string;
  readonly startText: string;
  readonly startNanos: string;
  readonly durationNanos: string;
  /** Name, operation, service, version, environment, status code. */
  readonly head: readonly [string, string, string, string, string, number];
  readonly firstAgent: string;
  readonly steps: string;
  readonly llmCalls: string;
  readonly toolCalls: string;
  readonly errorCount: string;
  readonly isFailed: number | boolean;
  readonly sessionId: string;
  readonly userId: string;
  readonly question: string;
  readonly answer: string;
  readonly models: readonly BilledModel[];
  readonly modelNames: readonly string[];
}

/** From the columns of `runRows` to those of a `RunRow`. */
export const runRowColumns: Sql = trusted(`
  lower(hex(trace_id)) AS traceId, toString(fromUnixTimestamp64Nano(startNanos, 'UTC')) AS startText, startNanos, durationNanos,
  tuple(toString(head.1), toString(head.2), toString(head.3), toString(head.4), toString(head.5), head.6) AS head, toString(firstAgent) AS firstAgent,
  steps, llmCalls, toolCalls, errorCount, isFailed, sessionId, userId, question, answer, models, modelNames,
  inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, costUsd, unpricedCalls`);

/** A run and when it began, which says where the table has it. */
export interface PlacedRun {
  readonly traceId: string;
  readonly startNanos: bigint;
}

/** These runs by trace id. */
export async function readRunsAt(
  reader: Reader,
  { scope, joined }: { readonly scope: RunScope; readonly joined: JoinedModels },
  runs: readonly PlacedRun[],
): Promise<ReadonlyMap<string, Run>> {
  if (runs.length === 0) return new Map();
  const starts = runs.map(({ startNanos }) => startNanos);
  const from = unixNano(starts.reduce((a, b) => (a < b ? a : b)));
  const to = unixNano(starts.reduce((a, b) => (a > b ? a : b)) + 1n);
  const traceIds = runs.map(({ traceId }) => traceId);
  const where = sql`trace_id IN (${tracesByHex(traceIds)})`;
  const [rows, scores] = await Promise.all([
    reader.rows<RunRow>(
      sql`SELECT ${runRowColumns} FROM (${runRows({ scope: { ...scope, window: { from, to }, begunFrom: from }, where })})`,
    ),
    readScoresOfRuns(reader, traceIds, from),
  ]);
  return new Map(rows.map((row) => [row.traceId, decodeRun(row, scores.get(row.traceId) ?? [], joined)]));
}

/** The run as it is in the table; it began within the window. Undefined where it is not settled yet. */
export async function readSettledRun(
  reader: Reader,
  traceId: string,
  window: Window,
): Promise<Run | undefined> {
  const scope = {
    project: reader.project,
    generation: await readGeneration(reader),
    window,
    begunFrom: window.from,
  };
  const where = sql`trace_id = unhex(${string(traceId)})`;
  const [row] = await reader.rows<RunRow>(sql`SELECT ${runRowColumns} FROM (${runRows({ scope, where })})`);
  return row === undefined ? undefined : decodeRun(row, [], await readJoinedModels(reader, window));
}

/** What lists say of a run, from its tree. */
export function runFacts(
  tree: RunTree,
  run: DescribedRun,
  { words, joined }: { readonly words: Pick<Run, 'question' | 'answer'>; readonly joined: JoinedModels },
): Omit<Run, 'scores'> {
  const { head } = run;
  const calls = run.calls.flatMap(({ kind, node }) => (kind === 'model' ? [node] : []));
  return {
    traceId: tree.traceId,
    name: head.name,
    operation: head.operation,
    agent: textOrNull(run.agent),
    service: head.service,
    version: textOrNull(run.version),
    environment: textOrNull(run.environment),
    startTime: formatNanos(run.startNanos),
    durationMs: nanosToMs(String(run.endNanos - run.startNanos)),
    status: run.isFailed ? 'error' : 'ok',
    steps: run.steps,
    llmCalls: run.llmCalls,
    toolCalls: run.toolCalls,
    errorCount: run.errorCount,
    models: mixModels(
      calls
        .filter(({ isCounted }) => isCounted)
        .map(({ provider, model, costUsd }) => [provider, model, costUsd]),
      [...new Set(calls.map(({ model }) => model).filter((model) => model !== ''))],
      joined,
    ),
    sessionId: textOrNull(run.sessionId),
    userId: textOrNull(run.userId),
    question: words.question,
    answer: words.answer,
    ...run.usage,
  };
}

function decodeRun(row: RunRow, scores: Run['scores'], joined: JoinedModels): Run {
  const [name, operation, service, version, environment] = row.head;
  return {
    traceId: row.traceId,
    name,
    operation: decodeOperation(operation),
    agent: textOrNull(row.firstAgent),
    service,
    version: textOrNull(version),
    environment: textOrNull(environment),
    startTime: decodeTime(row.startText),
    durationMs: nanosToMs(row.durationNanos),
    status: row.isFailed === true || row.isFailed === 1 ? 'error' : 'ok',
    steps: Number(row.steps),
    llmCalls: Number(row.llmCalls),
    toolCalls: Number(row.toolCalls),
    errorCount: Number(row.errorCount),
    models: mixModels(row.models, row.modelNames, joined),
    sessionId: textOrNull(row.sessionId),
    userId: textOrNull(row.userId),
    question: textOrNull(row.question),
    answer: textOrNull(row.answer),
    scores,
    ...decodeUsage(row),
  };
}

export function decodeUsage(row: UsageRow): Usage {
  return {
    inputTokens: decodeCost(row.inputTokens),
    outputTokens: decodeCost(row.outputTokens),
    cacheReadTokens: decodeCost(row.cacheReadTokens),
    cacheWriteTokens: decodeCost(row.cacheWriteTokens),
    reasoningTokens: decodeCost(row.reasoningTokens),
    costUsd: wholeCost(decodeCost(row.costUsd)),
    unpricedCalls: Number(row.unpricedCalls),
  };
}

/** The busiest model first. Where no call told what it used, as where all failed, the models that were called. */
export function mixModels(
  calls: readonly BilledModel[],
  called: readonly string[],
  joined: JoinedModels,
): ModelShare[] {
  const shares = new Map<
    string,
    { provider: string; model: string; calls: number; costUsd: number | null }
  >();
  for (const [toldProvider, toldModel, cost] of calls) {
    if (toldModel === '') continue;
    const { provider, model } = listedModel(joined, { provider: toldProvider, model: toldModel });
    const key = `${provider}\0${model}`;
    const share = shares.get(key) ?? { provider, model, calls: 0, costUsd: null };
    share.calls += 1;
    if (cost !== null) share.costUsd = (share.costUsd ?? 0) + cost;
    shares.set(key, share);
  }
  if (shares.size === 0)
    return [...new Set(called.map((name) => joined.byName.get(name) ?? name))]
      .toSorted()
      .map((model) => ({ provider: null, model, calls: 0, costUsd: null }));
  return [...shares.values()]
    .toSorted((a, b) => b.calls - a.calls || (a.model < b.model ? -1 : 1))
    .map((share) => ({ ...share, provider: textOrNull(share.provider) }));
}
