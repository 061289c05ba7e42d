import { wireType } from '@sightline/schema/otlp';
import { MessageReader } from './message-reader.ts';
import { DictionaryColumn, FixedColumn, TextColumn, timeType, WideColumn } from './native-columns.ts';
import type { Extent } from './origin-columns.ts';

/** Long texts by their content, which stand beside the items (schema/otlp/content-texts.ts). */
export class TextColumns {
  readonly #time = new WideColumn(timeType);
  readonly columns = {
    project: new DictionaryColumn(),
    id: new FixedColumn(16),
    // A text that came once was seen first and last then.
    first_time: this.#time,
    last_time: this.#time,
    trace_id: new FixedColumn(16),
    body: new TextColumn(),
  };
  rows = 0;
  /** Of each text: start and end of its id, start and end of its body. */
  readonly #extents: number[] = [];
  readonly #text: MessageReader;

  constructor(bytes: Uint8Array) {
    this.#text = new MessageReader(bytes, {
      single: { 1: wireType.bytes, 2: wireType.fixed64, 3: wireType.bytes, 4: wireType.bytes },
    });
  }

  append(project: Extent, start: number, end: number): void {
    const { columns } = this;
    const text = this.#text;
    this.rows += 1;
    text.read(start, end);
    columns.project.append(text.bytes, project.start, project.end);
    columns.id.append(text.bytes, text.startOf(1), text.endOf(1));
    this.#time.appendAt(text.bytes, text.fixedAt(2));
    columns.trace_id.append(text.bytes, text.startOf(3), text.endOf(3));
    columns.body.append(text.bytes, text.startOf(4), text.endOf(4));
    this.#extents.push(text.startOf(1), text.endOf(1), text.startOf(4), text.endOf(4));
  }

  /** All texts by their ids, as latin1, decoded when they are asked for. */
  bodies(): { get(id: string): string | undefined } {
    const { buffer, byteOffset } = this.#text.bytes;
    const partAt = (start: number, end: number): Buffer =>
      Buffer.from(buffer, byteOffset + start, end - start);
    const extents = this.#extents;
    const places = new Map<string, number>();
    for (let at = 0; at < extents.length; at += 4)
      places.set(partAt(extents[at] as number, extents[at + 1] as number).toString('latin1'), at);
    return {
      get: (id) => {
        const at = places.get(id);
        return at === undefined
          ? undefined
          : partAt(extents[at + 2] as number, extents[at + 3] as number).toString('utf8');
      },
    };
  }
}
