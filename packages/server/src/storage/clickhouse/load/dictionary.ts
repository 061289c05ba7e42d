import { randomInt } from 'node:crypto';
import { ByteWriter } from '@sightline/schema/otlp';
import { hashBytes } from '../../hash-bytes.ts';
import { NumberList } from './number-list.ts';

/** So that nobody can send names that all fall into one slot. */
const hashSeed = randomInt(2 ** 31);

/** Most have few texts. */
const capacity = 64;

/** Distinct texts, numbered as they come. A text is found by its bytes, wherever they stand. Where none repeats there are as many as values, so no number of theirs takes more than four bytes. */
export class Dictionary {
  size = 0;
  /** Each text with its length before it. */
  readonly #out = new ByteWriter(256);
  /** By code: where the text stands in `#out`, its hash, and the next one in its slot (code + 1; 0 for none). */
  readonly #starts = new NumberList(capacity);
  readonly #ends = new NumberList(capacity);
  readonly #hashes = new NumberList(capacity);
  readonly #nextInSlot = new NumberList(capacity);
  /** The first code of each slot + 1. As many as a power of two. */
  #slots = new Int32Array(capacity);
  /** By code, the one that followed it last; keys of attributes mostly come in one order. */
  readonly #following = new NumberList(capacity);
  #first = 0;

  codeOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end, hashSeed);
    const known = this.#find(hash, bytes, start, end);
    return known >= 0 ? known : this.#add(hash, bytes, start, end);
  }

  codeOfText(text: string): number {
    const bytes = Buffer.from(text);
    return this.codeOf(bytes, 0, bytes.length);
  }

  /** The code of the text that follows the one with the code `before` in a row; -1 for the first. */
  codeAfter(before: number, bytes: Uint8Array, start: number, end: number): number {
    const guess = before < 0 ? this.#first : this.#following.at(before);
    if (guess < this.size && this.is(guess, bytes, start, end)) return guess;
    const code = this.codeOf(bytes, start, end);
    if (before < 0) this.#first = code;
    else this.#following.set(before, code);
    return code;
  }

  has(text: string): boolean {
    const bytes = Buffer.from(text);
    return this.#find(hashBytes(bytes, 0, bytes.length, hashSeed), bytes, 0, bytes.length) >= 0;
  }

  is(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#starts.at(code);
    const length = end - start;
    if (this.#ends.at(code) - own !== length) return false;
    const texts = this.#out.bytes;
    for (let at = 0; at < length; at += 1) if (texts[own + at] !== bytes[start + at]) return false;
    return true;
  }

  text(code: number): string {
    const { buffer, byteOffset } = this.#out.bytes;
    const start = this.#starts.at(code);
    return Buffer.from(buffer, byteOffset + start, this.#ends.at(code) - start).toString('utf8');
  }

  bytes(): Uint8Array {
    return this.#out.bytes.subarray(0, this.#out.length);
  }

  /** -1 where it is not known. */
  #find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    let known = this.#slots[hash & (this.#slots.length - 1)] as number;
    for (; known !== 0; known = this.#nextInSlot.at(known - 1))
      if (this.#hashes.at(known - 1) === hash && this.is(known - 1, bytes, start, end)) return known - 1;
    return -1;
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.size * 2 > this.#slots.length) this.#grow();
    const out = this.#out;
    const code = this.size++;
    out.varint(end - start);
    this.#starts.push(out.length);
    out.copy(bytes, start, end);
    this.#ends.push(out.length);
    this.#following.push(0);
    this.#hashes.push(hash);
    this.#nextInSlot.push(0);
    this.#link(code, hash);
    return code;
  }

  #link(code: number, hash: number): void {
    const slot = hash & (this.#slots.length - 1);
    this.#nextInSlot.set(code, this.#slots[slot] as number);
    this.#slots[slot] = code + 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    for (let code = 0; code < this.#hashes.length; code += 1) this.#link(code, this.#hashes.at(code));
  }
}
