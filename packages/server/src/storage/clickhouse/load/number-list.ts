/** Unsigned numbers below 2^32, of which there will be many. */
export class NumberList {
  #numbers: Uint32Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.#numbers = new Uint32Array(capacity);
  }

  push(value: number): void {
    // What it was in is let go at once: until the collector comes, that would be as much again.
    if (this.length === this.#numbers.length)
      this.#numbers = new Uint32Array(this.#numbers.buffer.transfer(2 * this.#numbers.byteLength));
    this.#numbers[this.length++] = value;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }

  /** Of a place that has a number already. */
  set(index: number, value: number): void {
    this.#numbers[index] = value;
  }

  /** In little-endian order, so many bits each. */
  bytes(bits: 8 | 16 | 32 | 64): Uint8Array {
    const numbers = this.#numbers.subarray(0, this.length);
    if (bits === 8) return new Uint8Array(numbers);
    if (bits === 16) return bytesOf(new Uint16Array(numbers));
    if (bits === 32) return bytesOf(numbers);
    const wide = new Uint32Array(this.length * 2);
    for (let at = 0; at < this.length; at += 1) wide[at * 2] = numbers[at] as number;
    return bytesOf(wide);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array | Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
