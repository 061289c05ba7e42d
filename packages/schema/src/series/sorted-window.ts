/**
 * The last values of a series in order of their size. A push costs two binary searches and one move of neighbours; quantiles are read from their
 * place, distances from a centre by a binary search. Values are numbers, never NaN.
 */
export class SortedWindow {
  readonly size: number;
  readonly #sorted: Float64Array;
  readonly #recent: Float64Array;
  #length = 0;
  #next = 0;

  constructor(size: number) {
    this.size = size;
    this.#sorted = new Float64Array(size);
    this.#recent = new Float64Array(size);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const sorted = this.#sorted;
    const hole = this.#length === this.size ? this.#placeOf(this.#recent[this.#next] ?? 0) : this.#length++;
    this.#recent[this.#next] = value;
    this.#next = (this.#next + 1) % this.size;
    // The hole moves to where the value belongs: left or right of it by what its neighbours say.
    if (hole > 0 && (sorted[hole - 1] ?? 0) > value) {
      const place = this.#placeOf(value, hole);
      sorted.copyWithin(place + 1, place, hole);
      sorted[place] = value;
    } else {
      const place = this.#placeOf(value, this.#length, hole + 1) - 1;
      sorted.copyWithin(hole, hole + 1, place + 1);
      sorted[place] = value;
    }
  }

  /** NaN of nothing. */
  median(): number {
    const half = this.#length >> 1;
    if (this.#length === 0) return NaN;
    const upper = this.#sorted[half] ?? NaN;
    return this.#length % 2 === 1 ? upper : ((this.#sorted[half - 1] ?? NaN) + upper) / 2;
  }

  /** The distance from the centre within which this share of the values lies; NaN of nothing. */
  spread(center: number, share: number): number {
    const length = this.#length;
    if (length === 0) return NaN;
    const sorted = this.#sorted;
    const count = Math.min(length, Math.floor(length * share) + 1);
    // The nearest `count` values are neighbours: where does their run begin?
    let low = 0;
    let high = length - count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (center - (sorted[middle] ?? 0) > (sorted[middle + count] ?? 0) - center) low = middle + 1;
      else high = middle;
    }
    return Math.max(center - (sorted[low] ?? 0), (sorted[low + count - 1] ?? 0) - center);
  }

  /** The first place from `low` on that holds a value as large as this one. */
  #placeOf(value: number, end = this.#length, low = 0): number {
    const sorted = this.#sorted;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
