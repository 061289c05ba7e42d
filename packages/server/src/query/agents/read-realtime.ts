/** The last moments, cheap enough to be asked every two seconds. Each number has the window in which it means something: rates a minute, latency and shares five, scores an hour. */
import { formatNanos, unixNano } from '@sightline/base';
import type { RealtimeParameters, RealtimeResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { callFilterNames, callFilters } from '../sql/agent-filter-sql.ts';
import { inBuckets, inRange } from '../sql/range-sql.ts';
import { callRows, runRows } from '../sql/runs-sql.ts';
import { every, int64, moment, type Sql, sql, string, trusted } from '../sql/sql.ts';
import { findVerdicts } from './find-verdicts.ts';
import { cacheHitShare, readApplicationCache } from './application-cache.ts';
import { withModelNames } from './joined-models.ts';
import { cacheHitRate } from './read-overview.ts';
import { decodeUsage, type UsageRow } from './run-facts.ts';
import { settledRuns } from './settled-runs.ts';
import { summedUsageText } from '../sql/usage-sql.ts';

/** A run that ends now began up to this long ago. */
const longestRunNanos = 1_800_000_000_000n;
const points = 12n;

interface RunRow {
  readonly step: string;
  readonly hasStep: number;
  readonly begun: string;
  readonly ended: string;
  readonly failed: string;
  readonly avgNanos: number | null;
  readonly p95Nanos: number | null;
  /** The same of runs that ended in the window of latency. */
  readonly latest: readonly [string, string, number, number];
}

interface CallRow extends UsageRow {
  readonly llmCalls: string;
  readonly isInRates: number;
  readonly isInLatency: number;
}

export async function readRealtime(
  context: QueryContext,
  parameters: RealtimeParameters,
): Promise<RealtimeResponse> {
  const reader = new Reader(context);
  const now = context.clock.now();
  const { windowS, latencyWindowS, hallucinationWindowS } = parameters;
  const from = begins(now, windowS);
  const latencyFrom = begins(now, latencyWindowS);
  const judgedFrom = begins(now, hallucinationWindowS);
  const earliest = from < latencyFrom ? from : latencyFrom;
  const stepNanos = (now - from) / points;
  const windowFrom = (first: bigint) => ({ from: unixNano(first - longestRunNanos), to: unixNano(now) });
  const scope = await settledRuns(reader, windowFrom(earliest));
  const filters = await withModelNames(reader, parameters, scope.window);
  const runs = runRows({ scope, where: trusted('true'), filters });
  const [runRows_, calls, judged, cache] = await Promise.all([
    reader.rows<RunRow>(sql`
      SELECT step, 1 - grouping(step) AS hasStep, countIf(hasBegun) AS begun, countIf(hasEnded) AS ended, countIf(hasEnded AND isFailed) AS failed,
        if(ended = 0, NULL, avgIf(durationNanos, hasEnded)) AS avgNanos, if(ended = 0, NULL, quantileExactIf(0.95)(toFloat64(durationNanos), hasEnded)) AS p95Nanos,
        (countIf(isLatest), countIf(isLatest AND isFailed), avgIf(durationNanos, isLatest), quantileExactIf(0.95)(toFloat64(durationNanos), isLatest)) AS latest
      FROM (SELECT durationNanos, isFailed, startNanos >= ${int64(from)} AS hasBegun, endNanos >= ${int64(from)} AND endNanos <= ${int64(now)} AS hasEnded,
          endNanos >= ${int64(latencyFrom)} AND endNanos <= ${int64(now)} AS isLatest,
          intDiv(if(hasEnded, endNanos, startNanos) - ${int64(from)}, ${int64(stepNanos)}) AS step
        FROM (SELECT startNanos, endNanos, durationNanos, isFailed FROM (${runs})) WHERE hasBegun OR hasEnded OR isLatest)
      GROUP BY GROUPING SETS ((), (step))`),
    reader.rows<CallRow>(sql`
      SELECT countIf(operation = 'llm') AS llmCalls, callStartNanos >= ${int64(from)} AS isInRates, callStartNanos >= ${int64(latencyFrom)} AS isInLatency, ${trusted(summedUsageText)}
      FROM (${callRows({
        scope,
        where: trusted('true'),
        filters,
        kinds: 'models',
        reads: ['callStartNanos', ...callFilterNames(filters)],
      })}) AS source WHERE ${every([sql`callStartNanos >= ${int64(earliest)}`, callFilters(filters)])}
      GROUP BY isInRates, isInLatency`),
    readJudged(reader, {
      scores: sql`project = ${string(context.project)} AND ${inBuckets({ from: unixNano(judgedFrom), to: now })}
        AND time >= ${moment(judgedFrom)} AND time < ${moment(now)}`,
      answers: inRange(context.project, 'spans', windowFrom(judgedFrom)),
    }),
    readApplicationCache(reader, { from: latencyFrom, to: now, stepMs: latencyWindowS * 1000 }, parameters),
  ]);
  const total = runRows_.find(({ hasStep }) => Number(hasStep) === 0);
  const bySteps = new Map(
    runRows_.filter(({ hasStep }) => Number(hasStep) === 1).map((row) => [Number(row.step), row]),
  );
  const inRates = calls.filter(({ isInRates }) => Number(isInRates) === 1);
  const costUsd = sumKnown(inRates.map((row) => decodeUsage(row).costUsd));
  const tokens = calls.filter(({ isInLatency }) => Number(isInLatency) === 1).map(decodeUsage);
  const stepS = Number(stepNanos) / 1e9;
  return {
    time: formatNanos(now),
    windowS,
    latencyWindowS,
    hallucinationWindowS,
    queries: Number(total?.begun ?? 0),
    queriesPerSecond: Number(total?.begun ?? 0) / windowS,
    llmCallsPerSecond: inRates.reduce((sum, { llmCalls }) => sum + Number(llmCalls), 0) / windowS,
    costPerMinuteUsd: costUsd === null ? null : (costUsd / windowS) * 60,
    ...latency(total === undefined ? undefined : latestOf(total)),
    cacheHitRate: cacheHitRate({
      inputTokens: sumKnown(tokens.map(({ inputTokens }) => inputTokens)),
      cacheReadTokens: sumKnown(tokens.map(({ cacheReadTokens }) => cacheReadTokens)),
    }),
    applicationCacheHitRate: cacheHitShare(cache),
    hallucinationRate:
      Number(judged?.judged ?? 0) === 0 ? null : Number(judged?.bad) / Number(judged?.judged),
    points: Array.from({ length: Number(points) }, (_, index) => {
      const row = bySteps.get(index);
      return {
        startMs: Number((from + BigInt(index) * stepNanos) / 1_000_000n),
        queriesPerSecond: Number(row?.begun ?? 0) / stepS,
        ...latency(row),
      };
    }),
  };
}

/** Undefined where nothing is judged. */
async function readJudged(
  reader: Reader,
  wanted: { readonly scores: Sql; readonly answers: Sql },
): Promise<{ readonly judged: string; readonly bad: string } | undefined> {
  const verdicts = await findVerdicts(reader, wanted);
  if (verdicts === undefined) return undefined;
  const [row] = await reader.rows<{ judged: string; bad: string }>(
    sql`SELECT count() AS judged, countIf(verdict) AS bad FROM (${verdicts})`,
  );
  return row;
}

function begins(now: bigint, windowS: number): bigint {
  return now - BigInt(windowS) * 1_000_000_000n;
}

/** null where none is known. */
function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

type Latencies = Pick<RunRow, 'ended' | 'failed' | 'avgNanos' | 'p95Nanos'>;

function latestOf({ latest: [ended, failed, avgNanos, p95Nanos] }: RunRow): Latencies {
  const isNone = Number(ended) === 0;
  return { ended, failed, avgNanos: isNone ? null : avgNanos, p95Nanos: isNone ? null : p95Nanos };
}

function latency(row: Latencies | undefined): Pick<RealtimeResponse, 'avgMs' | 'p95Ms' | 'errorRate'> {
  const ms = (nanos: number | null | undefined): number | null => {
    const known = decodeCost(nanos ?? null);
    return known === null ? null : known / 1e6;
  };
  const ended = Number(row?.ended ?? 0);
  return {
    avgMs: ms(row?.avgNanos),
    p95Ms: ms(row?.p95Nanos),
    errorRate: ended === 0 ? null : Number(row?.failed) / ended,
  };
}
