/** The overview of a window beside the window before. */
import { formatNanos, type UnixNano, unixNano } from '@sightline/base';
import type {
  OverviewFacts,
  OverviewParameters,
  OverviewPart,
  OverviewPoint,
  OverviewResponse,
} from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { readQ } from '../filter/read-condition.ts';
import { Parts } from '../partly.ts';
import { partTimeMsMax } from '../query-bounds.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { isNarrowed, tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { type CallSum, callSums, type OverviewScope, runSums, type SumRow } from '../sql/overview-sql.ts';
import { isBucketEdge } from '../sql/run-sums-sql.ts';
import { readRange } from '../time-range.ts';
import { wholeSteps } from '../time-step.ts';
import { cacheHitShare, readApplicationCache } from './application-cache.ts';
import { judgementOf, type Judgements, readJudgements } from './judgements.ts';
import { decodeUsage } from './run-facts.ts';
import { readJoinedModels, withModelNames } from './joined-models.ts';
import { noJoinedModels } from './model-names.ts';
import { placeName, type SumPlace } from './overview-place.ts';
import { noUsage } from './run-tree.ts';
import { settledRuns } from './settled-runs.ts';
import { type PartlySummed, withSums } from './summed-runs.ts';
import { readTopTools, topPrompts } from './top-lists.ts';

interface RunSum extends SumRow {
  readonly runs: string;
  readonly failedRuns: string;
  readonly durations: readonly (number | null)[];
}

/** What the answer cannot do without: one of them at least. */
const mainParts = ['runs', 'calls', 'tools'] as const;

