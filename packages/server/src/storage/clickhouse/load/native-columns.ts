/**
 * Columns of a block in ClickHouse's `Native` format, filled row by row. A column has a type, a prefix (versions of what it is made of, before any data), and
 * its data. The engine trusts these bytes, so each writer refuses what its type cannot hold.
 *
 *     LowCardinality: the distinct values, then for each row the number of its value.
 *     Map, Array:     for each row where its entries end, then all entries as columns of their own.
 *     Nullable:       for each row whether it is null, then all values.
 */
import { ByteWriter } from '@sightline/schema/otlp';
import { Dictionary } from './dictionary.ts';
import { ItemError } from './item-error.ts';
import { NumberList } from './number-list.ts';

type Bytes = Uint8Array;

export interface Column {
  readonly type: string;
  /** The texts that rows, or keys of a map, are numbers of. */
  readonly dictionary?: Dictionary | undefined;
  prefix(): readonly Bytes[];
  data(): readonly Bytes[];
}

const noBytes = new Uint8Array();

export const timeType = "DateTime64(9, 'UTC')";

export class TextColumn implements Column {
  readonly type = 'String';
  readonly #out = new ByteWriter();

  append(bytes: Bytes, start: number, end: number): void {
    this.#out.sized(bytes, start, end);
  }

  appendText(text: string): void {
    const mark = this.#out.begin(text.length);
    this.#out.text(text);
    this.#out.end(mark, text.length);
  }

  prefix(): readonly Bytes[] {
    return [];
  }

