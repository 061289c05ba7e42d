const slots = 2048;

/** Some names, to be found where they stand in bytes without making a text of what is there. */
export class KeyTable {
  readonly #names: readonly Uint8Array[];
  /** The first name of a hash, and the next one after each; -1 for none. */
  readonly #first = new Int16Array(slots).fill(-1);
  readonly #next: Int16Array;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
    this.#next = new Int16Array(names.length).fill(-1);
    for (const [place, bytes] of this.#names.entries()) {
      const slot = hashOf(bytes, 0, bytes.length);
      this.#next[place] = this.#first[slot] as number;
      this.#first[slot] = place;
    }
  }

  /** The place among the names, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let place = this.#first[hashOf(bytes, start, end)] as number;
    while (place >= 0 && !isSame(this.#names[place] as Uint8Array, bytes, start, end))
      place = this.#next[place] as number;
    return place;
  }
}

/** Of the length and four of the bytes. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const mixed =
    (bytes[start] as number) +
    31 * (bytes[start + (length >> 1)] as number) +
    373 * (bytes[end - (length >> 2) - 1] as number) +
    1481 * (bytes[end - 1] as number) +
    7919 * length;
  return mixed & (slots - 1);
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1) if (name[at] !== bytes[start + at]) return false;
  return true;
}
