/**
 * Values over time that were read lately, by their steps. Of a step that nothing was stored in since, the value is as it was: a chart of a day that is asked
 * again reads the last steps only. What is deleted is not seen, so that nothing is kept for long.
 */
import type { RuleSource, ValueQuery } from '@sightline/schema/rules';
import { type QueryContext, Reader } from '../reader.ts';
import type { JoinedModels } from '../agents/model-names.ts';
import { KeptAnswers } from '../kept-answers.ts';
import { readRunsProgress } from '../agents/settled-runs.ts';
import { inRange, storedAfter } from '../sql/range-sql.ts';
import type { SpreadRow } from '../sql/rule-spread-sql.ts';
import type { Looks } from '../sql/rule-values-sql.ts';
import { int64, moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { JoinedHistories } from './joined-histories.ts';
import { readRuleHistories, valueOfNothing, type ValueSeries } from './read-rule-values.ts';

/** As `readRuleHistories`. */
export type HistoriesReader = (
  queries: readonly ValueQuery[],
  looks: Looks,
) => Promise<readonly (readonly ValueSeries[] | Error)[]>;

type Keepable = Exclude<RuleSource, 'scores'>;

/** How far the store had come when something was read; what came later may change it. */
interface Stamp {
  readonly ms: bigint;
  /** When the first run began that is to be settled again although nothing comes; undefined where none is. */
  readonly waitingFrom?: bigint | undefined;
  /** A rederived day begins a new generation. */
  readonly generation: number;
}

interface KeptSteps {
  readonly stamp: Stamp;
  /** When the oldest of its values was read. */
  readonly sinceMs: number;
  readonly first: bigint;
  readonly count: number;
}

interface Kept extends KeptSteps {
  readonly series: readonly ValueSeries[];
}

interface KeptSpread extends KeptSteps {
  readonly rows: readonly SpreadRow[];
}

/** A query for one value, or for the distribution of a measure. */
type KeptQuery = Pick<ValueQuery, 'source' | 'filter'> & Partial<Pick<ValueQuery, 'left' | 'right'>>;

const ageMsMax = 600_000;
/** Values of all that is kept: 16 bytes each. */
const valuesMax = 2_000_000;
/** A bound on the rows of all kept distributions together. A row takes 100 bytes. */
const spreadRowsMax = 200_000;
/** Rows have the time at which their load began, and are seen when it is done. */
const loadMsMax = 60_000n;
const dayNanos = 86_400_000_000_000n;

/** The context in which panels are answered. */
export interface PanelContext extends QueryContext {
  /** Values that were read lately; without it each is read anew. */
  readonly histories?: KeptHistories | undefined;
}

export interface SpreadOfSteps {
  readonly looks: Looks;
  readonly asked: unknown;
  readonly read: (fromStep: number) => Promise<readonly SpreadRow[]>;
}

/** Ranges whose names of models are kept. */
const namesKeptMax = 200;

export class KeptHistories {
  readonly #kept = new Map<string, Kept>();
  readonly #spreads = new Map<string, KeptSpread>();
  /** Under which names models are listed, for panels that are not kept as well: to read them is a look at every span of a day. */
  readonly names = new KeptAnswers<JoinedModels>(namesKeptMax);
  readonly #loadMsMax: bigint;

  constructor(options: { readonly loadMsMax?: bigint } = {}) {
    this.#loadMsMax = options.loadMsMax ?? loadMsMax;
  }

  /** For questions that are asked together: how far the store has come is asked once. */
  together(context: QueryContext): HistoriesReader {
    const known = new KnownChanges(context, this.#loadMsMax);
    return async (queries, looks) => this.#read(known, queries, looks);
  }

  /** How values are spread, by step. `read` reads the steps from the given number on; `asked` is all else that tells spreads apart. */
  async spread(
    context: QueryContext,
    query: KeptQuery,
    { looks, asked, read }: SpreadOfSteps,
  ): Promise<readonly SpreadRow[]> {
    const source = query.source;
    if (source === 'scores' || !isKeepable(query, looks)) return read(0);
    const known = new KnownChanges(context, this.#loadMsMax);
    const stamp = await known.stamp(source);
    const nowMs = Number(context.clock.now() / 1_000_000n);
    this.#forget(nowMs);
    const key = keyOf(context.project, { ...query, asked }, looks);
    const kept = this.#spreads.get(key);
    const steps = kept === undefined ? 0 : await stepsUnchanged(known, { source, kept, stamp, looks });
    const fresh = steps < looks.count ? await read(steps) : [];
    const shift = kept === undefined ? 0 : Number((looks.first - kept.first) / looks.stepNanos);
    const before = (kept?.rows ?? [])
      .map((row) => ({ ...row, step: Number(row.step) - shift }))
      .filter(({ step }) => step >= 0 && step < steps);
    const rows = [...before, ...fresh];
    const sinceMs = steps > 0 && kept !== undefined ? kept.sinceMs : nowMs;
    this.#spreads.delete(key);
    this.#spreads.set(key, { stamp, sinceMs, first: looks.first, count: looks.count, rows });
    let total = 0;
    for (const each of this.#spreads.values()) total += each.rows.length;
    for (const [oldest, each] of this.#spreads) {
      if (total <= spreadRowsMax) break;
      this.#spreads.delete(oldest);
      total -= each.rows.length;
    }
    return rows;
  }

  async #read(
    known: KnownChanges,
    queries: readonly ValueQuery[],
    looks: Looks,
  ): Promise<readonly (readonly ValueSeries[] | Error)[]> {
    const answers: (readonly ValueSeries[] | Error)[] = queries.map(() => []);
    const { kept = [], plain = [] } = Object.groupBy(queries.keys(), (index) =>
      isKeepable(queries[index], looks) ? 'kept' : 'plain',
    );
    const read = async (indexes: readonly number[], ask: typeof readRuleHistories): Promise<void> => {
      const some = await ask(
        known.context,
        indexes.flatMap((index) => queries[index] ?? []),
        looks,
      );
      for (const [place, index] of indexes.entries()) answers[index] = some[place] ?? [];
    };
    const bySource = Map.groupBy(kept, (index) => queries[index]?.source);
    await Promise.all([
      plain.length === 0 ? undefined : read(plain, readRuleHistories),
      ...[...bySource.values()].map(async (indexes) =>
        read(indexes, async (_context, some) => this.#readKept(known, some, looks)),
      ),
    ]);
    return answers;
  }

  /** Of queries that look at the same source. */
  async #readKept(
    known: KnownChanges,
    queries: readonly ValueQuery[],
    looks: Looks,
  ): Promise<readonly (readonly ValueSeries[] | Error)[]> {
    const [only] = queries;
    if (only === undefined) return [];
    const { context } = known;
    const source = only.source as Keepable;
    const stamp = await known.stamp(source);
    const nowMs = Number(context.clock.now() / 1_000_000n);
    this.#forget(nowMs);
    const found = await Promise.all(
      queries.map(async (query) => {
        const key = keyOf(context.project, query, looks);
        const kept = this.#kept.get(key);
        const steps = kept === undefined ? 0 : await stepsUnchanged(known, { source, kept, stamp, looks });
        return { key, steps, kept: steps === 0 ? undefined : kept };
      }),
    );
    const answers: (readonly ValueSeries[] | Error)[] = queries.map(() => []);
    const alike = Map.groupBy(queries.keys(), (index) => found[index]?.steps ?? 0);
    await Promise.all(
      [...alike].map(async ([steps, indexes]) => {
        const some = indexes.flatMap((index) => queries[index] ?? []);
        const rest = {
          ...looks,
          first: looks.first + BigInt(steps) * looks.stepNanos,
          count: looks.count - steps,
        };
        const fresh = rest.count === 0 ? some.map(() => []) : await known.joined.read(some, rest);
        for (const [place, index] of indexes.entries()) {
          const { key = '', kept } = found[index] ?? {};
          const query = queries[index];
          const now = fresh[place] ?? [];
          if (now instanceof Error || query === undefined) {
            answers[index] = now;
            continue;
          }
          const series = kept === undefined ? now : join(query, { kept, looks, steps }, now);
          answers[index] = series;
          this.#keep(key, {
            stamp,
            sinceMs: kept?.sinceMs ?? nowMs,
            first: looks.first,
            count: looks.count,
            series,
          });
        }
      }),
    );
    return answers;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    let total = 0;
    for (const { series, count } of this.#kept.values()) total += series.length * count;
    for (const [oldest, { series, count }] of this.#kept) {
      if (total <= valuesMax) return;
      this.#kept.delete(oldest);
      total -= series.length * count;
    }
  }

  #forget(nowMs: number): void {
    for (const all of [this.#kept, this.#spreads])
      for (const [key, { sinceMs }] of all) if (nowMs - sinceMs > ageMsMax) all.delete(key);
  }
}

/** Each item is in one step, and what its filter meets does not depend on when it is asked. */
function isKeepable(query: KeptQuery | undefined, { stepNanos, windowNanos }: Looks): boolean {
  return (
    query !== undefined &&
    query.source !== 'scores' &&
    windowNanos === stepNanos &&
    !/[-+]\s*\d|\bnow\b|score\./i.test(textOf(query))
  );
}

const textOf = ({ filter, left, right }: KeptQuery): string =>
  [filter, ...[left, right].map((term) => (term !== undefined && 'filter' in term ? term.filter : ''))].join(
    ' ',
  );

/** Steps of one length share a grid where their first ones are whole steps apart. */
function keyOf(project: string, query: object, { first, stepNanos }: Looks): string {
  return JSON.stringify([project, query, String(stepNanos), String(first % stepNanos)]);
}

/** How many of the steps that are asked for are kept, from the first on, and were not changed since. */
function stepsKept(
  kept: KeptSteps,
  { first, stepNanos, count }: Looks,
  changedFrom: bigint | undefined,
): number {
  if (kept.first > first) return 0;
  const end = kept.first + BigInt(kept.count) * stepNanos;
  // A look covers the step that ends there.
  const changed = changedFrom === undefined ? end : changedFrom + stepNanos;
  const steps = ((changed < end ? changed : end) - first) / stepNanos;
  return Math.min(count, Math.max(0, Number(steps)));
}

async function stepsUnchanged(
  known: KnownChanges,
  asked: {
    readonly source: Keepable;
    readonly kept: KeptSteps;
    readonly stamp: Stamp;
    readonly looks: Looks;
  },
): Promise<number> {
  const { source, kept, stamp, looks } = asked;
  if (kept.stamp.generation !== stamp.generation) return 0;
  const changed = await known.changedFrom(source, kept.stamp.ms, looks);
  return stepsKept(kept, looks, earliest([changed, kept.stamp.waitingFrom]));
}

/** How far the store has come, and what changed since some moment: each is asked once. */
class KnownChanges {
  readonly context: QueryContext;
  readonly joined: JoinedHistories;
  readonly #reader: Reader;
  readonly #stamps = new Map<boolean, Promise<Stamp>>();
  readonly #changes = new Map<string, Promise<bigint | undefined>>();
  readonly #loadMsMax: bigint;

  constructor(context: QueryContext, loadMs: bigint) {
    this.context = context;
    this.joined = new JoinedHistories(context);
    this.#loadMsMax = loadMs;
    this.#reader = new Reader(context);
  }

  async stamp(source: Keepable): Promise<Stamp> {
    const ofRuns = isOfRuns(source);
    const known = this.#stamps.get(ofRuns) ?? this.#readStamp(ofRuns);
    this.#stamps.set(ofRuns, known);
    return known;
  }

  /** The earliest moment of which something came or changed after `since`; undefined where nothing did. */
  async changedFrom(source: Keepable, since: bigint, looks: Looks): Promise<bigint | undefined> {
    const key = `${source} ${since}`;
    const known = this.#changes.get(key) ?? this.#readChangedFrom(source, since, looks);
    this.#changes.set(key, known);
    return known;
  }

  async #readStamp(ofRuns: boolean): Promise<Stamp> {
    if (ofRuns) {
      await this.#reader.settle();
      // What changed before this is in the table of runs, but for those that wait.
      const { untilMs, generation, waiting = [] } = await readRunsProgress(this.#reader);
      const own = waiting.filter(({ project }) => project === this.context.project);
      return { ms: untilMs, generation, waitingFrom: earliest(own.map(({ from }) => from)) };
    }
    const statement = trusted('SELECT toUnixTimestamp64Milli(now64(3)) AS ms');
    const [row] = await this.#reader.rows<{ ms: string }>(statement);
    return { ms: BigInt(row?.ms ?? 0), generation: 0 };
  }

  async #readChangedFrom(source: Keepable, since: bigint, looks: Looks): Promise<bigint | undefined> {
    // Nothing comes any more that was stored before the progress of runs. It stands still while nothing comes: what came last must not count again on each look.
    const ms = isOfRuns(source) ? since : since - this.#loadMsMax;
    const { project } = this.context;
    const end = looks.first + looks.stepNanos * BigInt(looks.count);
    // Grids of one range begin and end a step apart.
    const range = { from: beforeDay(looks.first - looks.windowNanos), to: end + dayNanos } as Window;
    if (source === 'logs')
      return this.#earliest([
        sql`SELECT toUnixTimestamp64Nano(min(time)) AS nanos, count() AS items FROM logs WHERE ${inRange(project, 'logs', range)} AND ${storedAfter(ms)}`,
      ]);
    // Spans beyond those of AI count for filters of runs.
    const ofSpans = sql`SELECT toUnixTimestamp64Nano(min(start_time)) AS nanos, count() AS items FROM spans WHERE ${inRange(project, 'spans', range)} AND ${storedAfter(ms)}`;
    if (source === 'spans') return this.#earliest([ofSpans]);
    const { generation } = await this.stamp(source);
    return this.#earliest([
      ofSpans,
      sql`SELECT toUnixTimestamp64Nano(min(start_time)) AS nanos, count() AS items FROM runs
        WHERE project = ${string(project)} AND generation = ${uint(generation)} AND start_time >= ${moment(range.from)} AND trace_id IN (
          SELECT trace_id FROM ai_spans WHERE ${inRange(project, 'spans', range)} AND changed_time > fromUnixTimestamp64Milli(${int64(ms)}, 'UTC'))`,
    ]);
  }

  async #earliest(statements: readonly Sql[]): Promise<bigint | undefined> {
    const answers = await Promise.all(
      statements.map(async (statement) => this.#reader.rows<{ nanos: string; items: string }>(statement)),
    );
    return earliest(
      answers
        .flat()
        .filter(({ items }) => Number(items) > 0)
        .map(({ nanos }) => BigInt(nanos)),
    );
  }
}

