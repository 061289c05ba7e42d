import { ByteWriter } from './byte-writer.ts';
import { IntList } from './int-list.ts';
import { wireType } from './message-type.ts';
import { WireReader } from './wire-reader.ts';

export interface RemovedItem {
  readonly start: number;
  readonly end: number;
  /** The type of the message that goes. */
  readonly level: string;
}

/**
 * Whole fields of a message, in the order of the bytes, with what to write in their stead (possibly nothing). Applying
 * them copies everything else as it stands and mends the lengths of the messages around them.
 */
export class Patches {
  readonly out = new ByteWriter(256);
  readonly #starts = new IntList();
  readonly #ends = new IntList();
  readonly #from = new IntList();
  /** What is added at the end of messages, by where their content starts. Each of them has a patch inside. */
  readonly #added = new Map<number, Uint8Array>();
  /** The last patch made by `removeItem`. */
  readonly #run = { patch: -1, level: '' };

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

  /** Adds fields at the end of the message whose content starts at `start`, in which a field has been replaced. */
  append(start: number, fields: Uint8Array): void {
    this.#added.set(start, fields);
  }

  /**
   * The field at `start…end` goes, with all patches inside it: those from number `count` on. Fields of one `level` that
   * touch have the same message around them, so a run of them is one patch: a request of nothing but empty spans must
   * not cost many times its size.
   */
  removeItem({ start, end, level }: RemovedItem, count: number): void {
    if (count < this.count) {
      this.out.length = this.#from.at(count, this.out.length);
      for (const list of [this.#starts, this.#ends, this.#from]) list.length = count;
    }
    const run = this.#run;
    if (run.patch === this.count - 1 && run.level === level && this.#ends.at(run.patch, -1) === start) {
      this.#ends.setLast(end);
      return;
    }
    this.replace(start, end);
    run.patch = this.count - 1;
    run.level = level;
  }

  apply(bytes: Uint8Array): Uint8Array {
    const target = new ByteWriter(bytes.length + this.out.length);
    let next = 0;
    const copyMessage = (start: number, end: number): void => {
      const fields = new WireReader(bytes, start, end);
      let copied = start;
      while (this.#starts.at(next, end) < end && fields.next()) {
        const patchStart = this.#starts.at(next, end);
        if (patchStart >= fields.end || fields.fieldStart < copied) continue;
        target.copy(bytes, copied, fields.fieldStart);
        if (patchStart === fields.fieldStart) {
          target.copy(this.out.bytes, this.#from.at(next, 0), this.#from.at(next + 1, this.out.length));
          copied = this.#ends.at(next, end);
          next++;
        } else {
          target.varint(fields.number * 8 + wireType.bytes);
          const expected = fields.end - fields.start;
          const mark = target.begin(expected);
          copyMessage(fields.start, fields.end);
          target.end(mark, expected);
          copied = fields.end;
        }
      }
      target.copy(bytes, copied, end);
      const added = this.#added.get(start);
      if (added !== undefined) target.copy(added, 0, added.length);
    };
    copyMessage(0, bytes.length);
    return target.finish();
  }
}
