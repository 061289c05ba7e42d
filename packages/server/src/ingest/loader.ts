/**
 * Moves segments from the journal into the tables, a few at a time, and deletes them afterwards. A segment is sealed
 * when a slot is free and its first record has waited a moment: under light load that is the delay until a span is
 * visible, under heavy load the slots are busy and segments grow, which is what makes the engine fast.
 */
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { type PlannedLoad, StoreError, type TelemetryStore } from '../storage/telemetry-store.ts';
import { backOffMs } from './backoff.ts';
import { errnoOf } from './disk.ts';
import { trimSegment, type Journal } from './journal.ts';
import { doneInMs } from './load-forecast.ts';
import { LoadPace } from './load-pace.ts';
import type { Quarantined } from './quarantine.ts';
import { loadingExtension, refusedExtension, type Segment, tokenOf } from './segment.ts';
import type { SegmentLoader } from './segment-loader.ts';

export interface LoaderOptions {
  readonly journals: ReadonlyMap<TelemetrySignal, Journal>;
  readonly segmentLoader: Pick<SegmentLoader, 'load'>;
  readonly store: Pick<TelemetryStore, 'planLoad'>;
  readonly clock: Clock;
  readonly slots: number;
  readonly sealAfterMs: number;
  readonly smallLoadDoneMs: number;
  readonly loadEveryMs: number;
  readonly events: LoaderEvents;
}

export interface LoaderEvents {
  /** The segment's rows are in the tables or in the quarantine. Called once, before its file is deleted. */
  resolved(segment: Segment, setAside: readonly Quarantined[], elapsedMs: number): void;
  /** Loading failed and will be tried again. */
  retrying(segment: Segment, error: unknown, attempt: number): void;
  /** The file of a loaded segment could not be deleted: the next start will try again. */
  undeletable(segment: Segment, error: unknown): void;
}

/** A load that is planned before its segment is sealed. */
interface Plan {
  readonly token: string;
  readonly load: PlannedLoad;
  readonly beganMs: number;
  state: 'planning' | 'ready' | 'failed';
}

const pausePollMs = 20;

export class Loader {
  readonly #options: LoaderOptions;
  readonly #pace = new LoadPace();
  readonly #stop = new AbortController();
  /** Sealed and waiting for a slot. */
  #waiting: Segment[] = [];
  readonly #running = new Map<Segment, { readonly beganMs: number; readonly done: Promise<void> }>();
  /** Signals whose last load failed: the engine counts as away for them. One at a time is tried again after a pause. */
  readonly #away = new Map<TelemetrySignal, { readonly attempts: number; readonly untilMs: number }>();
  /** Of each signal that is in use, the next load. */
  readonly #plans = new Map<TelemetrySignal, Plan>();
  /** When the newest load of a signal began. */
  readonly #beganMs = new Map<TelemetrySignal, number>();
  #timer: NodeJS.Timeout | undefined;
  /** Tasks that want nothing to be loaded. */
  #pauses = 0;
  /** Loads of what is not in the journal. */
  readonly #asides = new Set<Promise<void>>();

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Whether the engine does not take in some signal at present. */
  get isAway(): boolean {
    return this.#away.size > 0;
  }

  get segments(): number {
    return this.#waiting.length + this.#running.size;
  }

