import { SightlineError } from '@sightline/schema/errors';
import type { MemoryShare } from './memory-budget.ts';

export interface OutputLimits {
  /** Of a request, before and again after decompression. */
  readonly bytesMax: number;
  readonly share: MemoryShare;
}

/** Bytes that a decoder writes one after the other. They never become more than `bytesMax`, nor more than the memory that is left. */
export class BoundedOutput {
  /** Room for what was reserved. Another one after each `reserve`. */
  bytes = Buffer.alloc(0);
  /** How many of them are written. */
  length = 0;
  readonly #limits: OutputLimits;

  constructor(limits: OutputLimits) {
    this.#limits = limits;
  }

  /** Makes room for `count` more bytes. Throws SightlineError `payload_too_large`, `overloaded`. */
  reserve(count: number): void {
    const { bytesMax, share } = this.#limits;
    const needed = this.length + count;
    if (needed > bytesMax) throw tooLarge(bytesMax, 'decompresses to');
    const had = this.bytes.length;
    if (needed <= had) return;
    const size = Math.min(Math.max(needed, 2 * had), bytesMax);
    share.take(size - had);
    const larger = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Writes a piece of the input as it stands. */
  append(input: Buffer, from: number, to: number): void {
    this.reserve(to - from);
    copyBytes(input, from, to, this.bytes, this.length);
    this.length += to - from;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

export function tooLarge(bytesMax: number, verb: string): SightlineError {
  return new SightlineError(
    'payload_too_large',
    `The request body ${verb} more than ${bytesMax} bytes, which is the maximum.`,
    {
      hint: 'Send smaller batches, or raise the limit with --request-max.',
    },
  );
}

/** Calls into the engine cost more than a few bytes do, and most pieces are a few bytes. */
const shortBytesMax = 16;

/** Copies `from` to `to` of the input to `at` of the output. */
export function copyBytes(input: Buffer, from: number, to: number, output: Buffer, at: number): void {
  if (to - from > shortBytesMax) input.copy(output, at, from, to);
  else for (let i = from; i < to; i += 1) output[at + i - from] = input[i] ?? 0;
}

/** Repeats `length` bytes from `distance` before `at`. Where both overlap, what was just written is repeated in turn. */
export function repeatBytes(bytes: Buffer, at: number, distance: number, length: number): void {
  if (distance >= length && length > shortBytesMax)
    bytes.copyWithin(at, at - distance, at - distance + length);
  else for (let i = at; i < at + length; i += 1) bytes[i] = bytes[i - distance] ?? 0;
}
