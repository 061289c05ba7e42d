/** The last seconds, cheap enough to be asked every two of them. */
import { formatNanos, unixNano } from '@sightline/base';
import type { RealtimeParameters, RealtimeResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { callFilterNames, callFilters } from '../sql/agent-filter-sql.ts';
import { callRows } from '../sql/call-rows-sql.ts';
import { verdictsByTrace } from '../sql/hallucination-sql.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { aiSpansWithin, runRows } from '../sql/run-rows-sql.ts';
import { every, int64, moment, sql, string, trusted } from '../sql/sql.ts';
import { cacheHitRate } from './read-overview.ts';
import { decodeUsage, type UsageRow } from './run-facts.ts';
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
}

export async function readRealtime(
  context: QueryContext,
  parameters: RealtimeParameters,
): Promise<RealtimeResponse> {
  const reader = new Reader(context);
  const now = context.clock.now();
  const { windowS } = parameters;
  const windowNanos = BigInt(windowS) * 1_000_000_000n;
  const from = now - windowNanos;
  const stepNanos = windowNanos / points;
  const scope = {
    project: context.project,
    window: { from: unixNano(from - longestRunNanos), to: unixNano(now) },
  };
  const runs = runRows({ scope, where: trusted('true'), filters: parameters });
  const [runRows_, [calls], [judged]] = await Promise.all([
    reader.rows<RunRow>(sql`
      SELECT step, 1 - grouping(step) AS hasStep, countIf(hasBegun) AS begun, countIf(hasEnded) AS ended, countIf(hasEnded AND isFailed) AS failed,
        if(ended = 0, NULL, avgIf(durationNanos, hasEnded)) AS avgNanos, if(ended = 0, NULL, quantileExactIf(0.95)(toFloat64(durationNanos), hasEnded)) AS p95Nanos
      FROM (SELECT durationNanos, isFailed, startNanos >= ${int64(from)} AS hasBegun, endNanos >= ${int64(from)} AND endNanos <= ${int64(now)} AS hasEnded,
          intDiv(if(hasEnded, endNanos, startNanos) - ${int64(from)}, ${int64(stepNanos)}) AS step
        FROM (SELECT startNanos, endNanos, durationNanos, isFailed FROM (${runs})) WHERE hasBegun OR hasEnded)
      GROUP BY GROUPING SETS ((), (step))`),
    reader.rows<UsageRow & { llmCalls: string }>(sql`
      SELECT countIf(operation = 'llm') AS llmCalls, ${trusted(summedUsageText)}
      FROM (${callRows({
        scope,
        where: trusted('true'),
        filters: parameters,
        kinds: 'models',
        reads: ['callStartNanos', ...callFilterNames(parameters)],
      })}) AS source WHERE ${every([sql`callStartNanos >= ${int64(from)}`, callFilters(parameters)])}`),
    reader.rows<{ judged: string; bad: string }>(sql`
      SELECT count() AS judged, countIf(verdict) AS bad FROM (${verdictsByTrace({
        scores: sql`project = ${string(context.project)} AND ${inBuckets({ from: unixNano(from), to: now })}
          AND time >= ${moment(from)} AND time < ${moment(now)}`,
        answers: aiSpansWithin(scope),
      })})`),
  ]);
  const total = runRows_.find(({ hasStep }) => Number(hasStep) === 0);
  const bySteps = new Map(
    runRows_.filter(({ hasStep }) => Number(hasStep) === 1).map((row) => [Number(row.step), row]),
  );
  const usage = calls === undefined ? undefined : decodeUsage(calls);
  const stepS = Number(stepNanos) / 1e9;
  return {
    time: formatNanos(now),
    windowS,
    queries: Number(total?.begun ?? 0),
    queriesPerSecond: Number(total?.begun ?? 0) / windowS,
    llmCallsPerSecond: Number(calls?.llmCalls ?? 0) / windowS,
    ...latency(total),
    hallucinationRate:
      Number(judged?.judged ?? 0) === 0 ? null : Number(judged?.bad) / Number(judged?.judged),
    cacheHitRate: usage === undefined ? null : cacheHitRate(usage),
    costPerMinuteUsd: usage?.costUsd === null || usage === undefined ? null : (usage.costUsd / windowS) * 60,
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

function latency(row: RunRow | undefined): Pick<RealtimeResponse, 'avgMs' | 'p95Ms' | 'errorRate'> {
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
