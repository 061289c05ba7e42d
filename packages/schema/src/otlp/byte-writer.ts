/** Up to here a loop is faster than a call into the engine. */
const shortTextMax = 64;

/** Grows as needed. Lengths of nested messages are patched in afterwards, so nothing is measured twice. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = uninitialised(capacity);
  }

  /** Makes room for `count` more bytes; callers then write to `bytes` at `length` directly. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = uninitialised(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** An unsigned number up to 2^53. */
  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = rest > 0x7fffffff ? Math.floor(rest / 0x80) : rest >>> 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** 64 bits given as two unsigned halves. */
  varint64(low: number, high: number): void {
    this.reserve(10);
    let lo = low;
    let hi = high;
    while (hi > 0 || lo >= 0x80) {
      this.bytes[this.length++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.bytes[this.length++] = lo;
  }

  fixed32(value: number): void {
    this.reserve(4);
    const { bytes, length } = this;
    bytes[length] = value;
    bytes[length + 1] = value >>> 8;
    bytes[length + 2] = value >>> 16;
    bytes[length + 3] = value >>> 24;
    this.length = length + 4;
  }

  fixed64(low: number, high: number): void {
    this.fixed32(low);
    this.fixed32(high);
  }

  double(value: number): void {
    this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    // A call into the engine costs more than a short loop.
    if (count > 48) this.bytes.set(source.subarray(start, end), this.length);
    else for (let i = 0; i < count; i++) this.bytes[this.length + i] = source[start + i] as number;
    this.length += count;
  }

  /** The bytes with their length before them. */
  sized(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count + 10);
    if (count >= 0x80) {
      this.varint(count);
      this.copy(source, start, end);
      return;
    }
    const { bytes } = this;
    let to = this.length;
    bytes[to++] = count;
    if (count > 48) {
      bytes.set(source.subarray(start, end), to);
      to += count;
    } else for (let from = start; from < end;) bytes[to++] = source[from++] as number;
    this.length = to;
  }

  ascii(value: string): void {
    this.reserve(value.length);
    for (let i = 0; i < value.length; i++) this.bytes[this.length + i] = value.charCodeAt(i);
    this.length += value.length;
  }

  text(value: string): void {
    if (value.length <= shortTextMax && this.#shortAscii(value)) return;
    const bytes = Buffer.from(value, 'utf8');
    this.copy(bytes, 0, bytes.length);
  }

  /** False, with nothing written, where there is more than ASCII. */
  #shortAscii(value: string): boolean {
    this.reserve(value.length);
    const { bytes, length } = this;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[length + i] = code;
    }
    this.length = length + value.length;
    return true;
  }

  /** Starts something prefixed by its length; the result goes to `end`. `expected` guesses the length. */
  begin(expected = 0): number {
    const prefix = varintSize(expected);
    this.reserve(prefix);
    this.length += prefix;
    return this.length;
  }

  /** Writes the length of everything since `begin(expected)` in front of it. */
  end(start: number, expected = 0): void {
    const guessed = varintSize(expected);
    const size = this.length - start;
    const needed = varintSize(size);
    // Before the length is wound back: growing keeps only what is below it.
    this.reserve(10);
    if (needed !== guessed) {
      this.bytes.copyWithin(start + needed - guessed, start, this.length);
    }
    this.length = start - guessed;
    this.varint(size);
    this.length += size;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** Zeroing megabytes that are written to anyway takes as long as writing them. Not a Buffer, of which parts are dearer to make. */
const uninitialised = (length: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
