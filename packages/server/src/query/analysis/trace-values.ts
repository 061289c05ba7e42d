/** Which traces have which values of which fields, collected from rows of spans. */
import type { RowBinary } from '../../storage/row-binary.ts';
import { ByteWordTable, type WordRoom } from '../../storage/byte-word-table.ts';

export type FieldSource = '' | 'attr' | 'resource';

/** The longest value that is told from others; of longer ones the beginning counts. */
export const valueBytesMax = 200;
/** Values of a field at first: most have few. */
const placesAtFirst = 16;

/** The values of one field, numbered as they come, and the traces that have them. */
export class FieldValues {
  readonly source: FieldSource;
  readonly key: string;
  readonly words: ByteWordTable;
  /** Pair by pair: trace and value, −1 for one that there was no room for. No pair of a value stands twice. */
  readonly traces: number[] = [];
  readonly valueOf: number[] = [];
  /** Whether all values were sent as numbers. */
  isNumeric = true;
  /** By value. */
  readonly #lastTrace: number[] = [];

  constructor(source: FieldSource, key: string, room: WordRoom) {
    this.words = new ByteWordTable(placesAtFirst, room);
    this.source = source;
    this.key = key;
  }

  /** Traces have to come one after the other; one below 0 is none. */
  add(value: number, trace: number): void {
    if (trace < 0 || (value >= 0 && this.#lastTrace[value] === trace)) return;
    if (value >= 0) this.#lastTrace[value] = trace;
    this.traces.push(trace);
    this.valueOf.push(value);
  }
}

/** Fields of one source by their keys. */
export class FieldTable {
  readonly fields: FieldValues[] = [];
  readonly #keys: ByteWordTable;
  readonly #source: FieldSource;
  readonly #room: WordRoom;

  constructor(source: FieldSource, room: WordRoom) {
    this.#source = source;
    this.#room = room;
    this.#keys = new ByteWordTable(1024, room);
  }

  /** Reads a key and its value. Undefined where there is no room for the key. */
  next(rows: RowBinary): readonly [field: FieldValues, value: number] | undefined {
    const key = rows.wordOf(this.#keys);
    if (key === -1) {
      rows.skipStrings(1);
      return undefined;
    }
    const field = (this.fields[key] ??= new FieldValues(
      this.#source,
      this.#keys.words[key] ?? '',
      this.#room,
    ));
    return [field, rows.wordOf(field.words, valueBytesMax)];
  }
}

/** What is the same in many rows, byte for byte: it is read once, and what it says counts once for each trace. */
export class RepeatedValues {
  readonly #words = new ByteWordTable();
  readonly #pairs: (readonly (readonly [field: FieldValues, value: number])[])[] = [];
  readonly #lastTrace: number[] = [];
  readonly #skip: (rows: RowBinary) => void;
  readonly #read: (bytes: Uint8Array) => readonly (readonly [field: FieldValues, value: number])[];

  constructor(
    skip: (rows: RowBinary) => void,
    read: (bytes: Uint8Array) => readonly (readonly [field: FieldValues, value: number])[],
  ) {
    this.#skip = skip;
    this.#read = read;
  }

  /** Reads what comes next, as of this trace. */
  next(rows: RowBinary, trace: number): void {
    const word = rows.wordAcross(this.#words, () => this.#skip(rows));
    if (this.#lastTrace[word] === trace) return;
    this.#lastTrace[word] = trace;
    for (const [field, value] of (this.#pairs[word] ??= this.#read(this.#words.bytesOf(word))))
      field.add(value, trace);
  }
}
