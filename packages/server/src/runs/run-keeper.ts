/**
 * Keeps the table of runs, from which lists and sums of agents are read. Some seconds after traces were loaded, or priced anew, it looks which of them
 * changed, and puts these runs together once more, whole. Until then lists read them from `ai_spans`, so nobody waits for it and nothing is wrong without it.
 */
import { assert, unixNano } from '@sightline/base';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background-looks.ts';
import { readRunsProgress, type RunsProgress } from '../query/agents/stored-runs.ts';
import {
  anyChangeAfter,
  type ChangedTraces,
  changedTimes,
  extentsOf,
  farTraces,
  runsOf,
  vacatedColumns,
  vacatedPlaces,
} from '../query/sql/fill-runs-sql.ts';
import { type Sql, sql, trusted } from '../query/sql/sql.ts';
import { type ChangedSteps, filledColumns } from '../query/sql/stored-runs-sql.ts';
import type { Window } from '../query/sql/trace-sets-sql.ts';
import { tracesByHex } from '../query/sql/trace-summary-sql.ts';
import type { RunsAhead, TelemetryStore } from '../storage/telemetry-store.ts';
import { type ChangedTime, type FoundSpells, type Spell, spellsOf } from './changed-spells.ts';
import { backgroundLimits, SumKeeper } from './sum-keeper.ts';

export interface RunKeeperOptions {
  readonly store: Pick<
    TelemetryStore,
    'query' | 'settledMs' | 'deriveRuns' | 'forgetRunSums' | 'recordRunsProgress'
  >;
  readonly log: Pick<Logger, 'warn'>;
  readonly intervalMs?: number;
  /** How long runs are left alone before they are summed up. */
  readonly quietMs?: number;
  /** About how many steps are put together at once. */
  readonly stepsPerStatement?: number;
  /** Whether somebody waits for the store. */
  readonly isAwaited?: () => boolean;
}

const intervalMsDefault = 10_000;
/** Rests so many times as long as it worked: while more arrives than the machine has time for, what arrives goes first. */
const restFactor = 4;
const retryMs = 30_000;
/** So long sums are made before runs have their turn again. */
const sumsMsMax = 3_000;
/** While somebody waits for the store, it rests after a statement, up to so many times as long as that took. */
const waitFactor = 1;
const waitStepMs = 20;
/** What is put together at once fits in memory, and is done long before the engine loses its patience, however busy the machine is. */
const stepsPerStatementDefault = 200_000;
/** More of them, and all are looked for in all of the time. */
const farMax = 5_000;
/** A clock that was set back stamps rows with times that were. */
const setBackMs = 600_000n;
/** Ten minutes of projects that are looked at at once; what is beyond comes after. */
const timesMax = 50_000;
/** After so long of going back, what came meanwhile has its turn; looking for it takes less than a tenth of the time. */
const forwardMs = 10_000;
const listFactor = 10;
const secondNanos = 1_000_000_000n;

export class RunKeeper {
  readonly #options: RunKeeperOptions;
  readonly #looks: BackgroundLooks;
  #statement: Promise<unknown> = Promise.resolve();
  /** Before this nothing is looked for. */
  #dueMs = 0;
  readonly #sums: SumKeeper;
  readonly #stepsPerStatement: number;
  #sumsTimer: NodeJS.Timeout | undefined;

