/** Two selections of traces compared: how they did, where their time went, who called what, and what tells them apart. */
import { formatNanos } from '@sightline/base';
import {
  findContexts,
  findCriticalPath,
  groupSizes,
  quantileCurve,
  rankDifferences,
  selfTimes,
  significantP,
  sumByKey,
} from '@sightline/schema/analysis';
import type {
  ComparedDifference,
  ComparedMetric,
  ComparedNode,
  ComparedScore,
  ComparedStep,
  CompareParameters,
  CompareResponse,
} from '@sightline/schema/api';
import { attributesOf, type FieldName } from '@sightline/schema/conventions';
import { type BoundFilter, printField, promptFilter, readPromptVersion } from '@sightline/schema/filter';
import { readQ } from '../filter/read-condition.ts';
import { readScoresOfRuns } from '../agents/scores-of.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { readUsedNumbers, type UsedNumbers } from '../read-usage.ts';
import { readRange } from '../time-range.ts';
import { compareSums } from './compare-sums.ts';
import { findSteps, readForest, type SpanForest, stepOf } from './read-forest.ts';
import { readTraceFields, type TraceField } from './read-item-fields.ts';
import { readSelections, type SelectedTrace, type SelectedTraces, type Selection } from './read-selection.ts';

/** Of both sides together. */
const spansMax = 120_000;
const stepsListed = 60;
const nodesListed = 400;
const differencesListed = 40;
const examplesListed = 5;

export async function readComparison(
  context: QueryContext,
  parameters: CompareParameters,
): Promise<CompareResponse> {
  const reader = new Reader(context);
  const sides = readSides(context, parameters);
  const bounds = { tracesMax: parameters.sample, spansMax: spansMax / 2 };
  const [a, b] = await readSelections(
    reader,
    { a: sides.a.selection, b: sides.b.selection, isRest: sides.isRest },
    bounds,
  );
  const traces = [...a.traces, ...b.traces];
  const inA = Uint8Array.from(traces, (_, index) => (index < a.traces.length ? 1 : 0));
  const [forest, fields, usage, scores] =
    traces.length === 0
      ? ([undefined, [], new Map(), new Map()] as const)
      : await Promise.all([
          readForest(reader, [a, b]),
          readTraceFields(reader, [a, b]),
          readUsageOf(reader, [a, b]),
          readScores(
            reader,
            traces.map(({ traceId }) => traceId),
            firstStart([a, b]),
          ),
        ]);
  return {
    a: { ...describeSide(a), ...sides.a.range },
    b: { ...describeSide(b), ...sides.b.range, isRest: sides.isRest, inBoth: b.inBoth },
    metrics: compareMetrics(a, b, usage),
    scores: compareScores(a, b, scores),
    differences: compareFields(fields, inA, sides.selectedBy),
    ...(forest === undefined ? { steps: [], structure: [] } : compareTrees(forest, inA)),
    ...reader.limitsMet,
  };
}

/** A statement has the ids three times, and 256 KiB. */
const scoredAtOnce = 1000;

async function readScores(
  reader: Reader,
  traceIds: readonly string[],
  from: SelectedTraces['extent']['from'],
): Promise<Scores> {
  const all = new Map<string, readonly { readonly name: string; readonly average: number | null }[]>();
  for (let at = 0; at < traceIds.length; at += scoredAtOnce)
    for (const [id, scores] of await readScoresOfRuns(reader, traceIds.slice(at, at + scoredAtOnce), from))
      all.set(id, scores);
  return all;
}

function firstStart(sides: readonly SelectedTraces[]): SelectedTraces['extent']['from'] {
  return sides
    .filter(({ traces }) => traces.length > 0)
    .map(({ extent }) => extent.from)
    .reduce((x, y) => (y < x ? y : x));
}

/** Side by side: between them may lie weeks. */
async function readUsageOf(reader: Reader, sides: readonly SelectedTraces[]): Promise<Used> {
  const each = await Promise.all(sides.map(async ({ traces }) => readUsedNumbers(reader, traces)));
  return new Map(each.flatMap((usage) => [...usage]));
}

interface Sides {
  readonly a: Side;
  readonly b: Side;
  readonly isRest: boolean;
  /** Fields that one side asks for and the other does not: they differ because somebody said so. */
  readonly selectedBy: ReadonlySet<string>;
}

interface Side {
  readonly selection: Selection;
  readonly range: { readonly from: string; readonly to: string };
}

