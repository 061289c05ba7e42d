/**
 * Work that is neither a query nor a navigation (a canvas to draw, a stream to open) and that the idle signal should
 * wait for.
 */
class Busy {
  #count = 0;
  readonly #listeners = new Set<() => void>();

  get count(): number {
    return this.#count;
  }

  /** Marks the start of some work; call the result once when it ends. */
  begin(): () => void {
    this.#change(1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#change(-1);
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(by: number): void {
    this.#count += by;
    for (const listener of this.#listeners) listener();
  }
}

export const busy = new Busy();
