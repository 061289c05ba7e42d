/**
 * Snappy, by its published format: blocks, and the framing format, which holds blocks of up to 64 KiB. Senders use one name for both, and
 * only the framing format begins with its own ten bytes.
 *
 * Checksums of frames are not compared: a body without compression has none either.
 */
import { copyBytes, repeatBytes, type BoundedOutput } from './bounded-output.ts';

const streamIdentifier = Buffer.from('\xff\x06\x00\x00sNaPpY', 'latin1');
const frame = { compressed: 0x00, uncompressed: 0x01, skippableMin: 0x80 } as const;
const checksumBytes = 4;
const frameBytesMax = 65_536;
/** A copy of 64 bytes takes three, so that a larger claim is a lie. */
const ratioMax = 22;

export function decodeSnappy(input: Buffer, output: BoundedOutput): void {
  if (input.subarray(0, streamIdentifier.length).equals(streamIdentifier)) decodeFrames(input, output);
  else decodeBlock(input, output);
}

function decodeFrames(input: Buffer, output: BoundedOutput): void {
  let at = 0;
  while (at < input.length) {
    if (at + 4 > input.length) throw new Error('a frame ends early');
    const type = input.readUInt8(at);
    const from = at + 4;
    const to = from + input.readUIntLE(at + 1, 3);
    if (to > input.length) throw new Error('a frame ends early');
    decodeFrame(type, input.subarray(from, to), output);
    at = to;
  }
}

function decodeFrame(type: number, content: Buffer, output: BoundedOutput): void {
  if (type >= frame.skippableMin) return;
  if (type > frame.uncompressed) throw new Error(`a frame has the unknown type ${type}`);
  if (content.length < checksumBytes) throw new Error('a frame has no checksum');
  const before = output.length;
  if (type === frame.uncompressed) output.append(content, checksumBytes, content.length);
  else decodeBlock(content.subarray(checksumBytes), output);
  if (output.length - before > frameBytesMax) throw new Error('a frame holds more than 64 KiB');
}

/** A block tells its length, and then alternates literal bytes with copies of what is already there. */
function decodeBlock(input: Buffer, output: BoundedOutput): void {
  const head = readLength(input);
  if (head.length > input.length * ratioMax) throw new Error('a block claims more than it can hold');
  output.reserve(head.length);
  const { bytes } = output;
  const start = output.length;
  const end = start + head.length;
  let at = head.next;
  let written = start;
  while (at < input.length) {
    const tag = input[at] ?? 0;
    const kind = tag & 3;
    const more = kind === 0 ? literalLengthBytes(tag) : kind === 3 ? 4 : kind;
    const next = at + 1 + more;
    if (next > input.length) throw new Error('a block ends early');
    if (kind === 0) {
      const length = (more === 0 ? tag >> 2 : readBytes(input, at + 1, more)) + 1;
      at = next + length;
      if (at > input.length || written + length > end) throw new Error('a literal is too long');
      copyBytes(input, next, at, bytes, written);
      written += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const low = readBytes(input, at + 1, more);
    const distance = kind === 1 ? ((tag >> 5) << 8) | low : low;
    if (distance === 0 || distance > written - start) throw new Error('a copy reaches before the block');
    if (written + length > end) throw new Error('a copy is too long');
    repeatBytes(bytes, written, distance, length);
    written += length;
    at = next;
  }
  if (written !== end) throw new Error('a block is shorter than it claims');
  output.length = end;
}

/** Literals of up to 60 bytes have their length in the tag; longer ones in one to four bytes after it. */
function literalLengthBytes(tag: number): number {
  return Math.max(0, (tag >> 2) - 59);
}

/** A little-endian number of up to four bytes. */
function readBytes(input: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i -= 1) value = value * 256 + (input[at + i] ?? 0);
  return value;
}

function readLength(input: Buffer): { readonly length: number; readonly next: number } {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = input[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { length, next: at + 1 };
  }
  throw new Error('its length cannot be read');
}
