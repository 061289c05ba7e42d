import { WireReader } from '@sightline/schema/otlp';

const keyTag = 0x0a;
const valueTag = 0x12;

/** Where key and value of a KeyValue stand; both are empty where there is none. */
export class KeyValue {
  readonly #bytes: Uint8Array;
  readonly #fields: WireReader;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#fields = new WireReader(bytes);
  }

  read(start: number, end: number): void {
    if (this.#isPlain(start, end)) return;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = start;
    const fields = this.#fields;
    fields.begin(start, end);
    while (fields.next()) {
      const tag = fields.number * 8 + fields.wire;
      if (tag === keyTag) {
        this.keyStart = fields.start;
        this.keyEnd = fields.end;
      } else if (tag === valueTag) {
        this.valueStart = fields.start;
        this.valueEnd = fields.end;
      }
    }
  }

  /** As every SDK writes it, where both are short: the key, the value, and nothing else. */
  #isPlain(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const keyLength = bytes[start + 1] as number;
    const keyEnd = start + 2 + keyLength;
    if (bytes[start] !== keyTag || keyLength >= 0x80 || keyEnd + 2 > end || bytes[keyEnd] !== valueTag)
      return false;
    const valueLength = bytes[keyEnd + 1] as number;
    if (valueLength >= 0x80 || keyEnd + 2 + valueLength !== end) return false;
    this.keyStart = start + 2;
    this.keyEnd = keyEnd;
    this.valueStart = keyEnd + 2;
    this.valueEnd = end;
    return true;
  }
}
