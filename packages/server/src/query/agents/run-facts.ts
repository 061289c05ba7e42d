import { unixNano } from '@sightline/base';
import type { ModelShare, Run, Usage } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { decodeTime, nanosToMs, textOrNull } from '../decode-row.ts';
import { readSummaries } from '../read-summaries.ts';
import type { Reader } from '../reader.ts';
import { runRows } from '../sql/run-rows-sql.ts';
import { type Sql, sql, trusted } from '../sql/sql.ts';
import type { Window } from '../sql/trace-sets-sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { readScoresOfRuns } from './scores-of.ts';

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
  readonly models: readonly BilledModel[];
  readonly modelNames: readonly string[];
}

/** From the columns of `runRows` to those of a `RunRow`. */
export const runRowColumns: Sql = trusted(`
  lower(hex(trace_id)) AS traceId, toString(fromUnixTimestamp64Nano(startNanos, 'UTC')) AS startText, startNanos, durationNanos,
  tuple(toString(head.1), toString(head.2), toString(head.3), toString(head.4), toString(head.5), head.6) AS head, toString(firstAgent) AS firstAgent,
  steps, llmCalls, toolCalls, errorCount, isFailed, sessionId, userId, models, modelNames,
  inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, costUsd, unpricedCalls`);

/** The runs of these traces, whole, whatever range they were found in (`near`; it is their extent where `isWhole` says so); by trace id. */
export async function readRuns(
  reader: Reader,
  traceIds: readonly string[],
  near: Window,
  isWhole = false,
): Promise<ReadonlyMap<string, Run>> {
  if (traceIds.length === 0) return new Map();
  const window = isWhole ? near : await readExtent(reader, traceIds, near);
  const among = sql`trace_id IN (${tracesByHex(traceIds)})`;
  const [rows, scores] = await Promise.all([
    reader.rows<RunRow>(
      sql`SELECT ${runRowColumns} FROM (${runRows({ scope: { project: reader.project, window }, where: among })})`,
    ),
    readScoresOfRuns(reader, traceIds, window.from),
  ]);
  return new Map(rows.map((row) => [row.traceId, decodeRun(row, scores.get(row.traceId) ?? [])]));
}

/** From when to when these traces, each with a span near the window, have spans. */
export async function readExtent(reader: Reader, traceIds: readonly string[], near: Window): Promise<Window> {
  const summaries = await readSummaries(reader, traceIds, near);
  if (summaries.length === 0) return near;
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const starts = summaries.map(({ startNanos }) => BigInt(startNanos));
  const ends = summaries.map(({ endNanos }) => -BigInt(endNanos));
  return { from: unixNano(starts.reduce(least)), to: unixNano(1n - ends.reduce(least)) };
}

export function decodeRun(row: RunRow, scores: Run['scores']): Run {
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
    models: mixModels(row.models, row.modelNames),
    sessionId: textOrNull(row.sessionId),
    userId: textOrNull(row.userId),
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
    costUsd: decodeCost(row.costUsd),
    unpricedCalls: Number(row.unpricedCalls),
  };
}

/** The busiest model first. Where no call told what it used, as where all failed, the models that were called. */
export function mixModels(calls: readonly BilledModel[], called: readonly string[]): ModelShare[] {
  const shares = new Map<
    string,
    { provider: string; model: string; calls: number; costUsd: number | null }
  >();
  for (const [provider, model, cost] of calls) {
    if (model === '') continue;
    const key = `${provider}\0${model}`;
    const share = shares.get(key) ?? { provider, model, calls: 0, costUsd: null };
    share.calls += 1;
    if (cost !== null) share.costUsd = (share.costUsd ?? 0) + cost;
    shares.set(key, share);
  }
  if (shares.size === 0)
    return called.toSorted().map((model) => ({ provider: null, model, calls: 0, costUsd: null }));
  return [...shares.values()]
    .toSorted((a, b) => b.calls - a.calls || (a.model < b.model ? -1 : 1))
    .map((share) => ({ ...share, provider: textOrNull(share.provider) }));
}