  constructor(options: RunKeeperOptions) {
    this.#options = options;
    this.#stepsPerStatement = options.stepsPerStatement ?? stepsPerStatementDefault;
    this.#looks = new BackgroundLooks({
      look: async () => this.#lookAndGoOn(),
      retryMs,
      log: options.log,
      failure: 'Runs could not be put together ahead; trying again.',
    });
    this.#sums = new SumKeeper({ ...options, between: async (task) => this.#alongside(task) });
  }

  /** To be called after whatever may have changed traces, and once to begin with. */
  changed(): void {
    this.#looks.lookIn(this.#dueMs - performance.now());
  }

  /** Resolves when all that was settled in the store before is in the table. */
  async settled(): Promise<void> {
    await this.#looks.inTurn(async () => {
      await this.#look(Infinity);
    });
  }

  /** Runs a task that deletes runs while nothing is put together: what is deleted meanwhile would come back. */
  async between<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#apart(task).finally(() => {
      this.#sums.lost();
      this.changed();
    });
  }

  async #apart<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.#statement.catch(() => undefined).then(task);
    this.#statement = done;
    return done;
  }

  /** One of many statements, with a rest after it where somebody needs the machine more. */
  async #alongside<Result>(task: () => Promise<Result>): Promise<Result> {
    let beganMs = 0;
    const result = await this.#apart(async () => {
      beganMs = performance.now();
      return task();
    });
    const endedMs = performance.now();
    const untilMs = endedMs + waitFactor * (endedMs - beganMs);
    const isAwaited = this.#options.isAwaited ?? (() => false);
    while (isAwaited() && performance.now() < untilMs && !this.#looks.isStopped)
      await new Promise((resolve) => setTimeout(resolve, waitStepMs));
    return result;
  }

  /** Resolves when what is under way is done. */
  async stop(): Promise<void> {
    clearTimeout(this.#sumsTimer);
    await this.#looks.stop();
  }

  async #lookAndGoOn(): Promise<void> {
    const { intervalMs = intervalMsDefault } = this.#options;
    const beganMs = performance.now();
    const until = await this.#look(sumsMsMax);
    const endedMs = performance.now();
    this.#dueMs = Math.max(beganMs + intervalMs, endedMs + restFactor * (endedMs - beganMs));
    const rest = await this.#rows(anyChangeAfter(until));
    if (rest.length > 0) this.changed();
    this.#lookForSumsIn(this.#sums.dueInMs);
  }

  /** Of its own, so that runs need not wait for it. */
  #lookForSumsIn(dueInMs: number | undefined): void {
    clearTimeout(this.#sumsTimer);
    if (dueInMs === undefined || this.#looks.isStopped) return;
    this.#sumsTimer = setTimeout(() => this.changed(), dueInMs).unref();
  }

  /** Until when the table is right now. */
  async #look(sumMsMax: number): Promise<bigint> {
    const { store } = this.#options;
    const untilMs = await store.settledMs();
    const known = await readRunsProgress({ rows: async (each) => this.#rows(each) });
    const { generation } = known;
    if (untilMs < (known.ahead?.untilMs ?? known.untilMs)) {
      const leastMs = known.untilMs < untilMs - setBackMs ? known.untilMs : untilMs - setBackMs;
      await store.recordRunsProgress({ generation, untilMs: leastMs });
      return leastMs;
    }
    const rightMs = await this.#putChanges(known, untilMs);
    if (rightMs === undefined) return known.untilMs;
    const beganMs = performance.now();
    await this.#sums.make(generation, () => this.#looks.isStopped || performance.now() - beganMs > sumMsMax);
    return rightMs;
  }

  /**
   * Puts together what changed, the newest first and noting how far it came: long before all of it is there much of it is read, and after a restart it goes
   * on where it was. Until when the table is right then, which is `untilMs` or later; undefined where it was stopped.
   */
  async #putChanges(known: RunsProgress, untilMs: bigint): Promise<bigint | undefined> {
    const { generation, untilMs: sinceMs } = known;
    const isFirst = sinceMs === 0n;
    const since = { generation, sinceMs };
    let ahead: RunsAhead | undefined = known.ahead ?? { untilMs, fromS: Infinity };
    if (known.ahead !== undefined) ahead = await this.#bringForward({ ...since, ahead });
    for (let isAny = isFirst || known.ahead !== undefined; ahead !== undefined; isAny = true) {
      const beganMs = performance.now();
      const changes = { afterMs: isFirst ? -1n : sinceMs, untilMs: ahead.untilMs };
      const found = await this.#spells({ ...changes, to: nanosOf(ahead.fromS) });
      const endedMs = performance.now();
      const pauseMs = endedMs + Math.max(forwardMs, listFactor * (endedMs - beganMs));
      const left = await this.#putSpells({ ...since, ahead, changes, ...found, pauseMs });
      if (left === undefined) return undefined;
      if (left === 'nothing') {
        if (isAny || found.spells.length > 0)
          await this.#options.store.recordRunsProgress({ generation, untilMs: ahead.untilMs, isFirst });
        return ahead.untilMs;
      }
      ahead = await this.#bringForward({ ...since, ahead: left });
    }
    return undefined;
  }

  /** What of it is left after a while: nothing, or what is before. Undefined where it was stopped. */
  async #putSpells(wish: SpellsToPut): Promise<RunsAhead | 'nothing' | undefined> {
    const { generation, sinceMs, changes, spells, isAll, pauseMs } = wish;
    let { ahead } = wish;
    for (const [index, spell] of spells.entries()) {
      if (!(await this.#putSpell(generation, changes, spell))) return undefined;
      if (isAll && index === spells.length - 1) break;
      ahead = { ...ahead, fromS: spell.fromS };
      await this.#options.store.recordRunsProgress({ generation, untilMs: sinceMs, ahead });
      if (performance.now() > pauseMs) return ahead;
    }
    return isAll ? 'nothing' : ahead;
  }

  /** Puts together what changed lately of what is put together already. Undefined where it was stopped. */
  async #bringForward({ generation, sinceMs, ahead }: Forward): Promise<RunsAhead | undefined> {
    const untilMs = await this.#options.store.settledMs();
    if (untilMs <= ahead.untilMs) return ahead;
    const changes = { afterMs: ahead.untilMs, untilMs };
    for (let to: bigint | undefined, isAll = false; !isAll;) {
      const found = await this.#spells({ ...changes, from: nanosOf(ahead.fromS), to });
      for (const spell of found.spells)
        if (!(await this.#putSpell(generation, changes, spell))) return undefined;
      ({ isAll } = found);
      to = nanosOf(found.spells.at(-1)?.fromS ?? Infinity);
    }
    const forward = { untilMs, fromS: ahead.fromS };
    await this.#options.store.recordRunsProgress({ generation, untilMs: sinceMs, ahead: forward });
    return forward;
  }

  async #spells(changes: ChangedSteps): Promise<FoundSpells> {
    const rows = await this.#rows<ChangedTime>(changedTimes(changes, timesMax));
    return spellsOf(rows, this.#stepsPerStatement, timesMax);
  }

  /** Whether it was put together whole. */
  async #putSpell(generation: number, changes: Changes, { fromS, toS, weights }: Spell): Promise<boolean> {
    const started = { from: unixNano(BigInt(fromS) * secondNanos), to: unixNano(BigInt(toS) * secondNanos) };
    const touched = new Map<string, Set<number>>();
    for (const [project, weight] of weights) {
      const places = new Set<number>();
      touched.set(project, places);
      const parts = Math.ceil(weight / this.#stepsPerStatement);
      for (let part = 0; part < parts; part += 1) {
        if (this.#looks.isStopped) return false;
        const traces = { project, generation, started, changes, part, parts };
        for (const bucket of await this.#alongside(async () => this.#put(traces))) places.add(bucket);
      }
    }
    // Of what is known from now on, sums that were made before are wrong.
    await this.#sums.forget(touched);
    return true;
  }

  /** Where these runs were and are: buckets, seconds since 1970. */
  async #put(traces: ChangedTraces): Promise<readonly number[]> {
    const extents = await this.#rows<Extent>(extentsOf(traces));
    const places = extents.flatMap(({ buckets }) => buckets.map(Number));
    const near = extents.find(({ isFar }) => Number(isFar) === 0);
    const far = extents.find(({ isFar }) => Number(isFar) === 1);
    if (far === undefined) {
      if (near !== undefined) await this.#derive(runsOf(traces, windowOf([near]), trusted('true')));
    } else {
      const found = await this.#rows<{ traceId: string }>(farTraces(traces, farMax + 1));
      if (found.length > farMax) await this.#derive(runsOf(traces, windowOf(extents), trusted('true')));
      else {
        const among = sql`trace_id IN (${tracesByHex(found.map(({ traceId }) => traceId))})`;
        await this.#derive(runsOf(traces, windowOf([far]), among));
        if (near !== undefined) await this.#derive(runsOf(traces, windowOf([near]), sql`NOT ${among}`));
      }
    }
    const moved = extents.filter((extent) => Number(extent.moved) > 0);
    if (moved.length === 0) return places;
    const vacated = windowOf(moved.map(({ from, placed }) => ({ from, to: placed })));
    const select = vacatedPlaces(traces, vacated).toStatement();
    await this.#options.store.deriveRuns({ into: 'runs', columns: vacatedColumns, select });
    return places;
  }

  async #derive(select: Sql): Promise<void> {
    await this.#options.store.deriveRuns({
      into: 'runs',
      columns: filledColumns,
      select: select.toStatement(),
    });
  }

  async #rows<Row>(statement: Sql): Promise<readonly Row[]> {
    const { rows } = await this.#options.store.query<Row>(statement.toStatement(), backgroundLimits);
    return rows;
  }
}

type Changes = ChangedTraces['changes'];

interface Forward {
  readonly generation: number;
  /** All that changed until then is known; 0 for nothing. */
  readonly sinceMs: bigint;
  readonly ahead: RunsAhead;
}

interface SpellsToPut extends Forward, FoundSpells {
  readonly changes: Changes;
  /** By the clock that only goes forward. */
  readonly pauseMs: number;
}

const nanosOf = (seconds: number): bigint | undefined =>
  seconds === Infinity ? undefined : BigInt(seconds) * secondNanos;

interface Extent {
  readonly isFar: number;
  readonly from: string;
  readonly to: string;
  readonly moved: string;
  readonly placed: string;
  readonly buckets: readonly number[];
}

function windowOf(extents: readonly Pick<Extent, 'from' | 'to'>[]): Window {
  assert(extents.length > 0, 'There is an extent');
  const from = extents.map((each) => BigInt(each.from)).reduce((a, b) => (a < b ? a : b));
  const to = extents.map((each) => BigInt(each.to)).reduce((a, b) => (a > b ? a : b));
  return { from: unixNano(from), to: unixNano(to + 1n) };
}
