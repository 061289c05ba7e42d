/**
 * The frame format of LZ4, as published: frames one after the other, of blocks whose copies may reach into the blocks before.
 *
 * Checksums are not compared: a body without compression has none either.
 */
import { repeatBytes, type BoundedOutput } from './bounded-output.ts';

const frameMagic = 0x184d2204;
const skippableMagic = 0x184d2a50;
const flag = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const;
const uncompressedBlock = 0x80000000;
const copyBytesMin = 4;

export function decodeLz4(input: Buffer, output: BoundedOutput): void {
  let at = 0;
  while (at < input.length) {
    const magic = readUInt32(input, at);
    if (magic === frameMagic) at = decodeFrame(input, at + 4, output);
    else if ((magic & 0xfffffff0) >>> 0 === skippableMagic) at += 8 + readUInt32(input, at + 4);
    else throw new Error('a frame does not begin as frames do');
  }
  if (at > input.length) throw new Error('a frame ends early');
}

/** Returns where the next frame begins. */
function decodeFrame(input: Buffer, from: number, output: BoundedOutput): number {
  const flags = input[from] ?? 0;
  if (flags >> 6 !== 1) throw new Error('a frame has an unknown version');
  if (has(flags, flag.dictionary)) throw new Error('a frame needs a dictionary');
  const blockBytesMax = blockBytesMaxOf(input[from + 1] ?? 0);
  const start = output.length;
  let at = from + 3 + (has(flags, flag.contentSize) ? 8 : 0);
  for (;;) {
    const head = readUInt32(input, at);
    at += 4;
    if (head === 0) break;
    const isPlain = head >= uncompressedBlock;
    const to = at + (isPlain ? head - uncompressedBlock : head);
    if (to > input.length) throw new Error('a block ends early');
    if (isPlain) output.append(input, at, to);
    else decodeBlock(input.subarray(at, to), { start, bytesMax: blockBytesMax }, output);
    at = to + (has(flags, flag.blockChecksum) ? 4 : 0);
  }
  return at + (has(flags, flag.contentChecksum) ? 4 : 0);
}

interface BlockBounds {
  /** Where the output of the frame begins: copies reach no further. */
  readonly start: number;
  readonly bytesMax: number;
}

/** Literal bytes and copies of what is already there, in turn; the last literals have no copy after them. */
function decodeBlock(input: Buffer, { start, bytesMax }: BlockBounds, output: BoundedOutput): void {
  const end = output.length + bytesMax;
  let at = 0;
  while (at < input.length) {
    const token = input[at] ?? 0;
    at += 1;
    const literal = readLength(input, at, token >> 4);
    at = literal.next;
    if (at + literal.length > input.length) throw new Error('a literal is too long');
    output.append(input, at, at + literal.length);
    at += literal.length;
    if (at === input.length) break;
    if (at + 2 > input.length) throw new Error('a block ends early');
    const distance = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    const copy = readLength(input, at + 2, token & 15);
    at = copy.next;
    const length = copy.length + copyBytesMin;
    if (distance === 0 || distance > output.length - start)
      throw new Error('a copy reaches before the frame');
    if (output.length + length > end) throw new Error('a block holds more than it may');
    output.reserve(length);
    repeatBytes(output.bytes, output.length, distance, length);
    output.length += length;
  }
  if (output.length > end) throw new Error('a block holds more than it may');
}

/** Four bits, and where they are all set, bytes to add up to the first that is not 255. */
function readLength(
  input: Buffer,
  from: number,
  nibble: number,
): { readonly length: number; readonly next: number } {
  if (nibble < 15) return { length: nibble, next: from };
  let length = nibble;
  for (let at = from; ; at += 1) {
    const byte = input[at];
    if (byte === undefined) throw new Error('a block ends early');
    length += byte;
    if (byte < 255) return { length, next: at + 1 };
  }
}

function blockBytesMaxOf(descriptor: number): number {
  const size = (descriptor >> 4) & 7;
  if (size < 4) throw new Error('a frame has an unknown size of blocks');
  return 2 ** (8 + 2 * size);
}

const has = (flags: number, bit: number): boolean => (flags & bit) !== 0;

function readUInt32(input: Buffer, at: number): number {
  if (at + 4 > input.length) throw new Error('a frame ends early');
  return input.readUInt32LE(at);
}
