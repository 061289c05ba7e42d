/**
 * What the conventions read from an item, put into it on its way from the journal to the engine. The engine can read it by itself (`compileSql`, for what is derived anew), but
 * plans that for half of the time of a small load.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deriveFrom } from '@sightline/schema/conventions';
import {
  ByteWriter,
  derivedField,
  skipVarint,
  textsField,
  varintNumber,
  WireReader,
  wireType,
} from '@sightline/schema/otlp';
import { derivedFields } from './derived-fields.ts';
import { ItemReader, type itemTags } from './item-reader.ts';

type Signal = keyof typeof itemTags;

/** Envelope → request → resource → scope → item: at each level the field that leads to the next. */
const wayTo = { traces: [6, 1, 2, 2], logs: [7, 1, 2, 2] } as const satisfies Record<
  Signal,
  readonly number[]
>;
const level = { request: 1, resource: 2, scope: 3 } as const;
const resourceField = 1;

/** The loop is held for so long at most. */
const turnMsMax = 4;

/** The same records with what is derived of their items, and without long texts, which are loaded by themselves. */
export async function deriveSegment(signal: Signal, segment: Buffer): Promise<Uint8Array> {
  const copy = new DerivingCopy(signal, segment);
  let turnBegan = performance.now();
  for (let at = 0; at < segment.length;) {
    at = copy.record(at);
    if (performance.now() - turnBegan < turnMsMax) continue;
    await nextTurn();
    turnBegan = performance.now();
  }
  return copy.out.bytes.subarray(0, copy.out.length);
}

class DerivingCopy {
  readonly out: ByteWriter;
  readonly #bytes: Buffer;
  readonly #item: ItemReader;
  readonly #way: readonly number[];
  readonly #derived = new ByteWriter(512);

  constructor(signal: Signal, bytes: Buffer) {
    this.#bytes = bytes;
    this.#item = new ItemReader(signal, bytes);
    this.#way = wayTo[signal];
    this.out = new ByteWriter(Math.ceil(bytes.length * 1.25) + 64);
  }

  /** Copies the record at `start`, which is preceded by its length, and returns where the next begins. What cannot be read is for the engine to refuse, as it is. */
  record(start: number): number {
    const bytes = this.#bytes;
    const written = this.out.length;
    let end = bytes.length;
    try {
      const content = skipVarint(bytes, start, end);
      end = Math.min(end, content + varintNumber(bytes, start));
      this.#nested(content, end, 0);
    } catch {
      this.out.length = written;
      this.out.copy(bytes, start, end);
    }
    return end;
  }

  /** A message with its length before it. */
  #nested(start: number, end: number, depth: number): void {
    const expected = Math.ceil((end - start) * 1.2);
    const mark = this.out.begin(expected);
    this.#message(start, end, depth);
    this.out.end(mark, expected);
  }

  #message(start: number, end: number, depth: number): void {
    const { out } = this;
    const bytes = this.#bytes;
    if (depth === level.resource) this.#readResource(start, end);
    const fields = new WireReader(bytes, start, end);
    let copied = start;
    while (fields.next()) {
      if (fields.number === this.#way[depth] && fields.wire === wireType.bytes) {
        if (depth === level.scope) {
          this.#item.readItem(fields.start, fields.end);
          if (this.#item.isSilent) continue;
          this.#derive();
          if (this.#derived.length === 0) continue;
        }
        out.copy(bytes, copied, fields.fieldStart);
        copied = fields.end;
        out.varint(fields.number * 8 + wireType.bytes);
        if (depth === level.scope) {
          out.varint(fields.end - fields.start + this.#derived.length);
          out.copy(bytes, fields.start, fields.end);
          out.copy(this.#derived.bytes, 0, this.#derived.length);
        } else this.#nested(fields.start, fields.end, depth + 1);
      } else if (depth === level.request && fields.number === textsField) {
        out.copy(bytes, copied, fields.fieldStart);
        copied = fields.end;
      }
    }
    out.copy(bytes, copied, end);
  }

  /** It may stand behind its scopes. */
  #readResource(start: number, end: number): void {
    const fields = new WireReader(this.#bytes, start, end);
    this.#item.resource.clear();
    while (fields.next())
      if (fields.number === resourceField) this.#item.readResource(fields.start, fields.end);
  }

  /** Leaves the field in `#derived`, or nothing where nothing is told. */
  #derive(): void {
    const out = this.#derived;
    out.length = 0;
    const derived = deriveFrom(this.#item);
    out.varint(derivedField * 8 + wireType.bytes);
    const mark = out.begin(expectedBytes);
    for (const { name, number } of derivedFields) {
      const value = derived[name];
      if (value === null || value === '' || (name === 'operation' && value === 'other')) continue;
      if (typeof value === 'string') {
        out.varint(number * 8 + wireType.bytes);
        const text = out.begin(value.length);
        out.text(value);
        out.end(text, value.length);
      } else if (isCount[number]) {
        out.varint(number * 8 + wireType.varint);
        out.varint(value);
      } else {
        out.varint(number * 8 + wireType.fixed64);
        out.double(value);
      }
    }
    if (out.length === mark) out.length = 0;
    else out.end(mark, expectedBytes);
  }
}

const expectedBytes = 100;
const isCount: readonly boolean[] = [false, ...derivedFields.map(({ kind }) => kind === 'uint64')];
