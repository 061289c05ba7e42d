import { setImmediate as nextTurn } from 'node:timers/promises';

/** The loop is held for so long at most, or for one step of the work. */
const msMax = 4;

/** A long piece of work on this thread, in turns with whatever else waits for it: between two steps, `if (turn.isOver) await turn.next()`. */
export class Turn {
  #beganMs = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#beganMs >= msMax;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#beganMs = performance.now();
  }
}