export async function readOverview(
  context: QueryContext,
  parameters: OverviewParameters,
): Promise<OverviewResponse> {
  const reader = new Reader(context);
  const partReader = new Reader(context, partTimeMsMax);
  const parts = new Parts<OverviewPart>();
  const wanted = new Set(parameters.parts.split(','));
  const readPart = async <Answer>(
    part: OverviewPart,
    read: () => Promise<Answer>,
  ): Promise<Answer | undefined> => (wanted.has(part) ? parts.try(part, read) : undefined);
  const asked = readRange(parameters, context.clock);
  const { from: stepStart, stepMs } = wholeSteps(asked, parameters.steps);
  const from = parameters.align === 'from' ? asked.from : stepStart;
  const { to } = asked;
  const stepNanos = BigInt(stepMs) * 1_000_000n;
  const previousFrom = from - (to - from) > 0n ? from - (to - from) : 0n;
  const window = { from: unixNano(previousFrom), to };
  const { groupBy } = parameters;
  const scope = await settledRuns(reader, window);
  const filters = await withModelNames(reader, parameters, window);
  const joined = groupBy === 'model' ? await readJoinedModels(reader, window) : noJoinedModels;
  const overview: OverviewScope = {
    scope,
    previousFrom,
    from,
    to,
    stepNanos,
    where: tracesOfFilter(context.project, readQ(parameters.q, 'traces', context.clock), window),
    filters,
    groupBy,
    joined,
  };
  const readSums = async (from_: PartlySummed) => {
    const some = { ...overview, ...from_ };
    // A run that called a model under two names is one run of it, which sums of each name do not tell.
    const ofRuns = joined.byName.size === 0 ? some : overview;
    return Promise.all([
      readPart('runs', async () => partReader.rows<RunSum>(runSums(ofRuns))),
      readPart('calls', async () => partReader.rows<CallSum>(callSums(some))),
      readPart('tools', async () => readTopTools(partReader, some)),
    ]);
  };
  // Sums are of all runs, and of ten minutes.
  const isSummed =
    parameters.q === undefined && !isNarrowed(parameters) && isBucketEdge(from) && isBucketEdge(stepNanos);
  const [[runs, calls, tools], judgements, cache] = await Promise.all([
    isSummed ? withSums(reader, { scope, middle: from }, readSums) : readSums({ scope, summed: undefined }),
    readPart('scores', async () => readJudgements(partReader, overview)),
    readPart('cache', async () =>
      readApplicationCache(partReader, { from: previousFrom, to, stepMs }, parameters),
    ),
  ]);
  parts.assertSome(mainParts.filter((part) => wanted.has(part)));
  const fromMs = Number(from / 1_000_000n);
  const sums = new Sums({
    runs,
    calls: calls?.filter(({ hasPrompt }) => Number(hasPrompt) === 0),
    judgements,
    isModel: groupBy === 'model',
  });
  const cacheShare = (fromMs_: number, toMs?: number): number | null =>
    cache === undefined ? null : cacheHitShare(cache, fromMs_, toMs);
  const starts = stepsOf(from, to, stepNanos);
  const series = (key: string | undefined): OverviewPoint[] =>
    starts.map((start) => ({
      startMs: Number(start / 1_000_000n),
      ...sums.facts({ isCurrent: true, step: start, key }),
      applicationCacheHitRate:
        key === undefined
          ? cacheShare(Number(start / 1_000_000n), Number(start / 1_000_000n) + stepMs)
          : null,
    }));
  const keys = sums.keys();
  const { missing } = parts;
  return {
    startTime: formatNanos(unixNano(from)),
    endTime: formatNanos(to),
    stepMs,
    totals: { ...sums.facts({ isCurrent: true }), applicationCacheHitRate: cacheShare(fromMs) },
    previous: {
      ...sums.facts({ isCurrent: false }),
      applicationCacheHitRate: cacheShare(-Infinity, fromMs),
    },
    series: series(undefined),
    groups: keys.slice(0, parameters.groups).map((key) => ({
      key,
      totals: sums.facts({ isCurrent: true, key }),
      previous: sums.facts({ isCurrent: false, key }),
      series: parameters.groupSeries ? series(key) : [],
    })),
    otherGroups: Math.max(0, keys.length - parameters.groups),
    ...(tools ?? { topTools: null, toolCount: null }),
    ...(calls === undefined ? { topPrompts: null, promptCount: null } : topPrompts(calls)),
    ...(missing.length === 0 ? {} : { partsMissing: missing }),
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

/** Of the parts that could be read; numbers of the others are null. */
class Sums {
  readonly #runs: ReadonlyMap<string, RunSum> | undefined;
  readonly #calls: ReadonlyMap<string, CallSum> | undefined;
  readonly #judgements: Judgements | undefined;
  readonly #isModel: boolean;

  constructor({
    runs,
    calls,
    judgements,
    isModel,
  }: {
    readonly runs: readonly RunSum[] | undefined;
    readonly calls: readonly CallSum[] | undefined;
    readonly judgements: Judgements | undefined;
    readonly isModel: boolean;
  }) {
    this.#runs = runs && new Map(runs.map((row) => [placeOfRow(row), row]));
    this.#calls = calls && new Map(calls.map((row) => [placeOfRow(row), row]));
    this.#judgements = judgements;
    this.#isModel = isModel;
  }

  /** The groups of the asked window, the most runs first. */
  keys(): string[] {
    const current = (row: SumRow): boolean =>
      Number(row.isCurrent) === 1 && Number(row.hasGroup) === 1 && Number(row.hasStep) === 0;
    const counts = new Map<string, number>();
    for (const row of this.#calls?.values() ?? []) if (current(row)) counts.set(row.groupKey, 0);
    for (const row of this.#runs?.values() ?? [])
      if (current(row)) counts.set(row.groupKey, Number(row.runs));
    return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
  }

  facts(place: SumPlace): OverviewFacts {
    const name = placeName(place);
    const runs = this.#runs?.get(name);
    const calls = this.#calls?.get(name);
    const ofCalls = this.#isModel && place.key !== undefined;
    const durations = ofCalls ? calls?.durations : runs?.durations;
    const usage = calls === undefined ? noUsage : decodeUsage(calls);
    return {
      runs: this.#runs === undefined ? null : Number(runs?.runs ?? 0),
      failedRuns: this.#runs === undefined ? null : Number(runs?.failedRuns ?? 0),
      errorRate: ofCalls ? share(calls?.errors, calls?.calls) : share(runs?.failedRuns, runs?.runs),
      p50Ms: nanosOrNull(durations?.[0]),
      p95Ms: nanosOrNull(durations?.[1]),
      llmCalls: this.#calls === undefined ? null : Number(calls?.llmCalls ?? 0),
      ttftP50Ms: Number(calls?.streamed ?? 0) === 0 ? null : decodeCost(calls?.ttfts[0] ?? null),
      ttftP95Ms: Number(calls?.streamed ?? 0) === 0 ? null : decodeCost(calls?.ttfts[1] ?? null),
      cacheHitRate: cacheHitRate(usage),
      // The counter knows neither models nor agents; sums over all have theirs beside.
      applicationCacheHitRate: null,
      hallucinationRate: this.#judgements === undefined ? null : judgementOf(this.#judgements, name),
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
