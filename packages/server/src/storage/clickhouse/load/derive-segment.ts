/**
 * What the conventions read from an item, put into it on its way from the journal to the engine. The engine can read it by itself (`compileSql`, for what is derived anew), but
 * would plan that anew for every load.
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
import { ItemReader } from './item-reader.ts';

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
    if (this.#item.isSilent) return;
    const { out } = this;
    this.#copyUntil(fieldStart);
    out.varint(number * 8 + wireType.bytes);
    const expected = end - start + derivedBytes;
    const mark = out.begin(expected);
    this.#copied = start;
    this.#copyUntil(end);
    this.#writeDerived();
    out.end(mark, expected);
  }

  #writeDerived(): void {
    const { out } = this;
    const derived = deriveFrom(this.#item);
    out.varint(derivedField * 8 + wireType.bytes);
    const mark = out.begin(derivedBytes);
    for (const { name, number, kind } of derivedFields) {
      const value = derived[name];
      if (value === null || value === '') continue;
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
    out.end(mark, derivedBytes);
  }
}

/** About as many are added to an item. */
const derivedBytes = 100;
