import { overloaded } from './journal-failure.ts';

/** Bounds the bytes of requests that are held in memory at one time, from their first chunk until they are answered. */
export class MemoryBudget {
  readonly bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A share that grows as bytes arrive. The caller releases it, whatever happens. */
  open(): MemoryShare {
    let own = 0;
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.bytesMax)
          throw overloaded(
            `requests in progress hold ${this.bytesMax} bytes of memory, which is the maximum`,
            1,
          );
        own += bytes;
        this.#bytes += bytes;
      },
      release: () => {
        this.#bytes -= own;
        own = 0;
      },
    };
  }
}

export interface MemoryShare {
  /** Throws SightlineError `overloaded` where the budget is spent. */
  take(bytes: number): void;
  release(): void;
}