function readSides({ clock }: QueryContext, parameters: CompareParameters): Sides {
  const { q, a, b, aFrom, aTo, bFrom, bTo, aTraces, bTraces, aPrompt, bPrompt, from, to } = parameters;
  const common = readQ(q, 'traces', clock);
  const filterOf = (words: string | undefined, prompt: string | undefined): BoundFilter => {
    const filter = readQ(words, 'traces', clock);
    if (prompt === undefined) return filter;
    const called = readQ(promptFilter(readPromptVersion(prompt)), 'traces', clock);
    return { type: 'and', items: [filter, called] };
  };
  const filters = { a: filterOf(a, aPrompt), b: filterOf(b, bPrompt) };
  const side = (name: 'a' | 'b', ids: string | undefined, start = from, end = to): Side => {
    const range = readRange({ from: start, to: end }, clock);
    const words = { from: formatNanos(range.from), to: formatNanos(range.to) };
    if (ids !== undefined)
      return {
        selection: { type: 'traces', traceIds: [...new Set(ids.toLowerCase().split(','))] },
        range: words,
      };
    const filter: BoundFilter = { type: 'and', items: [common, filters[name]] };
    return { selection: { type: 'filter', window: range, request: { filter } }, range: words };
  };
  return {
    a: side('a', aTraces, aFrom, aTo),
    b: side('b', bTraces, bFrom, bTo),
    isRest: [b, bFrom, bTo, bTraces, bPrompt].every((said) => said === undefined),
    selectedBy: new Set([...fieldsOf(filters.a), ...fieldsOf(filters.b)]),
  };
}

function fieldsOf(filter: BoundFilter): string[] {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.items.flatMap(fieldsOf);
    case 'not':
    case 'span':
      return fieldsOf(filter.item);
    case 'test': {
      const { field } = filter;
      return field.type === 'builtin' ? withSources(field.field.name) : withField(field.key);
    }
    default:
      return [];
  }
}

/** Built-in fields and the normal fields whose attributes say the same. */
const readFrom: Readonly<Record<string, readonly FieldName[]>> = {
  provider: ['provider'],
  model: ['request_model', 'response_model'],
  agent: ['agent_name'],
  tool: ['tool_name'],
  session: ['session_id'],
  user: ['user_id'],
};

/** Who asks for a model asks for the attributes that it is read from. */
function withSources(name: string): string[] {
  return [name, ...(readFrom[name] ?? []).flatMap(attributesOf).flatMap(printed)];
}

/** Who asks for an attribute asks for the field that is read from it. */
function withField(key: string): string[] {
  const known = Object.entries(readFrom).find(([, fields]) =>
    fields.some((field) => attributesOf(field).includes(key)),
  );
  return [...printed(key), ...(known === undefined ? [] : withSources(known[0]))];
}

const printed = (key: string): string[] =>
  (['any', 'attr', 'resource'] as const).map((source) => printField({ source, name: key }));

const durationMs = ({ startNanos, endNanos }: SelectedTrace): number => Number(endNanos - startNanos) / 1e6;

function describeSide({ total, traces }: SelectedTraces) {
  return {
    total,
    sampled: traces.length,
    spans: traces.reduce((sum, { spanCount }) => sum + spanCount, 0),
    examples: traces
      .toSorted((x, y) => durationMs(y) - durationMs(x))
      .slice(0, examplesListed)
      .map(({ traceId }) => traceId),
  };
}

type Used = ReadonlyMap<string, UsedNumbers>;

function compareMetrics(a: SelectedTraces, b: SelectedTraces, usage: Used): ComparedMetric[] {
  const known = (value: number | null | undefined): number[] =>
    value === null || value === undefined || !Number.isFinite(value) ? [] : [value];
  const metric = (
    name: ComparedMetric['name'],
    unit: ComparedMetric['unit'],
    valueOf: (trace: SelectedTrace) => readonly number[],
  ): ComparedMetric => ({
    name,
    unit,
    a: quantileCurve(a.traces.flatMap(valueOf)),
    b: quantileCurve(b.traces.flatMap(valueOf)),
  });
  return [
    metric('duration', 'ms', (trace) => [durationMs(trace)]),
    metric('cost', 'USD', ({ traceId }) => known(usage.get(traceId)?.costUsd)),
    metric('input_tokens', 'token', ({ traceId }) => known(usage.get(traceId)?.inputTokens)),
    metric('output_tokens', 'token', ({ traceId }) => known(usage.get(traceId)?.outputTokens)),
    metric('spans', 'span', ({ spanCount }) => [spanCount]),
    metric('errors', 'error', ({ errorCount }) => [errorCount]),
  ];
}

type Scores = ReadonlyMap<string, readonly { readonly name: string; readonly average: number | null }[]>;

function compareScores(a: SelectedTraces, b: SelectedTraces, scores: Scores): ComparedScore[] {
  const valuesOf = ({ traces }: SelectedTraces, name: string): number[] =>
    traces.flatMap(({ traceId }) =>
      (scores.get(traceId) ?? []).flatMap((score) =>
        score.name === name && score.average !== null ? [score.average] : [],
      ),
    );
  const names = new Set(
    [...scores.values()].flatMap((each) =>
      each.flatMap(({ name, average }) => (average === null ? [] : [name])),
    ),
  );
  return [...names].toSorted().map((name) => ({
    name,
    a: quantileCurve(valuesOf(a, name)),
    b: quantileCurve(valuesOf(b, name)),
  }));
}

