/** The overview of a window beside the window before. */
import { formatNanos, type UnixNano, unixNano } from '@sightline/base';
import type {
  OverviewFacts,
  OverviewParameters,
  OverviewPoint,
  OverviewResponse,
} from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { isNarrowed, tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { type CallSum, callSums, type OverviewScope, runSums, type SumRow } from '../sql/overview-sql.ts';
import { isBucketEdge } from '../sql/run-sums-sql.ts';
import { readRange } from '../time-range.ts';
import { chooseStepMs } from '../time-step.ts';
import { cacheHitShare, readApplicationCache } from './application-cache.ts';
import { judgementOf, type Judgements, readJudgements } from './judgements.ts';
import { decodeUsage } from './run-facts.ts';
import { placeName, type SumPlace } from './overview-place.ts';
import { noUsage } from './run-tree.ts';
import { withinLimits, withStoredRuns } from './stored-runs.ts';
import { type PartlySummed, withSums } from './summed-runs.ts';
import { readTopTools, topPrompts } from './top-lists.ts';

interface RunSum extends SumRow {
  readonly runs: string;
  readonly failedRuns: string;
  readonly durations: readonly (number | null)[];
}

/** Runs that reach over the end of the window are known to this extent: their calls tell the sums of agents apart. */
const edgeNanos = 3_600_000_000_000n;

export async function readOverview(
  context: QueryContext,
  parameters: OverviewParameters,
): Promise<OverviewResponse> {
  return withinLimits(context, async (some) => sumUp(some, parameters));
}

async function sumUp(context: QueryContext, parameters: OverviewParameters): Promise<OverviewResponse> {
  const reader = new Reader(context);
  const asked = readRange(parameters, context.clock);
  const stepMs = chooseStepMs(asked, parameters.steps);
  const stepNanos = BigInt(stepMs) * 1_000_000n;
  const from = (asked.from / stepNanos) * stepNanos;
  const to = asked.to;
  const previousFrom = from - (to - from) > 0n ? from - (to - from) : 0n;
  const window = { from: unixNano(previousFrom), to: unixNano(to + edgeNanos) };
  const { groupBy } = parameters;
  const scope = await withStoredRuns(reader, { project: context.project, window }, parameters);
  const overview: OverviewScope = {
    scope,
    previousFrom,
    from,
    to,
    stepNanos,
    where: tracesOfFilter(context.project, readQ(parameters.q, 'traces', context.clock), window),
    filters: parameters,
    groupBy,
  };
  const readSums = async (from_: PartlySummed) => {
    const some = { ...overview, ...from_ };
    return Promise.all([
      reader.rows<RunSum>(runSums(some)),
      callSums(reader, some).then(async (select) => reader.rows<CallSum>(select)),
      readTopTools(reader, some),
    ]);
  };
  // Sums are of all runs, and of ten minutes.
  const isSummed =
    parameters.q === undefined && !isNarrowed(parameters) && isBucketEdge(from) && isBucketEdge(stepNanos);
  const both = { from: unixNano(previousFrom), to };
  const [[runs, calls, topTools], judgements, cache] = await Promise.all([
    isSummed ? withSums(reader, scope, both, readSums) : readSums({ scope, summed: undefined }),
    readJudgements(reader, overview),
    readApplicationCache(reader, { from: previousFrom, to, stepMs }, parameters),
  ]);
  const fromMs = Number(from / 1_000_000n);
  const sums = new Sums({
    runs,
    calls: calls.filter(({ hasPrompt }) => Number(hasPrompt) === 0),
    judgements,
    isModel: groupBy === 'model',
  });
  const starts = stepsOf(from, to, stepNanos);
  const series = (key: string | undefined): OverviewPoint[] =>
    starts.map((start) => ({
      startMs: Number(start / 1_000_000n),
      ...sums.facts({ isCurrent: true, step: start, key }),
      applicationCacheHitRate:
        key === undefined
          ? cacheHitShare(cache, Number(start / 1_000_000n), Number(start / 1_000_000n) + stepMs)
          : null,
    }));
  const keys = sums.keys();
  return {
    startTime: formatNanos(unixNano(from)),
    endTime: formatNanos(to),
    stepMs,
    totals: { ...sums.facts({ isCurrent: true }), applicationCacheHitRate: cacheHitShare(cache, fromMs) },
    previous: {
      ...sums.facts({ isCurrent: false }),
      applicationCacheHitRate: cacheHitShare(cache, -Infinity, fromMs),
    },
    series: series(undefined),
    groups: keys.slice(0, parameters.groups).map((key) => ({
      key,
      totals: sums.facts({ isCurrent: true, key }),
      previous: sums.facts({ isCurrent: false, key }),
      series: series(key),
    })),
    otherGroups: Math.max(0, keys.length - parameters.groups),
    topTools,
    topPrompts: topPrompts(calls),
    ...reader.limitsMet,
  };
}

function stepsOf(from: bigint, to: UnixNano, stepNanos: bigint): bigint[] {
  const count = Number((to - from + stepNanos - 1n) / stepNanos);
  return Array.from({ length: count }, (_, index) => from + BigInt(index) * stepNanos);
}

function placeOfRow(row: SumRow): string {
  return placeName({
    isCurrent: Number(row.isCurrent) === 1,
    ...(Number(row.hasStep) === 1 ? { step: BigInt(row.step) } : {}),
    ...(Number(row.hasGroup) === 1 ? { key: row.groupKey } : {}),
  });
}

class Sums {
  readonly #runs: ReadonlyMap<string, RunSum>;
  readonly #calls: ReadonlyMap<string, CallSum>;
  readonly #judgements: Judgements;
  readonly #isModel: boolean;

  constructor({
    runs,
    calls,
    judgements,
    isModel,
  }: {
    readonly runs: readonly RunSum[];
    readonly calls: readonly CallSum[];
    readonly judgements: Judgements;
    readonly isModel: boolean;
  }) {
    this.#runs = new Map(runs.map((row) => [placeOfRow(row), row]));
    this.#calls = new Map(calls.map((row) => [placeOfRow(row), row]));
    this.#judgements = judgements;
    this.#isModel = isModel;
  }

  /** The groups of the asked window, the most runs first. */
  keys(): string[] {
    const current = (row: SumRow): boolean =>
      Number(row.isCurrent) === 1 && Number(row.hasGroup) === 1 && Number(row.hasStep) === 0;
    const counts = new Map<string, number>();
    for (const row of this.#calls.values()) if (current(row)) counts.set(row.groupKey, 0);
    for (const row of this.#runs.values()) if (current(row)) counts.set(row.groupKey, Number(row.runs));
    return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
  }

  facts(place: SumPlace): OverviewFacts {
    const name = placeName(place);
    const runs = this.#runs.get(name);
    const calls = this.#calls.get(name);
    const ofCalls = this.#isModel && place.key !== undefined;
    const durations = ofCalls ? calls?.durations : runs?.durations;
    const usage = calls === undefined ? noUsage : decodeUsage(calls);
    return {
      runs: Number(runs?.runs ?? 0),
      failedRuns: Number(runs?.failedRuns ?? 0),
      errorRate: ofCalls ? share(calls?.errors, calls?.calls) : share(runs?.failedRuns, runs?.runs),
      p50Ms: nanosOrNull(durations?.[0]),
      p95Ms: nanosOrNull(durations?.[1]),
      llmCalls: Number(calls?.llmCalls ?? 0),
      ttftP50Ms: Number(calls?.streamed ?? 0) === 0 ? null : decodeCost(calls?.ttfts[0] ?? null),
      ttftP95Ms: Number(calls?.streamed ?? 0) === 0 ? null : decodeCost(calls?.ttfts[1] ?? null),
      cacheHitRate: cacheHitRate(usage),
      // The counter knows neither models nor agents; sums over all have theirs beside.
      applicationCacheHitRate: null,
      hallucinationRate: judgementOf(this.#judgements, name),
      ...usage,
    };
  }
}

/** Of prompt tokens. null where no call told of a cache: what is not known is not 0. */
export function cacheHitRate({
  inputTokens,
  cacheReadTokens,
}: Pick<OverviewFacts, 'inputTokens' | 'cacheReadTokens'>): number | null {
  if (inputTokens === null || inputTokens === 0 || cacheReadTokens === null) return null;
  return Math.min(1, cacheReadTokens / inputTokens);
}

function share(part: string | undefined, whole: string | undefined): number | null {
  const count = Number(whole ?? 0);
  return count === 0 ? null : Number(part ?? 0) / count;
}

function nanosOrNull(nanos: number | null | undefined): number | null {
  const known = decodeCost(nanos ?? null);
  return known === null ? null : known / 1e6;
}
