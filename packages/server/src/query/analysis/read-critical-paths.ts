/** Where the time of many traces goes: their critical paths by step and by calling context, in bands of duration, and what faster steps would save. */
import { formatNanos } from '@sightline/base';
import {
  type CriticalPath,
  findContexts,
  findCriticalPath,
  groupSizes,
  type KeyedSums,
  prepareWhatIf,
  quantile,
  rootDurations,
  selfTimes,
  sumByKey,
} from '@sightline/schema/analysis';
import type { CriticalPathParameters, CriticalPathResponse } from '@sightline/schema/api';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { readRange } from '../time-range.ts';
import { findSteps, readForest, type SpanForest, type Steps, stepOf } from './read-forest.ts';
import { readSelection, type SelectedTrace } from './read-selection.ts';

const spansMax = 250_000;
const stepsListed = 40;
const contextsListed = 300;
const slowestListed = 20;
/** Steps whose `ifFaster` is worked out: those that hold most of the paths. */
const stepsTried = 8;
const fasterFactor = 0.8;

const bands = [
  { name: 'fastest', from: 0, to: 0.25 },
  { name: 'middle', from: 0.25, to: 0.75 },
  { name: 'slow', from: 0.75, to: 0.95 },
  { name: 'slowest', from: 0.95, to: 1 },
] as const;

export async function readCriticalPaths(
  context: QueryContext,
  { q, service, sample, from, to }: CriticalPathParameters,
): Promise<CriticalPathResponse> {
  const reader = new Reader(context);
  const window = readRange({ from, to }, context.clock);
  const request = { filter: readQ(q, 'traces', context.clock), service };
  const selected = await readSelection(
    reader,
    { type: 'filter', window, request },
    { tracesMax: sample, spansMax },
  );
  const { total, traces } = selected;
  const range = { startTime: formatNanos(window.from), endTime: formatNanos(window.to), total };
  if (traces.length === 0) return { ...range, ...nothing, ...reader.limitsMet };
  const forest = await readForest(reader, [selected]);
  return { ...range, ...describe(forest, traces), ...reader.limitsMet };
}

const nothing = {
  sampled: 0,
  spans: 0,
  p50Ms: null,
  p95Ms: null,
  bands: [],
  steps: [],
  contexts: [],
  slowest: [],
} satisfies Partial<CriticalPathResponse>;

type Described = Omit<CriticalPathResponse, 'startTime' | 'endTime' | 'total' | 'limitsMet'>;

function describe(forest: SpanForest, traces: readonly SelectedTrace[]): Described {
  const { tree, roots, isAside } = forest;
  const durationsUs = rootDurations(forest);
  const sorted = durationsUs.toSorted();
  const path = findCriticalPath({ ...tree, isAside }, roots);
  const groupOf = bandsOf(durationsUs);
  const measured = {
    forest,
    isError: forest.isError,
    onPathUs: path.onPathUs,
    selfUs: selfTimes(tree),
    groupOf,
    groupCount: bands.length,
  };
  const sizes = groupSizes(groupOf, bands.length);
  const steps = findSteps(forest);
  return {
    sampled: traces.length,
    spans: tree.size,
    p50Ms: quantile(sorted, 0.5) / 1000,
    p95Ms: quantile(sorted, 0.95) / 1000,
    bands: bands.map((band, index) => ({
      ...band,
      traces: sizes[index] ?? 0,
      meanMs: meanOf(durationsUs, groupOf, index) / 1000,
    })),
    steps: describeSteps(forest, steps, { sums: sumByKey(steps, measured), path, sorted }),
    contexts: describeContexts(forest, measured),
    slowest: findSlowest(forest, traces),
  };
}

/** Each trace belongs to the band of its rank, so that bands are as large as they say also where many take equally long. */
function bandsOf(durationsUs: Float64Array): Int32Array {
  const ranked = Int32Array.from(durationsUs, (_, trace) => trace).sort(
    (x, y) => (durationsUs[x] ?? 0) - (durationsUs[y] ?? 0) || x - y,
  );
  const groupOf = new Int32Array(durationsUs.length);
  for (const [rank, trace] of ranked.entries()) {
    const level = (rank + 0.5) / ranked.length;
    groupOf[trace] = bands.findIndex(({ to }) => level < to);
  }
  return groupOf;
}

