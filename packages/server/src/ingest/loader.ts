/**
 * Moves segments from the journals into the tables and deletes them afterwards: group commit again. When a load ends, the
 * next takes what has come meanwhile. One that is not a full segment begins `loadEveryMs` after the one before began, since
 * a load costs the engine a fixed time. Each signal has one load under way, so that none waits for another's backlog.
 */
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, retryPauseMs } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { StoreError } from '../storage/telemetry-store.ts';
import { commitsPath } from './commit-log.ts';
import { retryPause } from './limits.ts';
import { discard, errnoOf, isDiskFault, type Disk } from './disk.ts';
import { trimSegment, type Journal } from './journal.ts';
import { LoadQueue, mayBeStored } from './load-queue.ts';
import type { Quarantined } from './quarantine.ts';
import { loadingExtension, refusedExtension, type Segment } from './segment.ts';
import type { SegmentLoader } from './segment-loader.ts';

export interface LoaderOptions {
  readonly journals: ReadonlyMap<TelemetrySignal, Journal>;
  readonly segmentLoader: Pick<SegmentLoader, 'load'>;
  readonly clock: Clock;
  readonly loadEveryMs: number;
  readonly disk: Disk;
  /** For tests: how long a segment that cannot be moved is left alone. */
  readonly stuckMs?: number;
  readonly events: LoaderEvents;
}

export interface LoaderEvents {
  /** The segment's rows are in the tables or in the quarantine. Called once, before its file is deleted. */
  resolved(segment: Segment, setAside: readonly Quarantined[], elapsedMs: number): void;
  /** Loading failed and will be tried again: the store is away, or the disk failed in the middle. */
  retrying(segment: Segment, error: unknown, attempt: number): void;
  /** The disk does not let the segment be moved before its load: it is left alone for a while, and the others go on. */
  stuck(segment: Segment, error: unknown): void;
  /** The file of a loaded segment could not be deleted: the next start will try again. */
  undeletable(segment: Segment, error: unknown): void;
  /** A load ended, well or not: the journal may have room. */
  ended(): void;
}

/** The loads of one signal. */
interface Lane {
  readonly signal: TelemetrySignal;
  readonly journal: Journal;
  readonly queue: LoadQueue;
  running: { readonly segment: Segment; readonly done: Promise<void> } | undefined;
  beganMs: number;
  /** Since the last load failed: the engine counts as away for this signal, and is tried again after a pause. */
  away: { readonly attempts: number; readonly untilMs: number; readonly error: unknown } | undefined;
  /** Segments that the disk does not let be moved, with when to try again. */
  readonly stuck: Map<Segment, { readonly untilMs: number; readonly error: unknown }>;
}

const pausePollMs = 20;
const stuckMsDefault = 5_000;

