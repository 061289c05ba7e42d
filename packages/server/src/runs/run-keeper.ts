/**
 * Keeps the table of runs, from which lists and sums of agents are read. As soon as traces were loaded, or priced anew, it reads which of them changed, says of
 * each what it is (`describeRun`), and writes its row, whole.
 */
import { setImmediate } from 'node:timers/promises';
import { assert, systemClock, unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import { describeRun } from '../query/agents/describe-run.ts';
import { readRunTrees } from '../query/agents/read-run-trees.ts';
import { readRunWords, type RunSpeakers, speakersOf } from '../query/agents/read-run-words.ts';
import { readRunsProgress, type RunsProgress } from '../query/agents/settled-runs.ts';
import type { RunWords } from '../query/agents/run-words.ts';
import { Reader } from '../query/reader.ts';
import {
  anyChangeAfter,
  type ChangedSteps,
  changedIds,
  changedTimes,
  knownPlaces,
  type TracesToSettle,
  tracesToSettle,
} from '../query/sql/changed-traces-sql.ts';
import { idsByHex, idsMax } from '../query/sql/ids-sql.ts';
import { inBuckets } from '../query/sql/range-sql.ts';
import { moment, type Sql, sql } from '../query/sql/sql.ts';
import type { Window } from '../query/time-range.ts';
import { tracesByHex } from '../query/sql/trace-summary-sql.ts';
import type {
  RunsAhead,
  RunsProgressToRecord,
  SettledMs,
  StoredRun,
  TelemetryStore,
} from '../storage/telemetry-store.ts';
import { type ChangedTime, type FoundRanges, type ChangedRange, changedRanges } from './changed-ranges.ts';
import { type GoingTrace, RunPauses, type TraceSize } from './run-pauses.ts';
import { storedRun } from './stored-run.ts';
import { backgroundLimits, SumKeeper } from './sum-keeper.ts';

/** `LeaseKeeper` of the control plane. */
export interface SettleLease {
  readonly isHeld: boolean;
  /** The same object as long as nobody else held it in between; undefined while another server has it. */
  hold(): Promise<object | undefined>;
  giveUp(): Promise<void>;
}

export interface RunKeeperOptions {
  readonly store: TelemetryStore;
  readonly log: Pick<Logger, 'warn'>;
  readonly intervalMs?: number;
  /** It rests so many times as long as it worked. */
  readonly restFactor?: number;
  /** How long runs are left alone before they are summed up. */
  readonly quietMs?: number;
  /** About how many steps are put together at once. */
  readonly stepsPerStatement?: number;
  /** Whether somebody waits for the store. */
  readonly isAwaited?: () => boolean;
  /** Nothing is settled before. */
  readonly after?: Promise<unknown>;
  /** Where several servers load one store, one of them settles. */
  readonly lease?: SettleLease | undefined;
  /** By which runs that go on wait: milliseconds that only go forward. */
  readonly nowMs?: () => number;
}

const intervalMsDefault = 1_000;
/** While more arrives than the machine has time for, what arrives goes first. */
const restFactorDefault = 4;
const retryMs = 30_000;
/** So long sums are made before runs have their turn again. */
const sumsMsMax = 3_000;
/** While somebody waits for the store, it rests after a statement, up to so many times as long as that took. */
const waitFactor = 1;
const waitStepMs = 20;
/** What is settled at once fits in memory, and its trees hold up nobody for long. */
const stepsPerStatementDefault = 40_000;
/** A clock that was set back stamps rows with times that were. */
const setBackMs = 600_000n;
/** Ten minutes of projects that are looked at at once; what is beyond comes after. */
const timesMax = 50_000;
/** Spans whose trees are made before others that wait for this thread have their turn. */
const spansAtOnce = 2_000;
/** Of the spans of one statement: a trace is read whole, however long it is. */
const resultRowsMax = 20_000_000;
const resultBytesMax = 2 * 1024 ** 3;
const limits = { ...backgroundLimits, resultRowsMax, resultBytesMax };
/** After so long of going back, what came meanwhile has its turn; looking for it takes less than a tenth of the time. */
const forwardMs = 10_000;
const listFactor = 10;
/** Where others write to the engine, what they brought late is looked for so often. */
const certainEveryMs = 60_000;
/** Where others load the store as well, it is looked after what they brought so often. */
const shareEveryMs = 2_000;
const secondNanos = 1_000_000_000n;

export class RunKeeper {
  readonly #options: RunKeeperOptions;
  readonly #looks: BackgroundLooks;
  #statement: Promise<unknown> = Promise.resolve();
  /** Before this nothing is looked for. */
  #dueMs = 0;
  readonly #sums: SumKeeper;
  readonly #stepsPerStatement: number;
  /** For what is done after a while even if nothing changes. */
  #laterTimer: NodeJS.Timeout | undefined;
  /** When the oldest change came that may not be settled; undefined where all is. */
  #unsettledSinceMs: number | undefined;
  /** When the first change came during the look that goes on. */
  #changedMeanwhileMs: number | undefined;
  /** What changed until then was settled as far as it could be seen; see `SettledMs`. */
  #seen = { generation: 0, untilMs: 0n };
  #certainDueMs = 0;
  readonly #pauses = new RunPauses();
  /** The progress that is gone on with: by this server alone, from when it took it over. */
  #adopted: { readonly generation: number; readonly lease: object | undefined } | undefined;
  /** All is settled, whatever could wait. */
  #isThorough = false;
  readonly #nowMs: () => number;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(options: RunKeeperOptions) {
    this.#options = options;
    this.#stepsPerStatement = options.stepsPerStatement ?? stepsPerStatementDefault;
    this.#nowMs = options.nowMs ?? (() => performance.now());
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
    const nowMs = performance.now();
    this.#unsettledSinceMs ??= nowMs;
    // A look that ends rests before the next one.
    if (this.#looks.isLooking) this.#changedMeanwhileMs ??= nowMs;
    else this.#looks.lookIn(this.#dueMs - nowMs);
  }

  /** For how long the oldest change has been waiting for its runs to be settled; undefined where none does. */
  get unsettledMs(): number | undefined {
    return this.#unsettledSinceMs === undefined ? undefined : performance.now() - this.#unsettledSinceMs;
  }

  /** Resolves when what was stored before is in the table, or after a while; at once where it will not be in the table by then. */
  async caughtUp(waitMs: number): Promise<void> {
    const { dueInMs } = this.#looks;
    if (dueInMs === undefined || dueInMs > waitMs) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    await Promise.race([this.#looks.nextLook(), late]);
    clearTimeout(timer);
  }

  /** Resolves when all that was settled in the store before is in the table, by whichever server. */
  async settled(): Promise<void> {
    const { visibleMs } = await this.#options.store.settledMs();
    for (let isDone = false; !isDone && !this.#looks.isStopped;) {
      await this.#looks.inTurn(async () => {
        isDone = (await this.#isOurs())
          ? await this.#lookThoroughly()
          : (await this.#progress()).seenMs >= visibleMs;
      });
      if (!isDone) await new Promise((resolve) => setTimeout(resolve, shareEveryMs));
    }
  }

  async #lookThoroughly(): Promise<boolean> {
    this.#isThorough = true;
    try {
      await this.#look(Infinity);
    } finally {
      this.#isThorough = false;
    }
    return true;
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
    clearTimeout(this.#laterTimer);
    this.#stopped.resolve();
    await this.#looks.stop();
    await this.#options.lease?.giveUp();
  }

  /** Whether this server settles runs. While the control plane is away, who did so goes on. */
  async #isOurs(): Promise<boolean> {
    const { lease } = this.#options;
    if (lease === undefined) return true;
    return lease.hold().then(
      (held) => held !== undefined,
      () => lease.isHeld,
    );
  }

  async #progress(): Promise<RunsProgress> {
    return readRunsProgress({ rows: async (each) => this.#rows(each) });
  }

  async #record(progress: RunsProgressToRecord): Promise<void> {
    await this.#options.store.recordRunsProgress({ ...progress, waiting: this.#pauses.waiting() });
  }

  async #lookAndGoOn(): Promise<void> {
    const { intervalMs = intervalMsDefault, restFactor = restFactorDefault, after } = this.#options;
    await Promise.race([after, this.#stopped.promise]);
    if (this.#looks.isStopped) return;
    const beganMs = performance.now();
    this.#changedMeanwhileMs = undefined;
    if (!(await this.#isOurs())) {
      await this.#standBy(beganMs);
      return;
    }
    const { certainMs, visibleMs } = await this.#look(sumsMsMax);
    const endedMs = performance.now();
    this.#dueMs = Math.max(beganMs + intervalMs, endedMs + restFactor * (endedMs - beganMs));
    const [rest] = await this.#rows(anyChangeAfter(visibleMs));
    this.#unsettledSinceMs = this.#changedMeanwhileMs ?? (rest === undefined ? undefined : beganMs);
    if (this.#unsettledSinceMs !== undefined) this.#looks.lookIn(this.#dueMs - performance.now());
    const [uncertain] = certainMs === visibleMs ? [] : await this.#rows(anyChangeAfter(certainMs));
    this.#lookAgainIn(
      Math.min(
        this.#sums.dueInMs ?? Infinity,
        this.#pauses.dueInMs(this.#nowMs()) ?? Infinity,
        uncertain === undefined ? Infinity : certainEveryMs,
        this.#options.lease === undefined ? Infinity : shareEveryMs,
      ),
    );
  }

  /** Another server settles runs: it is looked how far it came. */
  async #standBy(beganMs: number): Promise<void> {
    const { seenMs } = await this.#progress();
    const [rest] = await this.#rows(anyChangeAfter(seenMs));
    this.#unsettledSinceMs =
      rest === undefined ? this.#changedMeanwhileMs : (this.#unsettledSinceMs ?? beganMs);
    this.#dueMs = beganMs + shareEveryMs;
    this.#lookAgainIn(shareEveryMs);
  }

  #lookAgainIn(dueInMs: number): void {
    clearTimeout(this.#laterTimer);
    if (dueInMs === Infinity || this.#looks.isStopped) return;
    this.#laterTimer = setTimeout(() => this.#looks.lookIn(this.#dueMs - performance.now()), dueInMs).unref();
  }

  /** Until when the table is right now. */
  async #look(sumMsMax: number): Promise<SettledMs> {
    const settled = await this.#options.store.settledMs();
    const known = await this.#progress();
    const { generation } = known;
    await this.#adopt(known);
    const certainMs = await this.#lookForCertain(known, settled);
    if (certainMs === undefined) return { certainMs: known.untilMs, visibleMs: known.untilMs };
    const visibleMs = settled.visibleMs > certainMs ? settled.visibleMs : certainMs;
    if (visibleMs > certainMs) {
      if (!(await this.#putVisible(generation, certainMs, visibleMs)))
        return { certainMs, visibleMs: certainMs };
      await this.#record({ generation, untilMs: certainMs, seenMs: visibleMs });
    }
    if (await this.#putWaiting(generation))
      await this.#record({ generation, untilMs: certainMs, seenMs: visibleMs });
    const beganMs = performance.now();
    await this.#sums.make(generation, () => this.#looks.isStopped || performance.now() - beganMs > sumMsMax);
    return { certainMs, visibleMs };
  }

  /** What this process knows of it was right as long as nobody else went on with it. */
  async #adopt({ generation, waiting = [] }: RunsProgress): Promise<void> {
    const lease = await this.#options.lease?.hold().catch(() => this.#adopted?.lease);
    if (this.#adopted?.generation === generation && this.#adopted.lease === lease) return;
    if (this.#adopted !== undefined) this.#sums.lost();
    this.#adopted = { generation, lease };
    this.#seen = { generation, untilMs: 0n };
    this.#pauses.restore(waiting);
  }

  /** Settles runs that waited long enough. Whether there were any. */
  async #putWaiting(generation: number): Promise<boolean> {
    const waiting = this.#isThorough ? this.#pauses.waiting() : this.#pauses.over(this.#nowMs());
    for (const [project, traces] of Map.groupBy(waiting, (trace) => trace.project)) {
      if (this.#looks.isStopped) return false;
      const started = windowOf(traces.map(({ from }) => ({ from, to: from })));
      const among = idsByHex(
        traces.map(({ traceId }) => traceId),
        16,
      );
      const places = await this.#alongside(async () =>
        this.#put(generation, { project, started, among }, true),
      );
      this.#pauses.gone(traces);
      await this.#sums.forget(new Map([[project, new Set(places)]]));
    }
    return waiting.length > 0;
  }

  /** Settles all of which nothing can appear any more; until when the table is right then. Undefined where it was stopped. */
  async #lookForCertain(known: RunsProgress, settled: SettledMs): Promise<bigint | undefined> {
    const { generation } = known;
    const { certainMs, visibleMs } = settled;
    if (certainMs < (known.ahead?.untilMs ?? known.untilMs)) {
      const leastMs = known.untilMs < certainMs - setBackMs ? known.untilMs : certainMs - setBackMs;
      await this.#record({ generation, untilMs: leastMs });
      return leastMs;
    }
    const isBehind = known.untilMs === 0n || known.ahead !== undefined || certainMs === visibleMs;
    if (!isBehind && performance.now() < this.#certainDueMs) return known.untilMs;
    const untilMs = await this.#putChanges(known, certainMs);
    this.#certainDueMs = performance.now() + certainEveryMs;
    return untilMs;
  }

  /** Settles what can be seen although more may appear: it is settled again when it is certain. False where it was stopped. */
  async #putVisible(generation: number, certainMs: bigint, visibleMs: bigint): Promise<boolean> {
    const { untilMs } = this.#seen;
    const afterMs = this.#seen.generation === generation && untilMs > certainMs ? untilMs : certainMs;
    if (visibleMs <= afterMs) return true;
    if (!(await this.#putAll(generation, { afterMs, untilMs: visibleMs }))) return false;
    this.#seen = { generation, untilMs: visibleMs };
    return true;
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
      const found = await this.#ranges({ ...changes, to: nanosOf(ahead.fromS) });
      const endedMs = performance.now();
      const pauseMs = endedMs + Math.max(forwardMs, listFactor * (endedMs - beganMs));
      const left = await this.#putRanges({ ...since, ahead, changes, ...found, pauseMs });
      if (left === undefined) return undefined;
      if (left === 'nothing') {
        if (isAny || found.ranges.length > 0)
          await this.#record({ generation, untilMs: ahead.untilMs, isFirst });
        return ahead.untilMs;
      }
      ahead = await this.#bringForward({ ...since, ahead: left });
    }
    return undefined;
  }

  /** What of it is left after a while: nothing, or what is before. Undefined where it was stopped. */
  async #putRanges(request: RangesToPut): Promise<RunsAhead | 'nothing' | undefined> {
    const { generation, sinceMs, changes, ranges, isAll, pauseMs } = request;
    let { ahead } = request;
    for (const [index, range] of ranges.entries()) {
      if (!(await this.#putRange(generation, changes, range))) return undefined;
      if (isAll && index === ranges.length - 1) break;
      ahead = { ...ahead, fromS: range.fromS };
      await this.#record({ generation, untilMs: sinceMs, ahead });
      if (performance.now() > pauseMs) return ahead;
    }
    return isAll ? 'nothing' : ahead;
  }

  /** Puts together what changed lately of what is put together already. Undefined where it was stopped. */
  async #bringForward({ generation, sinceMs, ahead }: Forward): Promise<RunsAhead | undefined> {
    const { certainMs: untilMs, visibleMs } = await this.#options.store.settledMs();
    let forward = ahead;
    if (untilMs > ahead.untilMs) {
      const changes = { afterMs: ahead.untilMs, untilMs };
      if (!(await this.#putAll(generation, changes, nanosOf(ahead.fromS)))) return undefined;
      forward = { untilMs, fromS: ahead.fromS };
      await this.#record({ generation, untilMs: sinceMs, ahead: forward });
    }
    await this.#putVisible(generation, forward.untilMs, visibleMs);
    return forward;
  }

  /** Puts together all of these changes, the newest first. False where it was stopped. */
  async #putAll(generation: number, changes: Changes, from?: bigint): Promise<boolean> {
    for (let to: bigint | undefined, isAll = false; !isAll;) {
      const found = await this.#ranges({ ...changes, from, to });
      for (const range of found.ranges) if (!(await this.#putRange(generation, changes, range))) return false;
      ({ isAll } = found);
      to = nanosOf(found.ranges.at(-1)?.fromS ?? Infinity);
    }
    return true;
  }

  async #ranges(changes: ChangedSteps): Promise<FoundRanges> {
    const rows = await this.#rows<ChangedTime>(changedTimes(changes, timesMax));
    return changedRanges(rows, this.#stepsPerStatement, timesMax);
  }

  /** Whether it was put together whole. */
  async #putRange(
    generation: number,
    changes: Changes,
    { fromS, toS, weights }: ChangedRange,
  ): Promise<boolean> {
    const started = { from: unixNano(BigInt(fromS) * secondNanos), to: unixNano(BigInt(toS) * secondNanos) };
    const touched = new Map<string, Set<number>>();
    for (const [project, weight] of weights) {
      const places = new Set<number>();
      touched.set(project, places);
      const parts = Math.ceil(weight / this.#stepsPerStatement);
      for (let part = 0; part < parts; part += 1) {
        if (this.#looks.isStopped || !(await this.#isOurs())) return false;
        const among = changedIds({ project, started, changes, part, parts });
        const traces = { project, started, among };
        for (const bucket of await this.#alongside(async () =>
          this.#put(generation, traces, this.#isThorough),
        ))
          places.add(bucket);
      }
    }
    // Of what is known from now on, sums that were made before are wrong.
    await this.#sums.forget(touched);
    return true;
  }

  /** Where these runs were and are: buckets, seconds since 1970. `isDue`: none of them waits. */
  async #put(generation: number, traces: TracesToSettle, isDue: boolean): Promise<readonly number[]> {
    const all = await this.#extents(traces);
    const extents = isDue ? all : this.#pauses.due(all, this.#nowMs());
    const { project, started } = traces;
    // Few traces last long: of those that do the rows of many days are read.
    const isFar = ({ from, to }: Span): boolean =>
      from < started.from - hourNanos || to >= started.to + hourNanos;
    const runs: StoredRun[] = [];
    const places: Place[] = [];
    for (const group of [
      extents.filter((extent) => !isFar(extent)),
      extents.filter((extent) => isFar(extent)),
    ])
      for (let at = 0; at < group.length; at += idsMax) {
        const some = group.slice(at, at + idsMax);
        const known = await this.#places({ project, generation }, some, isFar);
        runs.push(...(await this.#settle(project, some, windowOf([...some, ...known]))));
        places.push(...known);
      }
    const placed = new Map(runs.map(({ traceId, startNanos }) => [traceId, bucketOf(startNanos)]));
    const vacated = places
      .filter(({ traceId, from }) => placed.get(traceId) !== bucketOf(from))
      .map(({ traceId, from, to }) => ({ traceId, startNanos: from, lastNanos: to }));
    await this.#options.store.putRuns({ project, generation, runs, vacated });
    this.#pauses.settled(extents, this.#nowMs());
    return [...runs, ...vacated].map(({ startNanos }) => Number(startNanos / tenMinutesNanos) * 600);
  }

  async #extents(traces: TracesToSettle): Promise<readonly Extent[]> {
    const { project } = traces;
    const answer = await this.#reader(project).binary(tracesToSettle(traces), limits);
    const extents: Extent[] = [];
    while (!answer.isAtEnd)
      extents.push({
        project,
        traceId: answer.hex(16),
        from: answer.int64(),
        to: answer.int64(),
        spans: Number(answer.uint64()),
        isRooted: answer.uint8() === 1,
      });
    return extents;
  }

  /** Where the table has runs of these traces. A run begins with one of its spans; what has gone on for long may have begun before all that is known of it. */
  async #places(
    of: { readonly project: string; readonly generation: number },
    extents: readonly Extent[],
    isFar: (extent: Span) => boolean,
  ): Promise<readonly Place[]> {
    const { from, to } = windowOf(extents);
    const ids = extents.map(({ traceId }) => traceId);
    const where = extents.some(isFar)
      ? sql`last_time >= ${moment(from)} - toIntervalDay(7)`
      : sql`${inBuckets({ from, to })}`;
    const rows = await this.#rows<{ traceId: string; startNanos: string; lastNanos: string }>(
      knownPlaces(of, ids, where),
    );
    return rows.map(({ traceId, startNanos, lastNanos }) => ({
      traceId,
      from: BigInt(startNanos),
      to: BigInt(lastNanos),
    }));
  }

  /** The runs of these traces, all of whose spans lie within the window. */
  async #settle(project: string, traces: readonly Extent[], window: Window): Promise<readonly StoredRun[]> {
    const reader = this.#reader(project);
    const trees = await readRunTrees({
      project,
      window,
      among: sql`trace_id IN (${tracesByHex(traces.map(({ traceId }) => traceId))})`,
      binary: async (statement) => reader.binary(statement, limits),
    });
    const rows: StoredRun[] = [];
    const speakers: RunSpeakers[] = [];
    let spans = 0;
    for (const make of trees) {
      const tree = make();
      const run = describeRun(tree);
      if (run !== undefined) {
        rows.push(storedRun(tree, run));
        speakers.push(speakersOf(tree, run));
      }
      spans += tree.nodes.length;
      if (spans < spansAtOnce) continue;
      spans = 0;
      await setImmediate();
    }
    // A run is told of without its words rather than not at all.
    const words = await readRunWords(reader, speakers, window).catch((error: unknown) => {
      if (error instanceof SightlineError && error.code === 'query_limit') return new Map<string, RunWords>();
      throw error;
    });
    return rows.map((row) => ({ ...row, ...words.get(row.traceId) }));
  }

  #reader(project: string): Reader {
    const { store } = this.#options;
    return new Reader(
      { store, clock: systemClock(), project, share: 'background' },
      backgroundLimits.timeMsMax,
    );
  }

  async #rows<Row>(statement: Sql): Promise<readonly Row[]> {
    const { rows } = await this.#options.store.query<Row>(statement.toStatement(), backgroundLimits);
    return rows;
  }
}

type Changes = Pick<ChangedSteps, 'afterMs' | 'untilMs'>;

interface Forward {
  readonly generation: number;
  /** All that changed until then is known; 0 for nothing. */
  readonly sinceMs: bigint;
  readonly ahead: RunsAhead;
}

interface RangesToPut extends Forward, FoundRanges {
  readonly changes: Changes;
  /** By the clock that only goes forward. */
  readonly pauseMs: number;
}

const nanosOf = (seconds: number): bigint | undefined =>
  seconds === Infinity ? undefined : BigInt(seconds) * secondNanos;

/** From the start of the first span, or of the run, to the end of the last, or to its start. */
interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

interface Place extends Span {
  readonly traceId: string;
}

interface Extent extends Place, GoingTrace, TraceSize {}

const tenMinutesNanos = 600n * secondNanos;
const hourNanos = 3600n * secondNanos;
/** The row of a run is found by the five minutes in which it began. */
const bucketOf = (startNanos: bigint): bigint => startNanos / (300n * secondNanos);

function windowOf(extents: readonly Span[]): Window {
  assert(extents.length > 0, 'There is an extent');
  const from = extents.map((each) => each.from).reduce((a, b) => (a < b ? a : b));
  const to = extents.map((each) => each.to).reduce((a, b) => (a > b ? a : b));
  return { from: unixNano(from), to: unixNano(to + 1n) };
}
