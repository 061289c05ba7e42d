import { fixed32At, fixed64At, varintNumber, WireReader, type wireType } from '@sightline/schema/otlp';
import { ItemError } from './item-error.ts';

type Wire = (typeof wireType)[keyof typeof wireType];

/** The fields of a kind of message: how each stands on the wire, and who takes the content of those that come more than once. Others are left out. */
export interface MessageForm {
  readonly single: Readonly<Record<number, Wire>>;
  readonly repeated?: Readonly<Record<number, Take>>;
}

type Take = (start: number, end: number) => void;

const noWire = 0xff;

/** Reads messages of one kind, one after the other. What is asked for is that of the last. */
export class MessageReader {
  readonly bytes: Uint8Array;
  readonly #fields: WireReader;
  /** By the number of a field. */
  readonly #wires: Uint8Array;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #repeated: readonly (Take | undefined)[];

  constructor(bytes: Uint8Array, { single, repeated = {} }: MessageForm) {
    this.bytes = bytes;
    this.#fields = new WireReader(bytes);
    const count = Math.max(0, ...Object.keys(single).map(Number)) + 1;
    this.#wires = new Uint8Array(count).fill(noWire);
    for (const [number, wire] of Object.entries(single)) this.#wires[Number(number)] = wire;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
    const repeatedMax = Math.max(0, ...Object.keys(repeated).map(Number));
    this.#repeated = Array.from({ length: repeatedMax + 1 }, (_, number) => repeated[number]);
  }

  read(start: number, end: number): void {
    const fields = this.#fields;
    const wires = this.#wires;
    this.#starts.fill(0);
    this.#ends.fill(0);
    fields.begin(start, end);
    while (fields.next()) {
      const { number } = fields;
      const wire = number < wires.length ? (wires[number] as number) : noWire;
      if (wire === noWire) {
        const take = number < this.#repeated.length ? this.#repeated[number] : undefined;
        if (take === undefined) continue;
        if (fields.wire !== 2) throw new ItemError(`its field ${number} has wire type ${fields.wire}`);
        take(fields.start, fields.end);
        continue;
      }
      if (fields.wire !== wire) throw new ItemError(`its field ${number} has wire type ${fields.wire}`);
      this.#starts[number] = fields.start;
      this.#ends[number] = fields.end;
    }
  }

  /** Where the content of a field stands: nothing at 0, where no content can begin, if it was not said. */
  startOf(number: number): number {
    return this.#starts[number] as number;
  }

  endOf(number: number): number {
    return this.#ends[number] as number;
  }

  /** Where a number of fixed length stands; -1 where it was not said. */
  fixedAt(number: number): number {
    return (this.#starts[number] as number) || -1;
  }

  varint(number: number): number {
    const at = this.#starts[number] as number;
    return at === 0 ? 0 : varintNumber(this.bytes, at);
  }

  fixed32(number: number): number {
    const at = this.#starts[number] as number;
    return at === 0 ? 0 : fixed32At(this.bytes, at);
  }

  fixed64(number: number): bigint {
    const at = this.#starts[number] as number;
    return at === 0 ? 0n : fixed64At(this.bytes, at);
  }
}
