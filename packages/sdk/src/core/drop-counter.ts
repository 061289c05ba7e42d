/** Counts what could not be delivered, by signal and reason, and says so once per pair instead of once per item. */
export type Signal = 'traces' | 'logs' | 'metrics';

export interface DropCount {
  readonly signal: Signal;
  readonly reason: string;
  readonly count: number;
}

export class DropCounter {
  readonly #counts = new Map<string, { signal: Signal; reason: string; count: number }>();
  readonly #say: (message: string) => void;

  constructor(say: (message: string) => void) {
    this.#say = say;
  }

  /** `quiet` for drops that are intended, like sampling: counted, not announced. */
  add(signal: Signal, reason: string, count: number, quiet = false): void {
    if (count <= 0) return;
    const key = `${signal}:${reason}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    this.#counts.set(key, { signal, reason, count });
    if (!quiet)
      this.#say(
        `Sightline drops ${signal}: ${reason}. Further drops are counted silently; see droppedCounts().`,
      );
  }

  list(): DropCount[] {
    return [...this.#counts.values()].map((entry) => ({ ...entry }));
  }
}
