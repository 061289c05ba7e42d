/**
 * Questions about the past of the same items that are asked in one moment, whatever steps they have and whatever tells their items apart: the items are read once.
 * Reading them is most of the work of a dashboard.
 */
import { unixNano } from '@sightline/base';
import { type Dimension, printDimension, type ValueQuery } from '@sightline/schema/rules';
import { type QueryContext, Reader } from '../reader.ts';
import { type Looks, type LookSet, ruleValueSets, type ValueRow } from '../sql/rule-values-sql.ts';
import { itemsOf } from './items-of.ts';
import {
  historyRowsMax,
  queryItems,
  readRuleHistories,
  seriesOf,
  type ValueSeries,
} from './read-rule-values.ts';

type Answer = readonly ValueSeries[] | Error;

interface Asked {
  readonly queries: readonly ValueQuery[];
  readonly looks: Looks;
  readonly resolve: (answers: readonly Answer[]) => void;
}

/** Sums of all that is told apart are kept at a time: what has few values may be told apart together. */
const fewValued: ReadonlySet<string> = new Set([
  'service',
  'agent',
  'model',
  'provider',
  'version',
  'environment',
  'workflow',
  'operation',
]);
const dimensionsMax = 4;

export class JoinedHistories {
  readonly #context: QueryContext;
  readonly #waiting = new Map<string, Asked[]>();

  constructor(context: QueryContext) {
    this.#context = context;
  }

  /** As `readRuleHistories`, for queries about one source. */
  async read(queries: readonly ValueQuery[], looks: Looks): Promise<readonly Answer[]> {
    const alike = [...Map.groupBy(queries.keys(), (index) => itemsKey(queries[index])).values()];
    if (alike.length > 1) {
      const answers: Answer[] = queries.map(() => []);
      await Promise.all(
        alike.map(async (indexes) => {
          const some = await this.read(
            indexes.flatMap((index) => queries[index] ?? []),
            looks,
          );
          for (const [place, index] of indexes.entries()) answers[index] = some[place] ?? [];
        }),
      );
      return answers;
    }
    const [first] = queries;
    if (first === undefined) return [];
    if (!queries.every((query) => isJoinable(query, looks)))
      return readRuleHistories(this.#context, queries, looks);
    return new Promise((resolve) => {
      const key = itemsKey(first);
      const known = this.#waiting.get(key);
      if (known !== undefined) {
        known.push({ queries, looks, resolve });
        return;
      }
      const waiting: Asked[] = [{ queries, looks, resolve }];
      this.#waiting.set(key, waiting);
      setImmediate(() => {
        this.#waiting.delete(key);
        void this.#answer(waiting);
      });
    });
  }

  async #answer(waiting: readonly Asked[]): Promise<void> {
    const alone = async ({ queries, looks, resolve }: Asked): Promise<void> =>
      resolve(await readRuleHistories(this.#context, queries, looks));
    const plan = planOf(waiting);
    if (plan === undefined) {
      await Promise.all(waiting.map(alone));
      return;
    }
    const answers = await readTogether(this.#context, waiting, plan).catch(() => undefined);
    // One that fails takes no other with it.
    if (answers === undefined) await Promise.all(waiting.map(alone));
    else for (const [index, { resolve }] of waiting.entries()) resolve(answers[index] ?? []);
  }
}

/** Runs and calls are read whole. Of spans and logs a filter reads few, by the indexes, which say nothing where all others are read with them. */
const itemsKey = (query: ValueQuery | undefined): string =>
  query?.source === 'spans' || query?.source === 'logs'
    ? `${query.source} ${/^[\s*]*$/.test(query.filter) ? 'all' : 'some'}`
    : (query?.source ?? '');

function isJoinable({ by, source }: ValueQuery, { windowNanos, stepNanos }: Looks): boolean {
  return (
    source !== 'scores' &&
    windowNanos === stepNanos &&
    by.every(({ type, name }) => type === 'builtin' && fewValued.has(name))
  );
}

interface Plan {
  readonly by: readonly Dimension[];
  readonly queries: readonly ValueQuery[];
  readonly sets: readonly LookSet[];
  /** For each question and each of its queries. */
  readonly places: readonly (readonly { readonly set: number; readonly query: number }[])[];
}

/** Undefined where there is nothing to be joined, or too much. */
function planOf(waiting: readonly Asked[]): Plan | undefined {
  const by = new Map<string, Dimension>();
  const queries = new Map<string, ValueQuery>();
  const sets = new Map<
    string,
    { readonly looks: Looks; readonly by: readonly number[]; readonly queries: number[] }
  >();
  const placeIn = <T>(known: ReadonlyMap<string, T>, key: string): number => [...known.keys()].indexOf(key);
  const places = waiting.map((asked) =>
    asked.queries.map((query) => {
      for (const dimension of query.by) by.set(printDimension(dimension), dimension);
      const queryKey = JSON.stringify([query.filter, query.left, query.right ?? null]);
      if (!queries.has(queryKey)) queries.set(queryKey, query);
      const { first, stepNanos, count } = asked.looks;
      const setKey = [first, stepNanos, count, ...query.by.map(printDimension)].join(' ');
      const set = sets.get(setKey) ?? {
        looks: asked.looks,
        by: query.by.map((dimension) => placeIn(by, printDimension(dimension))),
        queries: [],
      };
      sets.set(setKey, set);
      const place = placeIn(queries, queryKey);
      if (!set.queries.includes(place)) set.queries.push(place);
      return { set: placeIn(sets, setKey), query: place };
    }),
  );
  if (sets.size < 2 || by.size > dimensionsMax) return undefined;
  return { by: [...by.values()], queries: [...queries.values()], sets: [...sets.values()], places };
}

async function readTogether(
  context: QueryContext,
  waiting: readonly Asked[],
  { by, queries, sets, places }: Plan,
): Promise<readonly (readonly ValueSeries[])[][]> {
  const reader = new Reader(context);
  const source = queries[0]?.source ?? 'spans';
  const from = sets.map(({ looks }) => looks.first - looks.windowNanos).reduce((a, b) => (a < b ? a : b));
  const to = sets
    .map(({ looks }) => looks.first + looks.stepNanos * BigInt(looks.count))
    .reduce((a, b) => (a > b ? a : b));
  const request = {
    ...(await itemsOf(reader, {
      source,
      by,
      queries: queries.map(queryItems),
      window: { from: unixNano(from), to: unixNano(to) },
    })),
    storedAfterMs: undefined,
  };
  const rows = await reader.rows<ValueRow & { readonly set: number }>(
    ruleValueSets(request, sets, historyRowsMax),
  );
  if (rows.length >= historyRowsMax) throw new Error('These are too many to be told apart together.');
  const bySet = Map.groupBy(rows, ({ set }) => Number(set));
  return waiting.map((asked, index) =>
    asked.queries.map((query, at) => {
      const { set = 0, query: place = 0 } = places[index]?.[at] ?? {};
      const dimensions = sets[set]?.by ?? [];
      const own = (bySet.get(set) ?? []).map((row) => ({
        ...row,
        ...Object.fromEntries(dimensions.map((key, label) => [`l${label}`, row[`k${key}`]])),
      }));
      return seriesOf(query, { place, count: asked.looks.count, rows: own });
    }),
  );
}
