import { ByteWriter } from '@sightline/schema/otlp';
import { AnyValue } from './any-value.ts';
import { KeyValue } from './key-value.ts';
import type { MapColumn } from './native-columns.ts';

/** Reads attributes, one KeyValue after the other, into a row of a map. `letters` tell the kind of each value. */
export class AttributeRow {
  readonly #bytes: Uint8Array;
  readonly pair: KeyValue;
  readonly value: AnyValue;
  readonly letters = new ByteWriter(64);
  #before = -1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.pair = new KeyValue(bytes);
    this.value = new AnyValue(bytes);
  }

  begin(): void {
    this.letters.length = 0;
    this.#before = -1;
  }

  /** Reads the KeyValue at `start`. Resolves with the code of its key in `map`; `pair` and `value` say the rest. */
  read(map: MapColumn, start: number, end: number): number {
    const { pair, value } = this;
    pair.read(start, end);
    value.read(pair.valueStart, pair.valueEnd);
    this.letters.byte(value.letter);
    this.#before = map.dictionary.codeAfter(this.#before, this.#bytes, pair.keyStart, pair.keyEnd);
    return this.#before;
  }

  append(map: MapColumn, start: number, end: number): number {
    const code = this.read(map, start, end);
    map.append(code, this.value.source, this.value.start, this.value.end);
    return code;
  }
}