export class Loader {
  readonly #options: LoaderOptions;
  readonly #lanes: ReadonlyMap<TelemetrySignal, Lane>;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** Tasks during which nothing is loaded. */
  #pauses = 0;
  /** Loads that bypass the journal. */
  readonly #asides = new Set<Promise<void>>();

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#lanes = new Map(
      Array.from(options.journals, ([signal, journal]) => [
        signal,
        {
          signal,
          journal,
          queue: new LoadQueue(),
          running: undefined,
          beganMs: -Infinity,
          away: undefined,
          stuck: new Map(),
        },
      ]),
    );
  }

  /** Whether the engine does not take in some signal at present. */
  get isAway(): boolean {
    return [...this.#lanes.values()].some(({ away }) => away !== undefined && !isDiskFault(away.error));
  }

  /** Segments that cannot be loaded because the disk fails, and what it said last. */
  get stuck(): { readonly segments: number; readonly error: unknown } {
    const lanes = [...this.#lanes.values()];
    const errors = lanes.flatMap(({ stuck, away }) => [
      ...(away !== undefined && isDiskFault(away.error) ? [away.error] : []),
      ...Array.from(stuck.values(), ({ error }) => error),
    ]);
    return { segments: errors.length, error: errors.at(-1) };
  }

  isAwayFor(signal: TelemetrySignal): boolean {
    return this.#lanes.get(signal)?.away !== undefined;
  }

  get segments(): number {
    return this.#sealed().length;
  }

  /** Bytes of sealed segments that are still on disk. */
  get sealedBytes(): number {
    return this.#sealed().reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Monotonic time of the oldest record that is not in the tables yet. */
  get oldestMs(): number | undefined {
    const active = [...this.#lanes.values()].map(({ journal }) => journal.activeSinceMs);
    const known = [...active, ...this.#sealed().map(({ oldestMs }) => oldestMs)].filter(
      (ms) => ms !== undefined,
    );
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** Takes a sealed segment in charge. */
  readonly add = (segment: Segment): void => {
    this.#lanes.get(segment.signal)?.queue.add(segment);
    this.pump();
  };

  /** Begins what is due. To be called when a journal has begun a segment. */
  readonly pump = (): void => {
    clearTimeout(this.#timer);
    const nowMs = this.#options.clock.monotonicMs();
    const dues = this.#isOpen() ? [...this.#lanes.values()].map((lane) => this.#advance(lane, nowMs)) : [];
    const nextMs = Math.min(...dues);
    if (nextMs < Infinity) this.#timer = setTimeout(this.pump, Math.max(1, nextMs - nowMs + 1)).unref();
  };

  /** Resolves when all of `segments` are in the tables (true), or after `timeoutMs` (false). */
  async settled(segments: ReadonlySet<Segment>, timeoutMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const runs = this.#runs().filter(({ segment }) => segments.has(segment));
      if (runs.length === 0 && !this.#sealed().some((segment) => segments.has(segment))) return true;
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      await Promise.race([delay(Math.min(leftMs, 20)), ...runs.map(async ({ done }) => done)]);
    }
  }

  /** Runs a load that bypasses the journal, once no pause is in force. */
  async aside(task: () => Promise<void>): Promise<void> {
    while (this.#pauses > 0) await delay(pausePollMs);
    const done = task();
    const settled = done.catch(() => undefined);
    this.#asides.add(settled);
    await settled;
    this.#asides.delete(settled);
    await done;
  }

  /** Runs `read` while nothing is being loaded, so that what it reads holds whole segments only. */
  async quietly<T>(read: () => Promise<T>): Promise<T> {
    this.#pauses += 1;
    try {
      await this.#underWay();
      return await read();
    } finally {
      this.#pauses -= 1;
      this.pump();
    }
  }

  /**
   * As `quietly`, when no segment is in some tables and not in others. Where a load failed in the middle, that waits for its
   * repetition.
   * @throws StoreError `unavailable` after `timeoutMs`; `task` has not begun then.
   */
  async quietlyWhenWhole<T>(task: () => Promise<T>, timeoutMs: number): Promise<T> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const lanes = [...this.#lanes.values()];
    for (;;) {
      const halves = new Set(lanes.flatMap(({ queue }) => queue.segments.filter(mayBeStored)));
      if (!(await this.settled(halves, deadlineMs - clock.monotonicMs())))
        throw new StoreError('unavailable', 'What was received before cannot be stored whole at present.');
      const done = await this.quietly(async () =>
        lanes.some(({ queue }) => queue.hasHalves) ? undefined : { result: await task() },
      );
      if (done !== undefined) return done.result;
    }
  }

  /** Begins nothing new and waits for what runs. What is not loaded stays for the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#underWay();
  }

  async #underWay(): Promise<void> {
    await Promise.all([...this.#runs().map(async ({ done }) => done), ...this.#asides]);
  }

  #runs(): NonNullable<Lane['running']>[] {
    return [...this.#lanes.values()].flatMap(({ running }) => (running === undefined ? [] : [running]));
  }

  /** Segments that wait or are being loaded. */
  #sealed(): Segment[] {
    const waiting = [...this.#lanes.values()].flatMap(({ queue, stuck }) => [
      ...queue.segments,
      ...stuck.keys(),
    ]);
    return [...waiting, ...this.#runs().map(({ segment }) => segment)];
  }

  #isOpen(): boolean {
    return this.#pauses === 0 && !this.#stop.signal.aborted;
  }

  /** Begins the next load of a signal, or seals what it is to take. Returns when to look again: at Infinity where an event tells. */
  #advance(lane: Lane, nowMs: number): number {
    const { journal, queue, away } = lane;
    if (lane.running !== undefined) return Infinity;
    const stuckUntilMs = takeBack(lane, nowMs);
    if (away !== undefined && away.untilMs > nowMs) return away.untilMs;
    const dueMs = journal.activeSinceMs === undefined ? Infinity : lane.beganMs + this.#options.loadEveryMs;
    if (queue.wantsNewest && dueMs <= nowMs) {
      journal.requestSeal();
      return Infinity;
    }
    const segment = queue.take();
    if (segment === undefined) return Math.min(dueMs, stuckUntilMs);
    lane.beganMs = nowMs;
    const done = this.#run(lane, segment).finally(() => {
      lane.running = undefined;
      this.#options.events.ended();
      this.pump();
    });
    lane.running = { segment, done };
    return Infinity;
  }

  async #run(lane: Lane, segment: Segment): Promise<void> {
    const { events, clock, disk, stuckMs = stuckMsDefault } = this.#options;
    const beganMs = clock.monotonicMs();
    try {
      await markLoading(segment, disk);
    } catch (error) {
      // Nothing of it is in the tables, and it keeps nobody from being loaded.
      lane.stuck.set(segment, { untilMs: clock.monotonicMs() + stuckMs, error });
      events.stuck(segment, error);
      return;
    }
    let isKept: boolean;
    try {
      await trimSegment(segment);
      const loaded = await this.#options.segmentLoader.load(segment);
      isKept = loaded.isKept;
      lane.away = undefined;
      events.resolved(segment, loaded.setAside, clock.monotonicMs() - beganMs);
    } catch (error) {
      const attempts = lane.away?.attempts ?? 0;
      lane.away = {
        attempts: attempts + 1,
        untilMs: clock.monotonicMs() + retryPauseMs(attempts + 1, retryPause),
        error,
      };
      lane.queue.putBack(segment);
      events.retrying(segment, error, attempts);
      return;
    }
    if (isKept)
      await discardSegment(segment, disk).catch((error: unknown) => events.undeletable(segment, error));
  }
}

/** Puts segments back into the queue whose time alone is over. Returns when the next one's is. */
function takeBack({ queue, stuck }: Lane, nowMs: number): number {
  let nextMs = Infinity;
  for (const [segment, { untilMs }] of stuck)
    if (untilMs > nowMs) nextMs = Math.min(nextMs, untilMs);
    else {
      stuck.delete(segment);
      queue.add(segment);
    }
  return nextMs;
}

/** From here on the tables may hold the segment's rows, and a later start can see so from the name. */
async function markLoading(segment: Segment, disk: Disk): Promise<void> {
  if (mayBeStored(segment)) return;
  const path = join(dirname(segment.path), segment.name + loadingExtension);
  await disk.rename(segment.path, path).catch((error: unknown) => {
    // Somebody took it away: the segment loader counts what is lost with it.
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  segment.path = path;
}

/** The log of commits goes first: alone, it would tell of a segment that is missing. */
async function discardSegment({ path, name }: Segment, disk: Disk): Promise<void> {
  await discard(commitsPath(path, name), disk);
  await discard(path, disk);
  await discard(join(dirname(path), name + refusedExtension), disk);
}
