/**
 * Reads ClickHouse's RowBinary, value after value: the caller knows the types of the columns. Strings have their length before them as a varint,
 * arrays and maps the number of their entries.
 */
export class RowBinary {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** All rows were read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  /** As a `DateTime64(9)` is written, too: nanoseconds since 1970. */
  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#advance(8));
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
    return length === 0 ? '' : this.#bytes.toString('utf8', from, from + length);
  }

  strings(): string[] {
    const strings: string[] = [];
    for (let left = this.count(); left > 0; left -= 1) strings.push(this.string());
    return strings;
  }

  /** So many bytes, as of a `FixedString` or an array of them, in hex. */
  hex(length: number): string {
    const from = this.#advance(length);
    return this.#bytes.toString('hex', from, from + length);
  }

  /** Where what is read begins. A RangeError where the answer ends before: it was not read as what it is. */
  #advance(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new RangeError('The answer is shorter than its rows.');
    this.#at = from + length;
    return from;
  }
}
