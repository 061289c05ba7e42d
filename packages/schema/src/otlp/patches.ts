import { ByteWriter } from './byte-writer.ts';
import { wireType } from './message-type.ts';
import { WireReader } from './wire-reader.ts';

/**
 * Whole fields of a message, in the order of the bytes, with what to write in their stead (possibly nothing). Applying
 * them copies everything else as it stands and mends the lengths of the messages around them.
 */
export class Patches {
  readonly out = new ByteWriter(256);
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #from: number[] = [];

  get count(): number {
    return this.#starts.length;
  }

  /** The field at `start…end` becomes what is written to `out` before the next patch is added. */
  replace(start: number, end: number): ByteWriter {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#from.push(this.out.length);
    return this.out;
  }

  /** Forgets the patches from number `count` on, for an item that goes as a whole. */
  rollBack(count: number): void {
    const from = this.#from[count];
    if (from === undefined) return;
    this.out.length = from;
    for (const list of [this.#starts, this.#ends, this.#from]) list.length = count;
  }

  apply(bytes: Uint8Array): Uint8Array {
    const target = new ByteWriter(bytes.length + this.out.length);
    let next = 0;
    const copyMessage = (start: number, end: number): void => {
      const fields = new WireReader(bytes, start, end);
      let copied = start;
      while ((this.#starts[next] ?? end) < end && fields.next()) {
        const patchStart = this.#starts[next] ?? end;
        if (patchStart >= fields.end) continue;
        if (patchStart === fields.fieldStart) {
          target.copy(bytes, copied, fields.fieldStart);
          target.copy(this.out.bytes, this.#from[next] ?? 0, this.#from[next + 1] ?? this.out.length);
          next++;
        } else {
          target.copy(bytes, copied, fields.fieldStart);
          target.varint(fields.number * 8 + wireType.bytes);
          const expected = fields.end - fields.start;
          const mark = target.begin(expected);
          copyMessage(fields.start, fields.end);
          target.end(mark, expected);
        }
        copied = fields.end;
      }
      target.copy(bytes, copied, end);
    };
    copyMessage(0, bytes.length);
    return target.finish();
  }
}