const isOfRuns = (source: Keepable): boolean => source === 'runs' || source === 'calls';

function earliest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times
    .filter((time) => time !== undefined)
    .reduce<bigint | undefined>(
      (first, each) => (first === undefined || each < first ? each : first),
      undefined,
    );
}

const beforeDay = (nanos: bigint): bigint => (nanos > dayNanos ? nanos - dayNanos : 0n);

/** What is kept of the first steps, then what was read of the others. */
function join(
  query: ValueQuery,
  { kept, looks, steps }: { readonly kept: Kept; readonly looks: Looks; readonly steps: number },
  fresh: readonly ValueSeries[],
): readonly ValueSeries[] {
  const nothing = valueOfNothing(query);
  const shift = Number((looks.first - kept.first) / looks.stepNanos);
  const before = new Map(kept.series.map((each) => [JSON.stringify(each.labels), each]));
  const after = new Map(fresh.map((each) => [JSON.stringify(each.labels), each]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key): ValueSeries => {
      const old = before.get(key);
      const now = after.get(key);
      const place = <T>(read: (one: ValueSeries) => readonly T[], none: T): T[] =>
        Array.from({ length: looks.count }, (_each, at) => {
          const one = at < steps ? old : now;
          return one === undefined ? none : (read(one)[at < steps ? shift + at : at - steps] ?? none);
        });
      return {
        labels: (now ?? old)?.labels ?? {},
        values: place(({ values }) => values, nothing),
        items: place(({ items }) => items, undefined),
      };
    })
    .filter(({ items }) => query.by.length === 0 || items.some((count) => count !== undefined));
}
