import { malformedAt } from './malformed.ts';
import { wireType } from './message-type.ts';

/** How many groups may nest. Only unknown fields can be groups, and OTLP never had any. */
const groupDepthMax = 64;

/**
 * Walks the fields of one message. After `next` returned true, `number`, `wire` and the offsets describe the field:
 * the whole field is `fieldStart…end`, its value `start…end` (content without the length, for length-delimited ones).
 */
export class WireReader {
  readonly bytes: Uint8Array;
  number = 0;
  wire = 0;
  fieldStart = 0;
  start = 0;
  end: number;
  #limit: number;

  constructor(bytes: Uint8Array, start = 0, limit = bytes.length) {
    this.bytes = bytes;
    this.end = start;
    this.#limit = limit;
  }

  /** Walks another message of the same bytes. */
  begin(start: number, limit: number): void {
    this.end = start;
    this.#limit = limit;
  }

  /** Throws MalformedError when the next field cannot be read or reaches beyond the message. */
  next(): boolean {
    if (this.end >= this.#limit) return false;
    this.fieldStart = this.end;
    this.#readTag();
    switch (this.wire) {
      case wireType.varint:
        this.end = skipVarint(this.bytes, this.start, this.#limit);
        break;
      case wireType.fixed64:
        this.end = this.start + 8;
        break;
      case wireType.fixed32:
        this.end = this.start + 4;
        break;
      case wireType.bytes: {
        const short = this.start < this.#limit ? (this.bytes[this.start] as number) : 0x80;
        if (short < 0x80) {
          this.start++;
          this.end = this.start + short;
          break;
        }
        const afterLength = skipVarint(this.bytes, this.start, this.#limit);
        const length = varintNumber(this.bytes, this.start);
        this.start = afterLength;
        this.end = afterLength + length;
        break;
      }
      case wireType.groupStart:
        this.#skipGroup();
        break;
      default:
        throw malformedAt(this.fieldStart, `wire type ${this.wire} has no meaning here`);
    }
    if (this.end > this.#limit) throw malformedAt(this.fieldStart, `field ${this.number} is cut off`);
    return true;
  }

  #readTag(): void {
    const short = this.bytes[this.fieldStart] as number;
    if (short >= 8 && short < 0x80) {
      this.wire = short & 7;
      this.number = short >> 3;
      this.start = this.fieldStart + 1;
      return;
    }
    const after = skipVarint(this.bytes, this.fieldStart, this.#limit);
    const tag = varintNumber(this.bytes, this.fieldStart);
    this.wire = tag % 8;
    this.number = Math.floor(tag / 8);
    if (this.number === 0 || this.number > 0x1fffffff) {
      throw malformedAt(this.fieldStart, `field number ${this.number} is not allowed`);
    }
    this.start = after;
  }

  #skipGroup(): void {
    const open = [this.number];
    const inner = new WireReader(this.bytes, this.start, this.#limit);
    while (open.length > 0) {
      if (inner.end >= this.#limit) throw malformedAt(this.fieldStart, `group ${this.number} is not closed`);
      inner.fieldStart = inner.end;
      inner.#readTag();
      if (inner.wire === wireType.groupStart) {
        if (open.length === groupDepthMax) throw malformedAt(inner.fieldStart, 'groups nest too deeply');
        open.push(inner.number);
        inner.end = inner.start;
      } else if (inner.wire === wireType.groupEnd) {
        if (open.pop() !== inner.number)
          throw malformedAt(inner.fieldStart, 'a group ends that was not open');
        inner.end = inner.start;
      } else {
        inner.end = inner.fieldStart;
        inner.next();
      }
    }
    this.end = inner.end;
  }
}

/** The offset after the varint. Ten bytes at most, and no bits beyond the 64th. */
export function skipVarint(bytes: Uint8Array, start: number, limit: number): number {
  const longest = Math.min(limit, start + 10);
  for (let i = start; i < longest; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) continue;
    if (i === start + 9 && byte > 1) break;
    return i + 1;
  }
  throw malformedAt(start, longest === limit ? 'a number is cut off' : 'a number has more than 64 bits');
}

/** The value as a double: exact up to 2^53, which is enough for tags and lengths. */
export function varintNumber(bytes: Uint8Array, start: number): number {
  let value = 0;
  let scale = 1;
  for (let i = start; ; i++) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

export function varintUnsigned(bytes: Uint8Array, start: number, end: number): bigint {
  if (end - start <= 7) return BigInt(varintNumber(bytes, start));
  let value = 0n;
  for (let i = end - 1; i >= start; i--) value = (value << 7n) | BigInt((bytes[i] as number) & 0x7f);
  return BigInt.asUintN(64, value);
}

export function varintSigned(bytes: Uint8Array, start: number, end: number): bigint {
  return BigInt.asIntN(64, varintUnsigned(bytes, start, end));
}

export function fixed32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** fixed64 as a double: good for comparing times, off by up to 128 ns near the present. */
export function fixed64Number(bytes: Uint8Array, at: number): number {
  return fixed32At(bytes, at + 4) * 4294967296 + fixed32At(bytes, at);
}

export function fixed64At(bytes: Uint8Array, at: number): bigint {
  return (BigInt(fixed32At(bytes, at + 4)) << 32n) | BigInt(fixed32At(bytes, at));
}

const doubleBits = new DataView(new ArrayBuffer(8));

export function doubleAt(bytes: Uint8Array, at: number): number {
  doubleBits.setUint32(0, fixed32At(bytes, at), true);
  doubleBits.setUint32(4, fixed32At(bytes, at + 4), true);
  return doubleBits.getFloat64(0, true);
}
