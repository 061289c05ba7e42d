import { ByteWriter, replaceMarks } from '@sightline/schema/otlp';
import type { AnyValue } from './any-value.ts';
import type { Dictionary } from './dictionary.ts';

const bitsMax = 31;

/** Remembers where the current row's values of some keys stand. Their texts are copied only for the rows that need them, which are few. */
export class SaidTexts<Field extends string> {
  readonly #bytes: Uint8Array;
  /** Texts that stand nowhere in the bytes, such as those of numbers. */
  readonly #own = new ByteWriter(256);
  readonly #places = new Map<string, number>();
  readonly #placesOf: Readonly<Record<Field, readonly number[]>>;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** A bit for each place: what is said, what of it is long, and what of it stands in `#own`. */
  #said = 0;
  #long = 0;
  #ownText = 0;

  constructor(bytes: Uint8Array, keys: Readonly<Record<Field, readonly string[]>>) {
    this.#bytes = bytes;
    const fields = Object.keys(keys) as Field[];
    this.#placesOf = Object.fromEntries(
      fields.map((field) => [field, keys[field].map((key) => this.#placeFor(key))]),
    ) as unknown as Record<Field, readonly number[]>;
    const { size } = this.#places;
    if (size > bitsMax) throw new Error(`${size} keys are more than ${bitsMax}.`);
    this.#starts = new Int32Array(size);
    this.#ends = new Int32Array(size);
  }

  /** -1 for a key that nobody asks for. */
  placeOf(key: string): number {
    return this.#places.get(key) ?? -1;
  }

  beginRow(): void {
    this.#said = 0;
  }

  /** The first value of a key counts, as where a map is asked for it. */
  set(place: number, { source, start, end }: AnyValue, isLong: boolean): void {
    const bit = 1 << place;
    if (this.#said === 0) {
      this.#long = 0;
      this.#ownText = 0;
      this.#own.length = 0;
    } else if ((this.#said & bit) !== 0) return;
    this.#said |= bit;
    if (isLong) this.#long |= bit;
    if (source === this.#bytes) {
      this.#starts[place] = start;
      this.#ends[place] = end;
      return;
    }
    this.#ownText |= bit;
    this.#starts[place] = this.#own.length;
    this.#own.copy(source, start, end);
    this.#ends[place] = this.#own.length;
  }

  /** The first text that is short and not empty, as a code of the dictionary. */
  code(field: Field, dictionary: Dictionary): number {
    const place = this.#find(field, false);
    if (place === undefined) return dictionary.codeOf(this.#bytes, 0, 0);
    return dictionary.codeOf(
      this.#sourceOf(place),
      this.#starts[place] as number,
      this.#ends[place] as number,
    );
  }

  /** The same as text, '' for none. */
  text(field: Field): string {
    const place = this.#find(field, false);
    return place === undefined ? '' : this.#slice(place).toString('utf8');
  }

  /** Bytes of the first text that is not empty, with those of the texts that its marks stand for; 0 for none. */
  byteLength(field: Field): number {
    const place = this.#find(field, true);
    if (place === undefined) return 0;
    let elsewhere = 0;
    // A letter a byte.
    const here = replaceMarks(this.#slice(place).toString('latin1'), (_, bytes) => {
      elsewhere += bytes;
      return '';
    });
    return here.length + elsewhere;
  }

  #find(field: Field, mayBeLong: boolean): number | undefined {
    if (this.#said === 0) return undefined;
    return this.#placesOf[field].find(
      (place) =>
        (this.#said & (1 << place)) !== 0 &&
        (mayBeLong || (this.#long & (1 << place)) === 0) &&
        (this.#ends[place] as number) > (this.#starts[place] as number),
    );
  }

  #sourceOf(place: number): Uint8Array {
    return (this.#ownText & (1 << place)) === 0 ? this.#bytes : this.#own.bytes;
  }

  #slice(place: number): Buffer {
    const { buffer, byteOffset } = this.#sourceOf(place);
    const start = this.#starts[place] as number;
    return Buffer.from(buffer, byteOffset + start, (this.#ends[place] as number) - start);
  }

  #placeFor(key: string): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#places.size);
    return this.#places.size - 1;
  }
}
