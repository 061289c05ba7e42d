import { PromqlExecutionError } from './ast.ts';

/**
 * What one query may compute, in samples and steps looked at: about a second. An answer is put together on the thread that also takes in
 * telemetry.
 */
export const workMax = 100_000_000;

export class WorkBudget {
  #left: number;

  constructor(work = workMax) {
    this.#left = work;
  }

  /** Throws PromqlExecutionError once more was asked for than is computed. */
  spend(work: number): void {
    this.#left -= work;
    if (this.#left < 0)
      throw new PromqlExecutionError(
        'the query would take too much computing; ask for fewer series, larger steps or shorter ranges',
      );
  }
}
