import type { ByteWordTable } from './byte-word-table.ts';

/**
 * Reads ClickHouse's RowBinary, value after value: the caller knows the types of the columns. Strings have their length before them as a varint,
 * arrays and maps the number of their entries.
 *
 * A long run has sixty thousand short strings, most of them ASCII. To ask Node for each takes 150 ns and more; to cut them out of the whole
 * answer, read as Latin-1, a third of it.
 */
export class RowBinary {
  readonly #bytes: Buffer;
  /** The whole answer. Made for the first string that is read: 20 MB take 80 ms. */
  #latin1: string | undefined;
  readonly #lists = new Map<string, readonly string[]>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** All rows were read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw tooShort();
    this.#at += 1;
    return byte;
  }

  /** As a `DateTime64(9)` is written, too: nanoseconds since 1970. */
  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#advance(8));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  float64(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  /** An array of numbers, each read by `one`. */
  numbers(one: () => number): number[] {
    const numbers: number[] = [];
    for (let left = this.count(); left > 0; left -= 1) numbers.push(one());
    return numbers;
  }

  /** The number of entries of an array or map that follow. */
  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.uint8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  string(): string {
    const length = this.count();
    const from = this.#advance(length);
    if (length < shortBytes) {
      const text = this.#cut(from, from + length);
      if (!beyondAscii.test(text)) return text;
    }
    return this.#bytes.toString('utf8', from, from + length);
  }

  /** The number of a string, or of so many of its first bytes, in `words`. One that is known is not made again. */
  wordOf(words: ByteWordTable, bytesMax = Number.POSITIVE_INFINITY): number {
    const length = this.count();
    const from = this.#advance(length);
    return words.indexOf(this.#bytes, from, from + Math.min(length, bytesMax));
  }

  /** The number in `words` of all the bytes that `skip` passes, as one word. */
  wordAcross(words: ByteWordTable, skip: () => void): number {
    const from = this.#at;
    skip();
    return words.indexOf(this.#bytes, from, this.#at);
  }

  skipStrings(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#advance(this.count());
  }

  /** A `String` of bytes. */
  bytes(): Buffer {
    const length = this.count();
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  strings(): string[] {
    const strings: string[] = [];
    for (let left = this.count(); left > 0; left -= 1) strings.push(this.string());
    return strings;
  }

  /** As `strings`; equal lists, such as the keys of rows of one kind, are one. */
  repeatedStrings(): readonly string[] {
    const from = this.#at;
    for (let left = this.count(); left > 0; left -= 1) this.#advance(this.count());
    const key = this.#cut(from, this.#at);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    this.#at = from;
    const list = this.strings();
    this.#lists.set(key, list);
    return list;
  }

  /** So many bytes, as of a `FixedString` or an array of them, in hex. */
  hex(length: number): string {
    const from = this.#advance(length);
    return this.#bytes.toString('hex', from, from + length);
  }

  #cut(from: number, to: number): string {
    this.#latin1 ??= this.#bytes.toString('latin1');
    return this.#latin1.slice(from, to);
  }

  /** Where what is read begins. A RangeError where the answer ends before: it was not read as what it is. */
  #advance(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw tooShort();
    this.#at = from + length;
    return from;
  }
}

const shortBytes = 100;
const beyondAscii = /[\u0080-\u00ff]/;

const tooShort = (): RangeError => new RangeError('The answer is shorter than its rows.');