  /** Bytes of sealed segments that are still on disk. */
  get sealedBytes(): number {
    return sumBytes(this.#waiting) + sumBytes([...this.#running.keys()]);
  }

  /** Monotonic time of the oldest record that is not in the tables yet. */
  get oldestMs(): number | undefined {
    const active = [...this.#options.journals.values()].map((journal) => journal.activeSinceMs);
    const sealed = [...this.#waiting, ...this.#running.keys()].map((segment) => segment.oldestMs);
    const known = [...active, ...sealed].filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** See GateView. Segments that are late anyway are left out: new data overtakes them. */
  readonly visibleInMs = (signal: TelemetrySignal, enteringBytes: number): number | undefined => {
    if (this.#away.has(signal)) return undefined;
    const { journals, slots, clock } = this.#options;
    const bytes = enteringBytes + (journals.get(signal)?.activeBytes ?? 0);
    const waiting = this.#waiting.filter((segment) => !segment.late);
    // It would not be seen sooner, only loaded at much less than the pace of the engine.
    if (this.#pace.hardlyCounts(signal, bytes) && !waiting.some((segment) => segment.signal === signal))
      return 0;

    const nowMs = clock.monotonicMs();
    const underWay = [...this.#running]
      .filter(([segment]) => !segment.late)
      .map(([segment, { beganMs }]) => ({ segment, elapsedMs: nowMs - beganMs }));
    const others = [...journals].filter(
      ([other, { activeBytes }]) => other !== signal && activeBytes > 0 && !this.#away.has(other),
    );
    const areLate = this.#waiting.length > waiting.length || this.#running.size > underWay.length;
    const plannedMs = doneInMs({
      slots: areLate ? Math.max(1, slots - 1) : slots,
      running: underWay.map(({ segment, elapsedMs }) => Math.max(0, this.#loadMs(segment) - elapsedMs)),
      ahead: [
        ...waiting.map((segment) => this.#loadMs(segment)),
        ...others.map(([other, { activeBytes }]) => this.#pace.loadMs(other, activeBytes)),
      ],
      restMs: Math.max(this.#restsUntilMs(signal), this.#plannedUntilMs(signal)) - nowMs,
      loadMs: this.#pace.loadMs(signal, bytes),
    });
    const slowdowns = underWay.map(({ segment, elapsedMs }) =>
      this.#pace.slowdown(segment.signal, segment.byteLength, elapsedMs),
    );
    return plannedMs * Math.max(1, ...slowdowns);
  };

  /** Takes a sealed segment in charge. */
  readonly add = (segment: Segment): void => {
    if (this.#away.has(segment.signal)) segment.late = true;
    this.#waiting.push(segment);
    this.pump();
  };

  /** Fills the free slots, and plans what is loaded next. To be called when a journal has begun a segment. */
  readonly pump = (): void => {
    while (this.#isOpen() && this.#running.size < this.#options.slots) {
      const segment = this.#next();
      if (segment === undefined) break;
      const done = this.#run(segment).finally(() => {
        this.#running.delete(segment);
        this.pump();
      });
      this.#running.set(segment, { beganMs: this.#options.clock.monotonicMs(), done });
    }
    for (const [signal, journal] of this.#options.journals)
      if (journal.activeBytes > 0 || this.#beganMs.has(signal)) this.#plan(signal, journal);
    this.#sealWhatIsDue();
  };

  /** Resolves when all of `segments` are in the tables (true), or after `timeoutMs` (false). */
  async settled(segments: ReadonlySet<Segment>, timeoutMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const runs = [...this.#running].filter(([segment]) => segments.has(segment));
      const isOpen = runs.length > 0 || this.#waiting.some((segment) => segments.has(segment));
      if (!isOpen) return true;
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return false;
      await Promise.race([delay(Math.min(leftMs, 20)), ...runs.map(async ([, { done }]) => done)]);
    }
  }

  /** Runs a load of what is not in the journal, when nobody wants nothing to be loaded. */
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
   * As `quietly`, when no segment is in some tables and not in others, and no planned load holds a table. Where a load failed in the middle, that waits for its
   * repetition.
   * @throws StoreError `unavailable` after `timeoutMs`; `task` has not begun then.
   */
  async quietlyWhenWhole<T>(task: () => Promise<T>, timeoutMs: number): Promise<T> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const halves = new Set(this.#waiting.filter(mayBeStored));
      if (!(await this.settled(halves, deadlineMs - clock.monotonicMs())))
        throw new StoreError('unavailable', 'What was received before cannot be stored whole at present.');
      const done = await this.quietly(async () => {
        if (this.#waiting.some(mayBeStored)) return undefined;
        await this.#releasePlans();
        return { result: await task() };
      });
      if (done !== undefined) return done.result;
    }
  }

  /** Begins nothing new and waits for what runs. What is not loaded stays for the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#underWay();
    await this.#releasePlans();
  }

  async #underWay(): Promise<void> {
    await Promise.all([...[...this.#running.values()].map(async ({ done }) => done), ...this.#asides]);
  }

  #loadMs({ signal, byteLength }: Segment): number {
    return this.#pace.loadMs(signal, byteLength);
  }

  #isOpen(): boolean {
    return this.#pauses === 0 && !this.#stop.signal.aborted;
  }

  /** One slot serves the backlog, if there is one; all others serve what was just received. */
  #next(): Segment | undefined {
    const running = [...this.#running.keys()];
    const servesLate = running.some(({ late }) => late);
    const ready = this.#waiting.filter(({ signal }) => {
      const away = this.#away.get(signal);
      if (away === undefined) return true;
      return (
        away.untilMs <= this.#options.clock.monotonicMs() && !running.some((other) => other.signal === signal)
      );
    });
    const chosen = ready.find(({ late }) => late !== servesLate) ?? ready[0];
    if (chosen !== undefined) this.#waiting.splice(this.#waiting.indexOf(chosen), 1);
    return chosen;
  }

  /** Seals what waited long enough for a free slot, and sees to it that somebody looks again when the next one has. */
  #sealWhatIsDue(): void {
    clearTimeout(this.#timer);
    const { journals, slots, clock } = this.#options;
    if (!this.#isOpen() || this.#running.size >= slots) return;
    const nowMs = clock.monotonicMs();
    const dues = [...this.#away.values()].map(({ untilMs }) => untilMs - nowMs);
    for (const [signal, journal] of journals) {
      // While sealed segments wait, more of them would only be smaller ones.
      const isBehind = this.#away.has(signal) || this.#waiting.some((segment) => segment.signal === signal);
      if (isBehind || journal.activeSinceMs === undefined) continue;
      // What comes until the next load is planned goes with it.
      if (this.#plans.get(signal)?.state === 'planning') continue;
      const dueMs = this.#dueMs(signal, journal.activeSinceMs, journal.activeBytes) - nowMs;
      if (dueMs <= 0) journal.requestSeal();
      else dues.push(dueMs);
    }
    if (dues.length > 0) this.#timer = setTimeout(this.pump, Math.max(1, Math.min(...dues) + 1)).unref();
  }

  /**
   * When a segment is to be sealed. A trickle rests between loads for as long as what comes is seen in time, or it would occupy the engine with planning; an
   * engine that is slow already gets half of that, for loads beside each other make it slower still. The first record after a pause and a segment worth its
   * load do not wait for that.
   */
  #dueMs(signal: TelemetrySignal, sinceMs: number, bytes: number): number {
    const { sealAfterMs, smallLoadDoneMs } = this.#options;
    const dueMs = sinceMs + sealAfterMs;
    if (this.#pace.isWorthLoading(signal, bytes)) return Math.max(dueMs, this.#restsUntilMs(signal));
    const everyMs = Math.max(smallLoadDoneMs - this.#pace.loadMs(signal, bytes), smallLoadDoneMs / 2);
    return Math.max(dueMs, this.#begunMs(signal) + everyMs);
  }

  /**
   * Loads of a signal that are under way at one time begin one after the other, and what comes meanwhile is the next: it is on its way for one and a half loads
   * and not two, and no load is left with a single request.
   */
  #restsUntilMs(signal: TelemetrySignal): number {
    const isRunning = [...this.#running.keys()].some((segment) => segment.signal === signal);
    return isRunning ? this.#begunMs(signal) + this.#options.loadEveryMs : -Infinity;
  }

  #begunMs(signal: TelemetrySignal): number {
    return this.#beganMs.get(signal) ?? -Infinity;
  }

  /** Once a signal is in use its next load is always planned, so that what comes after a pause is seen soonest. */
  #plan(signal: TelemetrySignal, { name }: Journal): void {
    if (this.#away.has(signal) || !this.#isOpen()) return;
    const { store, clock } = this.#options;
    const token = tokenOf({ signal, name });
    const earlier = this.#plans.get(signal);
    if (earlier !== undefined) {
      const isDue = [token, ...this.#waiting.map(tokenOf)].includes(earlier.token);
      if (isDue) return;
      // The journal gave its segment up.
      void earlier.load.release();
      this.#plans.delete(signal);
    }
    const beganMs = clock.monotonicMs();
    const load = store.planLoad({ signal, token });
    if (load === undefined) return;
    const plan: Plan = { token, load, beganMs, state: 'planning' };
    this.#plans.set(signal, plan);
    void load.ready.then((isReady) => {
      plan.state = isReady ? 'ready' : 'failed';
      if (isReady) this.#pace.observePlan(signal, clock.monotonicMs() - beganMs);
      this.pump();
    });
  }

  /** The plan for this segment, for which another may be made then. */
  #takePlan({ signal, name }: Segment): PlannedLoad | undefined {
    const plan = this.#plans.get(signal);
    if (plan?.token !== tokenOf({ signal, name })) return undefined;
    this.#plans.delete(signal);
    return plan.state === 'failed' ? undefined : plan.load;
  }

  async #releasePlans(): Promise<void> {
    const plans = [...this.#plans.values()];
    this.#plans.clear();
    await Promise.all(plans.map(async ({ load }) => load.release()));
  }

  /** Until the next load of a signal is planned. */
  #plannedUntilMs(signal: TelemetrySignal): number {
    const plan = this.#plans.get(signal);
    return plan?.state === 'planning' ? plan.beganMs + this.#pace.planMs(signal) : -Infinity;
  }

  async #run(segment: Segment): Promise<void> {
    const { events, clock } = this.#options;
    const beganMs = clock.monotonicMs();
    this.#beganMs.set(segment.signal, beganMs);
    const planned = this.#takePlan(segment);
    try {
      await markLoading(segment);
      await trimSegment(segment);
      const setAside = await this.#options.segmentLoader.load(segment, planned);
      const elapsedMs = clock.monotonicMs() - beganMs;
      this.#pace.observe(segment.signal, segment.byteLength, elapsedMs);
      this.#away.delete(segment.signal);
      events.resolved(segment, setAside, elapsedMs);
    } catch (error) {
      this.#retryLater(segment, error);
      return;
    } finally {
      await planned?.release();
    }
    await removeSegment(segment).catch((error: unknown) => events.undeletable(segment, error));
  }

  #retryLater(segment: Segment, error: unknown): void {
    const attempts = this.#away.get(segment.signal)?.attempts ?? 0;
    const untilMs = this.#options.clock.monotonicMs() + backOffMs(attempts);
    this.#away.set(segment.signal, { attempts: attempts + 1, untilMs });
    this.#waiting.unshift(segment);
    for (const other of this.#waiting) if (other.signal === segment.signal) other.late = true;
    this.#options.events.retrying(segment, error, attempts);
  }
}

/** From here on the tables may hold the segment's rows, and a later start can see so from the name. */
async function markLoading(segment: Segment): Promise<void> {
  if (mayBeStored(segment)) return;
  const path = join(dirname(segment.path), segment.name + loadingExtension);
  await rename(segment.path, path).catch((error: unknown) => {
    // Somebody took it away: the segment loader counts what is lost with it.
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  segment.path = path;
}

function mayBeStored({ path }: Segment): boolean {
  return path.endsWith(loadingExtension);
}

async function removeSegment(segment: Segment): Promise<void> {
  for (const path of [segment.path, join(dirname(segment.path), segment.name + refusedExtension)])
    await rm(path, { force: true });
}

function sumBytes(segments: readonly Segment[]): number {
  return segments.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
