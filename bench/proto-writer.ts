/** Writes protobuf messages into one growing buffer. Only what the generators of this folder need. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(1 << 20);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written; the writer starts again. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  varint(field: number, value: number): void {
    this.#reserve(20);
    this.#rawVarint(field * 8);
    this.#rawVarint(value);
  }

  fixed64(field: number, value: bigint): void {
    this.#reserve(20);
    this.#rawVarint(field * 8 + 1);
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length);
  }

  double(field: number, value: number): void {
    this.#reserve(20);
    this.#rawVarint(field * 8 + 1);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(value.length + 20);
    this.#rawVarint(field * 8 + 2);
    this.#rawVarint(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  string(field: number, value: string): void {
    this.#reserve(value.length * 3 + 20);
    this.#rawVarint(field * 8 + 2);
    this.#withLength(() => {
      this.#length += this.#bytes.write(value, this.#length, 'utf8');
    });
  }

  message(field: number, write: () => void): void {
    this.#reserve(20);
    this.#rawVarint(field * 8 + 2);
    this.#withLength(write);
  }

  /** Leaves one byte for the length and moves the body where it needs more. */
  #withLength(write: () => void): void {
    const at = this.#length;
    this.#length += 1;
    write();
    const length = this.#length - at - 1;
    if (length < 0x80) {
      this.#bytes[at] = length;
      return;
    }
    const size = Math.ceil((32 - Math.clz32(length)) / 7);
    this.#reserve(size);
    this.#bytes.copyWithin(at + size, at + 1, at + 1 + length);
    this.#length = at;
    this.#rawVarint(length);
    this.#length += length;
  }

  #rawVarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(size: number): void {
    if (this.#length + size + 16 <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size + 16));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
