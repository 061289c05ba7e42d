/** Counts what could not be delivered, by signal and reason, and says so once per pair instead of once per item. */
export type Signal = 'traces' | 'logs' | 'metrics';

export interface DropCount {
  readonly signal: Signal;
  readonly reason: string;
  readonly count: number;
}

export interface DropTally {
  count: number;
}

export class DropCounter {
  readonly #counts = new Map<string, DropTally & { readonly signal: Signal; readonly reason: string }>();
  readonly #say: (message: string) => void;

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  add(signal: Signal, reason: string, count: number): void {
    if (count <= 0) return;
    const key = `${signal}:${reason}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    this.#counts.set(key, { signal, reason, count });
    this.#say(
      `Sightline drops ${signal}: ${reason}. Further drops are counted silently; see droppedCounts().`,
    );
  }

  /** A count to add to directly, for drops that happen on every call and are intended. Says nothing. */
  tally(signal: Signal, reason: string): DropTally {
    const key = `${signal}:${reason}`;
    let known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, (known = { signal, reason, count: 0 }));
    return known;
  }

  list(): DropCount[] {
    return [...this.#counts.values()].filter(({ count }) => count > 0).map((entry) => ({ ...entry }));
  }
}
