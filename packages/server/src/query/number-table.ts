/**
 * Indexes by numbers of up to 53 bits whose low bits are as good as random, for as many as there is room for. A Map keeps each such number as an object of its own: a quarter of a
 * million take four times as long.
 */
export class NumberTable {
  readonly #keys: Float64Array;
  /** One more than the index; 0 where there is none. */
  readonly #indexes: Int32Array;
  readonly #mask: number;

  constructor(room: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * room + 1));
    this.#keys = new Float64Array(size);
    this.#indexes = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** The first index of a number stays. */
  add(key: number, index: number): void {
    const place = this.#placeOf(key);
    if (this.#indexes[place] !== 0) return;
    this.#keys[place] = key;
    this.#indexes[place] = index + 1;
  }

  /** −1 where there is none. */
  get(key: number): number {
    return (this.#indexes[this.#placeOf(key)] ?? 0) - 1;
  }

  /** Where the number is, or would be. */
  #placeOf(key: number): number {
    // The low 32 bits of it.
    let place = key & this.#mask;
    while (this.#indexes[place] !== 0 && this.#keys[place] !== key) place = (place + 1) & this.#mask;
    return place;
  }
}
