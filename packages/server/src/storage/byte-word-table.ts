import { hashBytes } from './hash-bytes.ts';

/**
 * Numbers words in the order of their first appearance, by their bytes in UTF-8: a word that is known becomes no string. A quarter of a million rows with a few hundred words take a
 * fifth of what they take as strings in a Map.
 */
export class ByteWordTable {
  readonly words: string[] = [];
  readonly #bytes: Buffer[] = [];
  /** One more than the index; 0 where there is none. */
  #slots: Int32Array;
  /** Words whose places were taken. Whoever sends names may choose those that have one hash. */
  readonly #others = new Map<string, number>();

  readonly #room: WordRoom;

  /** Places at first, a power of two: as many as twice the words that are expected. */
  constructor(places = 1024, room: WordRoom = { words: Number.POSITIVE_INFINITY }) {
    this.#slots = new Int32Array(places);
    this.#room = room;
  }

  /** As they were given. */
  bytesOf(index: number): Uint8Array {
    return this.#bytes[index] ?? new Uint8Array();
  }

  /** −1 for a new word that there is no room for. */
  indexOf(bytes: Buffer, from: number, to: number): number {
    const slot = this.#slotOf(bytes, from, to);
    const known = slot === undefined ? 0 : (this.#slots[slot] ?? 0);
    if (known !== 0) return known - 1;
    const word = bytes.toString('utf8', from, to);
    // Its places may be free since the table grew.
    const other = this.#others.get(word);
    if (other !== undefined) return other;
    if (this.#room.words <= 0) return -1;
    this.#room.words -= 1;
    const index = this.words.push(word) - 1;
    this.#bytes.push(Buffer.from(bytes.subarray(from, to)));
    if (slot === undefined) this.#others.set(word, index);
    else this.#slots[slot] = index + 1;
    if (this.words.length * 2 > this.#slots.length) this.#grow();
    return index;
  }

  /** Where the word is, or would be. Undefined where others have all of its places. */
  #slotOf(bytes: Buffer, from: number, to: number): number | undefined {
    const mask = this.#slots.length - 1;
    const hash = hashBytes(bytes, from, to, hashSeed);
    for (let step = 0; step < placesMax; step++) {
      const slot = (hash + step) & mask;
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index === -1 || isSame(this.#bytes[index], bytes, from, to)) return slot;
    }
    return undefined;
  }

  #grow(): void {
    const kept = this.#slots.filter((place) => place !== 0);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (const place of kept) {
      const bytes = this.#bytes[place - 1] ?? Buffer.alloc(0);
      const slot = this.#slotOf(bytes, 0, bytes.length);
      if (slot === undefined) this.#others.set(this.words[place - 1] ?? '', place - 1);
      else this.#slots[slot] = place;
    }
  }
}

/** How many more words tables may have together. */
export interface WordRoom {
  words: number;
}

const placesMax = 16;
/** Of FNV-1a. */
const hashSeed = 0x811c9dc5;

function isSame(known: Buffer | undefined, bytes: Buffer, from: number, to: number): boolean {
  if (known?.length !== to - from) return false;
  for (let at = from; at < to; at++) if (known[at - from] !== bytes[at]) return false;
  return true;
}
