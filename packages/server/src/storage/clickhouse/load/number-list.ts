/** Unsigned numbers below 2^32, of which there will be many. */
export class NumberList {
  #numbers = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const grown = new Uint32Array(this.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.length++] = value;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
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