function meanOf(values: Float64Array, groupOf: Int32Array, group: number): number {
  const mine = values.filter((_, index) => groupOf[index] === group);
  return mine.length === 0 ? 0 : mine.reduce((sum, value) => sum + value, 0) / mine.length;
}

/** The sum over all bands. */
function whole(sums: Float64Array, key: number): number {
  let sum = 0;
  for (let band = 0; band < bands.length; band++) sum += sums[key * bands.length + band] ?? 0;
  return sum;
}

interface Summed {
  readonly sums: KeyedSums;
  readonly path: CriticalPath;
  /** Durations of the roots, ascending. */
  readonly sorted: Float64Array;
}

function describeSteps(
  forest: SpanForest,
  { steps, keyOf, keyCount }: Steps,
  { sums, path, sorted }: Summed,
): Described['steps'] {
  const count = forest.traceCount;
  const ofBand = bands.map((_, band) => {
    let sum = 0;
    for (let key = 0; key < keyCount; key++) sum += sums.pathUs[key * bands.length + band] ?? 0;
    return sum;
  });
  const first = splitByFirstToken(forest, path, { keyOf, keyCount });
  const ranked = steps
    .map((step, key) => ({ step, key, pathUs: whole(sums.pathUs, key) }))
    .toSorted((x, y) => y.pathUs - x.pathUs || (x.step.name < y.step.name ? -1 : 1))
    .slice(0, stepsListed);
  const whatIf = prepareWhatIf(forest, forest.isAside);
  const saved = (key: number): { p50SavedMs: number; p95SavedMs: number } => {
    const faster = whatIf.durations((span) => keyOf[span] === key, fasterFactor).sort();
    const less = (level: number): number => (quantile(sorted, level) - quantile(faster, level)) / 1000;
    return { p50SavedMs: less(0.5), p95SavedMs: less(0.95) };
  };
  return ranked.map(({ step, key, pathUs }, place) => ({
    ...step,
    calls: whole(sums.calls, key),
    errors: whole(sums.errors, key),
    traces: whole(sums.traces, key),
    pathMs: pathUs / count / 1000,
    selfMs: whole(sums.selfUs, key) / count / 1000,
    share: path.totalUs === 0 ? 0 : pathUs / path.totalUs,
    shareByBand: ofBand.map((us, band) =>
      us === 0 ? 0 : (sums.pathUs[key * bands.length + band] ?? 0) / us,
    ),
    waitMs: (first.waitUs[key] ?? 0) / count / 1000,
    streamMs: (first.streamUs[key] ?? 0) / count / 1000,
    // An agent is faster when what it calls is.
    ifFaster: place < stepsTried && step.kind !== 'agent' ? saved(key) : null,
  }));
}

/** Time on the path before and after the first token, by step. Of calls that do not tell theirs neither is known. */
export function splitByFirstToken(
  { tree, firstTokenUs }: Pick<SpanForest, 'tree' | 'firstTokenUs'>,
  path: CriticalPath,
  { keyOf, keyCount }: { readonly keyOf: Int32Array; readonly keyCount: number },
): { readonly waitUs: Float64Array; readonly streamUs: Float64Array } {
  const waitUs = new Float64Array(keyCount);
  const streamUs = new Float64Array(keyCount);
  for (let i = 0; i < path.span.length; i++) {
    const span = path.span[i] ?? 0;
    const call = callWithFirstToken(tree.parent, firstTokenUs, { span, keyOf });
    if (call === -1) continue;
    const key = keyOf[span] ?? 0;
    const [from, to] = [path.fromUs[i] ?? 0, path.toUs[i] ?? 0];
    const firstAt = Math.min(to, Math.max(from, (tree.startUs[call] ?? 0) + (firstTokenUs[call] ?? 0)));
    waitUs[key] = (waitUs[key] ?? 0) + firstAt - from;
    streamUs[key] = (streamUs[key] ?? 0) + to - firstAt;
  }
  return { waitUs, streamUs };
}