  data(): readonly Bytes[] {
    return [written(this.#out)];
  }
}

/** Bytes of one length. Fewer are filled up with zeros. */
export class FixedColumn implements Column {
  readonly type: string;
  readonly #width: number;
  readonly #out = new ByteWriter();

  constructor(width: number) {
    this.#width = width;
    this.type = `FixedString(${width})`;
  }

  append(bytes: Bytes, start: number, end: number): void {
    if (end - start > this.#width)
      throw new ItemError(`it has ${end - start} bytes where ${this.#width} fit`);
    const out = this.#out;
    out.copy(bytes, start, end);
    const missing = this.#width - (end - start);
    if (missing === 0) return;
    out.reserve(missing);
    out.bytes.fill(0, out.length, out.length + missing);
    out.length += missing;
  }

  /** An id of exactly this length, or zeros. */
  appendId(bytes: Bytes, start: number, end: number): void {
    if (end - start === this.#width) this.#out.copy(bytes, start, end);
    else this.append(noBytes, 0, 0);
  }

  prefix(): readonly Bytes[] {
    return [];
  }

  data(): readonly Bytes[] {
    return [written(this.#out)];
  }
}

/** Unsigned numbers of one or four bytes. */
export class CountColumn implements Column {
  readonly type: string;
  readonly #bits: 8 | 32;
  readonly #list = new NumberList();

  constructor(bits: 8 | 32) {
    this.#bits = bits;
    this.type = `UInt${bits}`;
  }

  append(value: number): void {
    if (value >= 2 ** this.#bits) throw new ItemError(`${value} does not fit into ${this.#bits} bits`);
    this.#list.push(value);
  }

  prefix(): readonly Bytes[] {
    return [];
  }

  data(): readonly Bytes[] {
    return [this.#list.bytes(this.#bits)];
  }
}

/** Eight bytes as they stand on the wire: times, and numbers of 64 bits. */
export class WideColumn implements Column {
  readonly type: string;
  readonly out = new ByteWriter();

  constructor(type: 'UInt64' | typeof timeType) {
    this.type = type;
  }

  /** Zero where `at` is negative. */
  appendAt(bytes: Bytes, at: number): void {
    if (at < 0) this.out.fixed64(0, 0);
    else this.out.copy(bytes, at, at + 8);
  }

  prefix(): readonly Bytes[] {
    return [];
  }

  data(): readonly Bytes[] {
    return [written(this.out)];
  }
}

/** Most rows are null, so only the others are kept until the end. */
export class NullableColumn implements Column {
  readonly type: string;
  readonly #isWhole: boolean;
  readonly #rows: number[] = [];
  readonly #values: number[] = [];
  #length = 0;

  constructor(inner: 'UInt64' | 'Float64') {
    this.type = `Nullable(${inner})`;
    this.#isWhole = inner === 'UInt64';
  }

  append(value: number | null): void {
    if (value !== null) {
      this.#rows.push(this.#length);
      this.#values.push(value);
    }
    this.#length += 1;
  }

  prefix(): readonly Bytes[] {
    return [];
  }

  data(): readonly Bytes[] {
    const nulls = new Uint8Array(this.#length).fill(1);
    const values = new DataView(new ArrayBuffer(this.#length * 8));
    for (const [at, row] of this.#rows.entries()) {
      const value = this.#values[at] as number;
      nulls[row] = 0;
      if (this.#isWhole) values.setBigUint64(row * 8, BigInt(value), true);
      else values.setFloat64(row * 8, value, true);
    }
    return [nulls, new Uint8Array(values.buffer)];
  }
}

/** Texts that repeat, by their numbers in a dictionary. */
export class DictionaryColumn implements Column {
  readonly type = 'LowCardinality(String)';
  readonly dictionary: Dictionary;
  readonly #codes = new NumberList();
  /** The code of the last row; -1 where there is none. */
  last = -1;

  constructor(dictionary = new Dictionary()) {
    this.dictionary = dictionary;
  }

  append(bytes: Bytes, start: number, end: number): number {
    if (this.last < 0 || !this.dictionary.is(this.last, bytes, start, end))
      this.last = this.dictionary.codeOf(bytes, start, end);
    this.#codes.push(this.last);
    return this.last;
  }

  appendCode(code: number): void {
    this.last = code;
    this.#codes.push(code);
  }

  prefix(): readonly Bytes[] {
    return dictionaryPrefix;
  }

  data(): readonly Bytes[] {
    return dictionaryData(this.dictionary, this.#codes);
  }
}

/** `Map(LowCardinality(String), String)`. An entry is a key's code and a value; a row ends with `endRow`. */
export class MapColumn implements Column {
  readonly type = 'Map(LowCardinality(String), String)';
  readonly dictionary = new Dictionary();
  readonly #codes = new NumberList();
  readonly #values = new ByteWriter();
  readonly #ends = new NumberList();

  append(code: number, bytes: Bytes, start: number, end: number): void {
    this.#codes.push(code);
    this.#values.sized(bytes, start, end);
  }

  endRow(): void {
    this.#ends.push(this.#codes.length);
  }

  /** Where the next row begins, for `repeatRow`. */
  mark(): MapMark {
    return { entries: this.#codes.length, bytes: this.#values.length };
  }

  /** Appends the row between two marks once more. */
  repeatRow(from: MapMark, to: MapMark): void {
    for (let at = from.entries; at < to.entries; at += 1) this.#codes.push(this.#codes.at(at));
    const values = this.#values;
    values.reserve(to.bytes - from.bytes);
    values.copy(values.bytes, from.bytes, to.bytes);
    this.endRow();
  }

  prefix(): readonly Bytes[] {
    return dictionaryPrefix;
  }

  data(): readonly Bytes[] {
    return [this.#ends.bytes(64), ...dictionaryData(this.dictionary, this.#codes), written(this.#values)];
  }
}

export interface MapMark {
  readonly entries: number;
  readonly bytes: number;
}

/** Where the elements of each row end. Columns whose rows have as many elements each share one. */
export class RowEnds {
  readonly #ends = new NumberList();
  #length = 0;

  /** One more element. */
  next(): void {
    this.#length += 1;
  }

  endRow(): void {
    this.#ends.push(this.#length);
  }

  bytes(): Bytes {
    return this.#ends.bytes(64);
  }
}

/** Elements are appended to `inner`, and counted in `ends`. */
export class ArrayColumn<Inner extends Column> implements Column {
  readonly type: string;
  readonly inner: Inner;
  readonly #ends: RowEnds;

  constructor(ends: RowEnds, inner: Inner) {
    this.inner = inner;
    this.#ends = ends;
    this.type = `Array(${inner.type})`;
  }

  get dictionary(): Dictionary | undefined {
    return this.inner.dictionary;
  }

  prefix(): readonly Bytes[] {
    return this.inner.prefix();
  }

  data(): readonly Bytes[] {
    return [this.#ends.bytes(), ...this.inner.data()];
  }
}

export interface NativeBlock {
  readonly rows: number;
  /** Name and type of each column, as table functions take them. */
  readonly structure: string;
  readonly names: readonly string[];
  readonly parts: readonly Bytes[];
  /** By column, where it has a dictionary: what its rows say, or the keys of its maps. */
  readonly texts: ReadonlyMap<string, Dictionary>;
}

/** Every column has `rows` rows. */
export function nativeBlock(columns: Readonly<Record<string, Column>>, rows: number): NativeBlock {
  const named = Object.entries(columns);
  const head = new ByteWriter(64);
  head.varint(named.length);
  head.varint(rows);
  const parts = named.flatMap(([name, column]) => {
    const title = new ByteWriter(64);
    for (const text of [name, column.type]) {
      title.varint(text.length);
      title.ascii(text);
    }
    return rows === 0 ? [written(title)] : [written(title), ...column.prefix(), ...column.data()];
  });
  return {
    rows,
    structure: named.map(([name, { type }]) => `${name} ${type}`).join(', '),
    names: Object.keys(columns),
    parts: joined([written(head), ...parts]),
    texts: new Map(
      named.flatMap(([name, { dictionary }]) => (dictionary === undefined ? [] : [[name, dictionary]])),
    ),
  };
}

/** Small parts together, since each part is written, or sent, by itself. */
function joined(parts: readonly Bytes[]): readonly Bytes[] {
  const all: Bytes[] = [];
  let small: Bytes[] = [];
  for (const part of parts) {
    if (part.length < smallBytesMax) {
      small.push(part);
      continue;
    }
    all.push(Buffer.concat(small), part);
    small = [];
  }
  return [...all, Buffer.concat(small)];
}

const smallBytesMax = 65_536;

const written = ({ bytes, length }: ByteWriter): Bytes => bytes.subarray(0, length);

/** The version of the serialisation: keys are sent with each block. */
const dictionaryPrefix = [uint64(1)];
const additionalKeys = 1 << 9;
const newDictionary = 1 << 10;

function dictionaryData(dictionary: Dictionary, codes: NumberList): readonly Bytes[] {
  if (codes.length === 0) return [];
  const width = dictionary.size <= 2 ** 8 ? 0 : dictionary.size <= 2 ** 16 ? 1 : 2;
  return [
    uint64(width | additionalKeys | newDictionary),
    uint64(dictionary.size),
    dictionary.bytes(),
    uint64(codes.length),
    codes.bytes(([8, 16, 32] as const)[width] ?? 32),
  ];
}

function uint64(value: number): Bytes {
  const out = new ByteWriter(8);
  out.fixed64(value, 0);
  return out.finish();
}
