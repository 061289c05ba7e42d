import type { ByteWriter } from './byte-writer.ts';
import { decimalText, type JsonCursor } from './json-cursor.ts';
import type { Field } from './message-type.ts';

const digitsPerStep = 6;
const powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const two32 = 4294967296;

/**
 * One integer at a time, from a JSON number or string, as two 32-bit halves: nanoseconds since 1970 have 19 digits,
 * more than a double holds, and a bigint for each would cost more than the rest of the span.
 */
export class JsonInteger {
  readonly #in: JsonCursor;
  #low = 0;
  #high = 0;
  #negative = false;
  #overflow = false;

  constructor(input: JsonCursor) {
    this.#in = input;
  }

  read(): this {
    const input = this.#in;
    const quoted = input.peek() === 0x22;
    const start = quoted ? input.pos + 1 : input.pos;
    const after = this.#digits(start);
    const next = input.bytes[after] ?? 0;
    const plain = quoted
      ? next === 0x22
      : !this.#isPadded(start, after) && next !== 0x2e && (next | 0x20) !== 0x65;
    if (plain && after > start) {
      input.pos = quoted ? after + 1 : after;
      return this;
    }
    this.#fromText(quoted);
    return this;
  }

  /** JSON has no numbers like 007. */
  #isPadded(start: number, after: number): boolean {
    const first = this.#negative ? start + 1 : start;
    return this.#in.bytes[first] === 0x30 && after > first + 1;
  }

  /** Reads `-?digits` at `start` and returns the offset after; `start` itself if there are none. */
  #digits(start: number): number {
    const { bytes } = this.#in;
    let pos = start;
    this.#negative = bytes[pos] === 0x2d;
    if (this.#negative) pos++;
    const first = pos;
    let high = 0;
    let low = 0;
    let chunk = 0;
    let chunkDigits = 0;
    this.#overflow = false;
    for (; pos < bytes.length; pos++) {
      const digit = (bytes[pos] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      chunk = chunk * 10 + digit;
      if (++chunkDigits === digitsPerStep) {
        const sum = low * 1_000_000 + chunk;
        const carry = Math.floor(sum / two32);
        low = sum - carry * two32;
        high = high * 1_000_000 + carry;
        chunk = 0;
        chunkDigits = 0;
        if (high >= two32) this.#overflow = true;
      }
    }
    const power = powers[chunkDigits] as number;
    const sum = low * power + chunk;
    const carry = Math.floor(sum / two32);
    high = high * power + carry;
    if (high >= two32) this.#overflow = true;
    this.#low = sum - carry * two32;
    this.#high = this.#overflow ? 0 : high;
    return pos === first ? start : pos;
  }

  /** `1.0`, `1.5e3` and the like: legal for integers as long as nothing stands behind the point. */
  #fromText(quoted: boolean): void {
    const input = this.#in;
    let text: string;
    if (quoted) {
      input.string();
      text = input.text();
    } else text = input.number();
    const value = decimalText.test(text) ? Number(text) : Number.NaN;
    if (!Number.isInteger(value)) throw input.error('expected an integer');
    this.#digitsOf(BigInt(value));
  }

  #digitsOf(value: bigint): void {
    const magnitude = value < 0n ? -value : value;
    this.#negative = value < 0n;
    this.#overflow = magnitude >= 2n ** 64n;
    this.#low = Number(magnitude & 0xffffffffn);
    this.#high = this.#overflow ? 0 : Number(magnitude >> 32n);
  }

  write(out: ByteWriter, type: Field['type']): void {
    switch (type) {
      case 'time':
        this.#clampTime();
        out.fixed64(this.#low, this.#high);
        return;
      case 'fixed64':
        this.#wrap();
        out.fixed64(this.#low, this.#high);
        return;
      case 'sfixed64':
        this.#checkSigned();
        this.#wrap();
        out.fixed64(this.#low, this.#high);
        return;
      case 'fixed32':
        // Span flags beyond 32 bits mean nothing, but are no reason to lose the span.
        out.fixed32(this.#overflow || this.#negative || this.#high > 0 ? 0 : this.#low);
        return;
      case 'sint32':
        this.#writeZigzag(out);
        return;
      case 'int64':
        this.#checkSigned();
        this.#wrap();
        out.varint64(this.#low, this.#high);
        return;
      default:
        this.#wrap();
        out.varint64(this.#low, this.#high);
    }
  }

  /** A time before 1970 or beyond 64 bits is as wrong as one nearby: admission refuses the item, not the batch. */
  #clampTime(): void {
    if (this.#negative) [this.#low, this.#high] = [this.#low === 0 && this.#high === 0 ? 0 : 1, 0];
    else if (this.#overflow) [this.#low, this.#high] = [0xffffffff, 0xffffffff];
  }

  #checkSigned(): void {
    const limit =
      this.#high > 0x80000000 || (this.#high === 0x80000000 && (this.#low > 0 || !this.#negative));
    if (this.#overflow || limit) throw this.#in.error('expected an integer of 64 bits');
  }

  /** Negative numbers of unsigned fields come out beyond 2^63, where admission takes them for negative counts. */
  #wrap(): void {
    if (this.#overflow) [this.#low, this.#high] = [0xffffffff, 0xffffffff];
    else if (this.#negative) {
      this.#low = (~this.#low + 1) >>> 0;
      this.#high = (~this.#high + (this.#low === 0 ? 1 : 0)) >>> 0;
    }
  }

  #writeZigzag(out: ByteWriter): void {
    const big = this.#overflow || this.#high > 0;
    const magnitude = big ? two32 : this.#low;
    out.varint(this.#negative && magnitude > 0 ? magnitude * 2 - 1 : magnitude * 2);
  }
}
