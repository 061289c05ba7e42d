import { sleep } from '@sightline/base';

/** The time that the demo's services live in. */
export interface DemoClock {
  nowMs(): number;
  /** Since the first moment of what is played. */
  storyMs(): number;
  sleep(ms: number): Promise<void>;
  /** The demo ends: what is under way is to be finished, and nothing new begun. */
  readonly stopping: boolean;
}

export interface RunOptions {
  readonly abort: AbortSignal;
  /** After every step, with its time: lets the sender keep up while the past is played. */
  readonly onStep: () => Promise<void> | undefined;
  /** Once, when the past is played and the present begins. */
  readonly onLive: () => Promise<void>;
  /** No step after this time is taken. */
  readonly untilMs: () => number;
}

/**
 * One queue of sleepers, woken in the order of their times. What lies in the past is woken at once, with the clock
 * showing its time; what lies ahead, when its time comes. So the same programs fill the last half hour in seconds and
 * then go on live, without a seam.
 */
export class DemoScheduler implements DemoClock {
  readonly #sleepers: Sleeper[] = [];
  readonly #startMs: number;
  #nowMs: number;
  #count = 0;
  #stopping = false;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  storyMs(): number {
    return this.#nowMs - this.#startMs;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((wake) => {
      this.#count += 1;
      pushSleeper(this.#sleepers, { atMs: this.#nowMs + Math.max(0, ms), order: this.#count, wake });
    });
  }

  /**
   * Plays what is under way to its end at once, so that every trace that was begun arrives whole, with true durations.
   * The last of it lies up to a minute ahead of the present.
   */
  async finish(): Promise<void> {
    this.#stopping = true;
    await settle();
    for (let next = popSleeper(this.#sleepers); next !== undefined; next = popSleeper(this.#sleepers)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settle();
    }
  }

  async run({ abort, onStep, onLive, untilMs }: RunOptions): Promise<void> {
    let live = false;
    for (;;) {
      await settle();
      const next = this.#sleepers[0];
      if (abort.aborted || next === undefined || next.atMs > untilMs()) return;
      const aheadMs = next.atMs - Date.now();
      if (aheadMs > 0) {
        if (!live) {
          live = true;
          await onLive();
          continue;
        }
        // In short naps, so that a new and earlier sleeper is not overslept.
        await sleep(Math.min(aheadMs, 200), abort);
        continue;
      }
      popSleeper(this.#sleepers);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await onStep();
    }
  }
}

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Lets everything that was woken run on until it sleeps again. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

/** A binary heap: half an hour of traffic holds a few hundred sleepers at once. */
function pushSleeper(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.push(sleeper) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, sleeper)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = sleeper;
}

function popSleeper(heap: Sleeper[]): Sleeper | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const below =
      right !== undefined && left !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
    const child = heap[below];
    if (child === undefined || !isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
  return first;
}