function compareFields(
  fields: readonly TraceField[],
  inA: Uint8Array,
  selectedBy: ReadonlySet<string>,
): ComparedDifference[] {
  const sizeA = inA.reduce((sum, one) => sum + one, 0);
  const sizeB = inA.length - sizeA;
  if (sizeA === 0 || sizeB === 0) return [];
  const filterOf = new Map(
    fields.map(({ field, values, filters }) => [
      field,
      new Map(values.map((value, place) => [value, filters[place] ?? null])),
    ]),
  );
  const selected = fields.filter(({ field }) => selectedBy.has(field));
  // Ranked apart: what somebody selected by would set the yardstick for all others.
  const ranked = rankDifferences({ inA, fields: fields.filter(({ field }) => !selectedBy.has(field)) });
  const reasonOf = (isSelected: boolean, isId: boolean): ComparedDifference['reason'] =>
    isSelected ? 'selected' : isId ? 'id' : null;
  const describe = (one: (typeof ranked)[number], isSelected: boolean): ComparedDifference => ({
    field: one.field,
    alike: [...one.alike],
    score: one.score,
    divergence: one.divergence,
    byChance: one.byChance,
    p: one.p,
    isSignificant: one.p <= significantP && !isSelected && !one.isId,
    reason: reasonOf(isSelected, one.isId),
    tracesWithField: one.itemsWithField,
    valueCount: fields.find(({ field }) => field === one.field)?.distinct ?? one.valueCount,
    // What nobody can filter by, such as all rarer values together, says least: it stands last.
    values: one.values
      .map(({ value, a, b }) => ({
        value,
        a: a / sizeA,
        b: b / sizeB,
        q: value === null ? `-${one.field}:*` : (filterOf.get(one.field)?.get(value) ?? null),
      }))
      .toSorted((x, y) => Number(x.q === null) - Number(y.q === null)),
  });
  return [
    ...ranked
      .map((one) => describe(one, false))
      .toSorted((x, y) => Number(x.reason !== null) - Number(y.reason !== null))
      .filter(({ score }, place) => score > 0 && place < differencesListed),
    ...rankDifferences({ inA, fields: selected }).map((one) => describe(one, true)),
  ];
}

function compareTrees(
  forest: SpanForest,
  inA: Uint8Array,
): { steps: ComparedStep[]; structure: ComparedNode[] } {
  const { tree, roots, wordOf, words, isError, isAside } = forest;
  const measured = {
    forest,
    isError,
    onPathUs: findCriticalPath({ ...tree, isAside }, roots).onPathUs,
    selfUs: selfTimes(tree),
    groupOf: Int32Array.from(inA, (one) => 1 - one),
    groupCount: 2,
  };
  const sizes = groupSizes(measured.groupOf, 2);
  const { steps, ...keys } = findSteps(forest);
  const ofSteps = sumByKey(keys, measured);
  const contexts = findContexts(tree, wordOf);
  const ofContexts = sumByKey(contexts, measured);
  const structure = Array.from(contexts.word, (word, id): ComparedNode => {
    const named = words[word];
    const sums = compareSums(ofContexts, id, sizes);
    return {
      id,
      parent: contexts.parent[id] ?? -1,
      ...(named === undefined ? { kind: 'code' as const, name: '(others)', service: '' } : stepOf(named)),
      ...sums,
      change: changeOf(sums),
    };
  });
  return {
    steps: steps
      .map((step, key) => ({ ...step, ...compareSums(ofSteps, key, sizes) }))
      .filter(({ a, b }) => a.calls + b.calls > 0)
      .toSorted((x, y) => Math.abs(y.moreMs) - Math.abs(x.moreMs) || (x.name < y.name ? -1 : 1))
      .slice(0, stepsListed),
    structure: mostTelling(structure),
  };
}

/** Shares below are those of stragglers, not of what a side does. */
const rareShare = 0.01;
const oftener = 1.2;

function changeOf({
  a,
  b,
  moreMs,
  isSignificant,
}: Omit<ComparedNode, 'id' | 'parent' | 'kind' | 'name' | 'service' | 'change'>): ComparedNode['change'] {
  if (b.traces === 0 && a.traces > rareShare) return 'added';
  if (a.traces === 0 && b.traces > rareShare) return 'removed';
  if (isSignificant) return moreMs > 0 ? 'slower' : 'faster';
  if (a.calls > b.calls * oftener) return 'more';
  return b.calls > a.calls * oftener ? 'fewer' : 'same';
}

/** Those that most traces have, with all that is around them: a parent is at least as common as its children. */
function mostTelling(structure: readonly ComparedNode[]): ComparedNode[] {
  if (structure.length <= nodesListed) return [...structure];
  const weight = ({ a, b }: ComparedNode): number => a.traces + b.traces;
  const kept = new Set(
    structure
      .toSorted((x, y) => weight(y) - weight(x) || x.id - y.id)
      .slice(0, nodesListed)
      .map(({ id }) => id),
  );
  return structure.filter(({ id, parent }) => kept.has(id) && (parent === -1 || kept.has(parent)));
}
