import type { QueryShare, QueueState } from './query-share.ts';
import { assert } from '@sightline/base';
import { StoreError } from './telemetry-store.ts';

export interface WantedTurn {
  readonly share: QueryShare;
  /** For waiting and running together. */
  readonly timeMsMax: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface Turn {
  readonly timeMsLeft: number;
  /** Aborted when the time is over or the caller is gone: the statement is to be ended. */
  readonly signal: AbortSignal;
}

interface Lane {
  readonly runningMax: number;
  readonly waitingMax: number;
  running: number;
  refused: number;
  /** In the order in which they came. */
  readonly waiting: Set<() => void>;
}

/** Fifty statements of one share are there at most, or as many as the pages of a few dozen people ask at once. */
const lanes = (): Record<QueryShare, Lane> => ({
  watch: lane({ runningMax: 1, waitingMax: 20 }),
  alerts: lane({ runningMax: 2, waitingMax: 400 }),
  page: lane({ runningMax: 4, waitingMax: 400 }),
  search: lane({ runningMax: 2, waitingMax: 100 }),
  sql: lane({ runningMax: 2, waitingMax: 48 }),
  background: lane({ runningMax: 2, waitingMax: 400 }),
});

/** Statements that may run at one time, of all shares. */
export const runningMax = Object.values(lanes()).reduce((sum, each) => sum + each.runningMax, 0);

const retryAfterS = 5;

/** Gives statements their turn. Each share is bounded in what runs and what waits; a caller leaves at its deadline, or when its signal is aborted, whether it waits or runs. */
export class QueryQueue {
  readonly #lanes = lanes();

  /**
   * Runs a task in its turn. Throws StoreError `busy` where too many wait or the time is over before the turn has come, `limit` where it ends while
   * the task runs, `cancelled` where the signal was aborted. A task that does not heed its signal keeps its place until it is done, though nobody waits for it.
   */
  async run<T>(wanted: WantedTurn, task: (turn: Turn) => Promise<T>): Promise<T> {
    const { share, timeMsMax, signal } = wanted;
    const lane = this.#lanes[share];
    const deadlineMs = performance.now() + timeMsMax;
    const ended = new AbortController();
    let isRunning = false;
    const leave = (): void => ended.abort(new StoreError('cancelled', 'Nobody waits for the answer.'));
    const timer = setTimeout(() => ended.abort(isRunning ? late() : this.#refusal(lane)), timeMsMax);
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted === true) leave();
    try {
      await this.#turn(lane, ended.signal);
      isRunning = true;
      const timeMsLeft = Math.max(1, Math.floor(deadlineMs - performance.now()));
      const work = begun(task, { timeMsLeft, signal: ended.signal }).finally(() => release(lane));
      return await orAborted(work, ended.signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    }
  }

  state(): readonly QueueState[] {
    return Object.entries(this.#lanes).map(([share, { running, waiting, refused }]) => ({
      share: share as QueryShare,
      running,
      waiting: waiting.size,
      refused,
    }));
  }

  async #turn(lane: Lane, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (lane.running < lane.runningMax) {
      lane.running += 1;
    } else {
      if (lane.waiting.size >= lane.waitingMax) throw this.#refusal(lane);
      await this.#wait(lane, signal);
    }
  }

  async #wait(lane: Lane, signal: AbortSignal): Promise<void> {
    let begin: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
      lane.waiting.add(begin);
    });
    await orAborted(turn, signal).catch((error: unknown) => {
      // The turn may have come in the same moment.
      if (!lane.waiting.delete(begin)) release(lane);
      throw error;
    });
  }

  #refusal(lane: Lane): StoreError {
    lane.refused += 1;
    return new StoreError('busy', 'Too many questions wait for their turn.', { retryAfterS });
  }
}

/** Its caller may have gone between the turn and now. */
async function begun<T>(task: (turn: Turn) => Promise<T>, turn: Turn): Promise<T> {
  turn.signal.throwIfAborted();
  return task(turn);
}

/** Gives the place to who waits longest. */
function release(lane: Lane): void {
  const [next] = lane.waiting;
  if (next === undefined) {
    lane.running -= 1;
    assert(lane.running >= 0, 'A turn is given back once');
    return;
  }
  lane.waiting.delete(next);
  next();
}

function lane(bounds: Pick<Lane, 'runningMax' | 'waitingMax'>): Lane {
  return { ...bounds, running: 0, refused: 0, waiting: new Set() };
}

function late(): StoreError {
  return new StoreError('limit', 'The time of the question is over.', { limit: 'time' });
}

/** What the work gives, or the reason of the signal where that comes first. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    aborted.catch(() => undefined);
    // What nobody waits for any more fails in silence.
    work.catch(() => undefined);
  }
}
