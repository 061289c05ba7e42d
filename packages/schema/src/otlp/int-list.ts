/** Numbers below 2^31 in a row. A third of the memory of an array, which matters when a hostile request needs millions. */
export class IntList {
  length = 0;
  #items = new Int32Array(16);

  push(item: number): void {
    if (this.length === this.#items.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.length++] = item;
  }

  /** `fallback` beyond the end. */
  at(index: number, fallback: number): number {
    return index < this.length ? (this.#items[index] as number) : fallback;
  }

  setLast(item: number): void {
    this.#items[this.length - 1] = item;
  }
}
