/**
 * What the conventions read from an item, put into it on its way from the journal to the engine. The engine can read it by itself (`compileSql`, for what is derived anew), but
 * would plan that anew for every load.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deriveField, type Shape } from '@sightline/schema/conventions';
import {
  ByteWriter,
  derivedField,
  skipVarint,
  textsField,
  varintNumber,
  WireReader,
  wireType,
} from '@sightline/schema/otlp';
import { type DerivedField, derivedFields } from './derived-fields.ts';
import { ItemReader, LastSaid } from './item-reader.ts';

type Signal = 'traces' | 'logs';

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
  readonly #bytes: Uint8Array;
  readonly #item: ItemReader;
  readonly #way: readonly number[];
  /** What was derived of one item after the other, where it stays. */
  readonly #derived = new ByteWriter();
  /** Of the last item of each shape. */
  readonly #last = new Map<Shape, LastDerived>();
  /** Up to where the message at hand is copied. */
  #copied = 0;

  constructor(signal: Signal, bytes: Buffer) {
    // Parts of a Buffer are Buffers, which are dearer to make.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
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
      // What was read of it may not have been derived.
      this.#last.clear();
    }
    return end;
  }

  /** A message with its length before it. */
  #nested(start: number, end: number, depth: number): void {
    const expected = Math.ceil((end - start) * 1.2);
    const mark = this.out.begin(expected);
    this.#copied = start;
    this.#message(start, end, depth);
    this.#copyUntil(end);
    this.out.end(mark, expected);
  }

  #message(start: number, end: number, depth: number): void {
    if (depth === level.resource) this.#readResource(start, end);
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      if (fields.number === this.#way[depth] && fields.wire === wireType.bytes) {
        if (depth === level.scope) this.#itemAt(fields);
        else {
          this.#copyUntil(fields.fieldStart);
          this.out.varint(fields.number * 8 + wireType.bytes);
          this.#nested(fields.start, fields.end, depth + 1);
        }
      } else if (depth === level.request && fields.number === textsField) {
        this.#copyUntil(fields.fieldStart);
        this.#copied = fields.end;
      }
    }
  }

  #copyUntil(end: number): void {
    if (end > this.#copied) this.out.copy(this.#bytes, this.#copied, end);
    this.#copied = end;
  }

  /** It may stand behind its scopes. */
  #readResource(start: number, end: number): void {
    const fields = new WireReader(this.#bytes, start, end);
    this.#item.readResource(start, start);
    while (fields.next())
      if (fields.number === resourceField) this.#item.readResource(fields.start, fields.end);
  }

  #itemAt({ fieldStart, start, end, number }: WireReader): void {
    this.#item.readItem(start, end);
    const last = this.#lastOf(this.#item.shape);
    if (last.fields.length === 0) return;
    const { out } = this;
    this.#copyUntil(fieldStart);
    out.varint(number * 8 + wireType.bytes);
    const expected = end - start + derivedBytes;
    const mark = out.begin(expected);
    this.#copied = start;
    this.#copyUntil(end);
    this.#writeDerived(last);
    out.end(mark, expected);
  }

  #lastOf(shape: Shape): LastDerived {
    let last = this.#last.get(shape);
    if (last === undefined) {
      if (this.#last.size === shapesMax) this.#last.clear();
      last = new LastDerived(shape);
      this.#last.set(shape, last);
    }
    return last;
  }

  /** What is read from what the last item of this shape said as well is what it was then. */
  #writeDerived(last: LastDerived): void {
    const { out } = this;
    const derived = this.#derived;
    const changes = this.#item.changesSince(last.said);
    if ((last.reads & changes) !== 0) {
      const start = derived.length;
      for (const written of last.fields) {
        const fieldStart = derived.length;
        if ((written.reads & changes) === 0) derived.copy(derived.bytes, written.start, written.end);
        else this.#writeField(written.field);
        written.start = fieldStart;
        written.end = derived.length;
      }
      last.start = start;
      last.end = derived.length;
    }
    out.varint(derivedField * 8 + wireType.bytes);
    out.varint(last.end - last.start);
    out.copy(derived.bytes, last.start, last.end);
  }

  #writeField({ name, number, kind }: DerivedField): void {
    const out = this.#derived;
    const value = deriveField(name, this.#item);
    if (value === null || value === '') return;
    if (typeof value === 'string') {
      out.varint(number * 8 + wireType.bytes);
      const text = out.begin(value.length);
      out.text(value);
      out.end(text, value.length);
    } else if (kind === 'uint64') {
      out.varint(number * 8 + wireType.varint);
      out.varint(value);
    } else {
      out.varint(number * 8 + wireType.fixed64);
      out.double(value);
    }
  }
}

/** What the last item of a shape said, and where stands what was derived of it. */
class LastDerived {
  readonly said: LastSaid;
  readonly fields: readonly Written[];
  /** Of all fields. */
  readonly reads: number;
  start = 0;
  end = 0;

  constructor(shape: Shape) {
    this.said = new LastSaid(shape);
    this.fields = derivedFields
      .map((field) => ({ field, reads: shape.readsOf(field.name), start: 0, end: 0 }))
      .filter(({ reads }) => reads !== 0);
    this.reads = this.fields.reduce((all, { reads }) => all | reads, 0);
  }
}

interface Written {
  readonly field: DerivedField;
  readonly reads: number;
  start: number;
  end: number;
}

/** Of one segment. */
const shapesMax = 2_000;

/** About as many are added to an item. */
const derivedBytes = 100;