/** The span itself or, for transport, the call of the same step that it is a part of. */
function callWithFirstToken(
  parent: Int32Array,
  firstTokenUs: Float64Array,
  { span, keyOf }: { readonly span: number; readonly keyOf: Int32Array },
): number {
  for (let at = span; at !== -1 && keyOf[at] === keyOf[span]; at = parent[at] ?? -1)
    if ((firstTokenUs[at] ?? 0) > 0) return at;
  return -1;
}

function describeContexts(
  forest: SpanForest,
  measured: Parameters<typeof sumByKey>[1],
): Described['contexts'] {
  const contexts = findContexts(forest.tree, forest.wordOf);
  const sums = sumByKey(contexts, measured);
  const sizes = groupSizes(measured.groupOf, bands.length);
  const perTrace = (us: number, traces: number): number => (traces === 0 ? 0 : us / traces / 1000);
  const all = Array.from(contexts.word, (word, id) => {
    const named = forest.words[word];
    return {
      id,
      parent: contexts.parent[id] ?? -1,
      ...(named === undefined ? { kind: 'code' as const, name: '(others)', service: '' } : stepOf(named)),
      calls: whole(sums.calls, id),
      traces: whole(sums.traces, id),
      pathMs: perTrace(whole(sums.pathUs, id), forest.traceCount),
      selfMs: perTrace(whole(sums.selfUs, id), forest.traceCount),
      pathMsByBand: bands.map((_, band) =>
        perTrace(sums.pathUs[id * bands.length + band] ?? 0, sizes[band] ?? 0),
      ),
    };
  });
  const weight = belowToo(all);
  const kept = new Set(
    all
      .toSorted((x, y) => (weight[y.id] ?? 0) - (weight[x.id] ?? 0) || x.id - y.id)
      .slice(0, contextsListed)
      .map(({ id }) => id),
  );
  return all.filter(({ id, parent }) => kept.has(id) && (parent === -1 || kept.has(parent)));
}

/** Time on the path in each context and below it: a parent has at least that of its children. */
function belowToo(
  contexts: readonly { readonly id: number; readonly parent: number; readonly pathMs: number }[],
): Float64Array {
  const weight = Float64Array.from(contexts, ({ pathMs }) => pathMs);
  for (const { id, parent } of contexts.toReversed())
    if (parent !== -1) weight[parent] = (weight[parent] ?? 0) + (weight[id] ?? 0);
  return weight;
}

/** Operations by their slowest twentieth. */
function findSlowest(forest: SpanForest, traces: readonly SelectedTrace[]): Described['slowest'] {
  const { tree, wordOf, words, traceOf } = forest;
  const durations: number[][] = words.map(() => []);
  const worst = new Int32Array(words.length).fill(-1);
  const us = (span: number): number => (tree.endUs[span] ?? 0) - (tree.startUs[span] ?? 0);
  for (let span = 0; span < tree.size; span++) {
    const word = wordOf[span] ?? 0;
    durations[word]?.push(us(span));
    if (worst[word] === -1 || us(span) > us(worst[word] ?? 0)) worst[word] = span;
  }
  return words
    .map((word, index) => {
      const sorted = Float64Array.from(durations[index] ?? []).sort();
      const span = worst[index] ?? 0;
      return {
        ...stepOf(word),
        spanName: word.name,
        calls: sorted.length,
        p50Ms: quantile(sorted, 0.5) / 1000,
        p95Ms: quantile(sorted, 0.95) / 1000,
        maxMs: us(span) / 1000,
        worst: { traceId: traces[traceOf[span] ?? 0]?.traceId ?? '', spanMs: us(span) / 1000 },
      };
    })
    .toSorted((x, y) => y.p95Ms - x.p95Ms || (x.spanName < y.spanName ? -1 : 1))
    .slice(0, slowestListed);
}
