/**
 * Keeps the table of runs, from which lists and sums of agents are read. Some seconds after traces were loaded, or priced anew, it looks which of them
 * changed, and puts these runs together once more, whole. Until then lists read them from `ai_spans`, so nobody waits for it and nothing is wrong without it.
 */
import { assert, unixNano } from '@sightline/base';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background-looks.ts';
import { readRunsProgress } from '../query/agents/stored-runs.ts';
import {
  anyChangeAfter,
  changedHours,
  type ChangedTraces,
  extentsOf,
  farTraces,
  runsOf,
  vacatedColumns,
  vacatedPlaces,
} from '../query/sql/fill-runs-sql.ts';
import { type Sql, sql, trusted } from '../query/sql/sql.ts';
import { filledColumns } from '../query/sql/stored-runs-sql.ts';
import type { Window } from '../query/sql/trace-sets-sql.ts';
import { tracesByHex } from '../query/sql/trace-summary-sql.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
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
const stepsPerStatement = 200_000;
/** More of them, and all are looked for in all of the time. */
const farMax = 5_000;
/** A clock that was set back stamps rows with times that were. */
const setBackMs = 600_000n;
const hourNanos = 3_600_000_000_000n;

export class RunKeeper {
  readonly #options: RunKeeperOptions;
  readonly #looks: BackgroundLooks;
  #statement: Promise<unknown> = Promise.resolve();
  /** Before this nothing is looked for. */
  #dueMs = 0;
  readonly #sums: SumKeeper;
  #sumsTimer: NodeJS.Timeout | undefined;

  constructor(options: RunKeeperOptions) {
    this.#options = options;
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
    const { generation, untilMs: knownMs } = await readRunsProgress({
      rows: async (each) => this.#rows(each),
    });
    if (untilMs < knownMs) {
      await store.recordRunsProgress({ generation, untilMs: untilMs - setBackMs });
      return untilMs - setBackMs;
    }
    const isKnown = await this.#putChanges({ generation, knownMs, untilMs });
    if (!isKnown) return knownMs;
    const beganMs = performance.now();
    await this.#sums.make(generation, () => this.#looks.isStopped || performance.now() - beganMs > sumMsMax);
    return untilMs;
  }

  /** Whether the table is right until then. */
  async #putChanges({ generation, knownMs, untilMs }: Look): Promise<boolean> {
    const changes = { afterMs: knownMs === 0n ? -1n : knownMs, untilMs };
    const hours = await this.#rows<ChangedHour>(changedHours(changes));
    const touched = new Map<string, Set<number>>();
    for (const { project, started, weight } of putSideBySide(hours)) {
      const parts = Math.ceil(weight / stepsPerStatement);
      for (let part = 0; part < parts; part += 1) {
        if (this.#looks.isStopped) return false;
        const places = await this.#alongside(async () =>
          this.#put({ project, generation, started, changes, part, parts }),
        );
        const ofProject = touched.get(project) ?? new Set();
        touched.set(project, ofProject);
        for (const bucket of places) ofProject.add(bucket);
      }
    }
    const isFirst = knownMs === 0n;
    if (hours.length === 0 && !isFirst) return true;
    // Of what is known from now on, sums that were made before are wrong.
    await this.#sums.forget(touched);
    await this.#options.store.recordRunsProgress({ generation, untilMs, isFirst });
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
    const latest = moved.map(({ placed }) => BigInt(placed)).reduce((a, b) => (a > b ? a : b));
    const select = vacatedPlaces(traces, unixNano(latest)).toStatement();
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

interface ChangedHour {
  readonly project: string;
  /** Seconds since 1970. */
  readonly hour: number;
  readonly weight: string;
}

interface Look {
  readonly generation: number;
  /** The table is right until then; 0 for nothing. */
  readonly knownMs: bigint;
  readonly untilMs: bigint;
}

interface ChangedSpell {
  readonly project: string;
  readonly started: Window;
  readonly weight: number;
}

/** Hours of a day with few rows are gone through together: a statement takes some time by itself. */
function putSideBySide(hours: readonly ChangedHour[]): readonly ChangedSpell[] {
  const spells: ChangedSpell[] = [];
  for (const { project, hour, weight } of hours) {
    const from = unixNano(BigInt(hour) * 1_000_000_000n);
    const to = unixNano(from + hourNanos);
    const before = spells.at(-1);
    const all = Number(weight) + (before?.weight ?? 0);
    if (
      before?.project === project &&
      all <= stepsPerStatement &&
      to - before.started.from <= 24n * hourNanos
    )
      spells[spells.length - 1] = { project, started: { from: before.started.from, to }, weight: all };
    else spells.push({ project, started: { from, to }, weight: Number(weight) });
  }
  return spells;
}

interface Extent {
  readonly isFar: number;
  readonly from: string;
  readonly to: string;
  readonly moved: string;
  readonly placed: string;
  readonly buckets: readonly number[];
}

function windowOf(extents: readonly Extent[]): Window {
  assert(extents.length > 0, 'There is an extent');
  const from = extents.map((each) => BigInt(each.from)).reduce((a, b) => (a < b ? a : b));
  const to = extents.map((each) => BigInt(each.to)).reduce((a, b) => (a > b ? a : b));
  return { from: unixNano(from), to: unixNano(to + 1n) };
}
