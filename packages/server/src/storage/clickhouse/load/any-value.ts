import { ByteWriter, doubleAt, varintNumber, varintSigned, WireReader } from '@sightline/schema/otlp';

/** Letters of the kinds of values, as `attribute_types` keeps them. */
const letters = { s: 0x73, b: 0x62, i: 0x69, d: 0x64, y: 0x79, j: 0x6a, none: 0x6e } as const;

/** Where the text of an AnyValue stands: in the bytes that were read, or in a place of its own that the next value takes. */
export class AnyValue {
  readonly #bytes: Uint8Array;
  readonly #own = new ByteWriter(64);
  readonly #fields: WireReader;
  source: Uint8Array;
  start = 0;
  end = 0;
  letter: number = letters.none;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.source = bytes;
    this.#fields = new WireReader(bytes);
  }

  read(start: number, end: number): void {
    const bytes = this.#bytes;
    const length = bytes[start + 1] as number;
    // Most are short texts.
    if (bytes[start] === 0x0a && length < 0x80 && start + 2 + length === end) {
      this.letter = letters.s;
      this.source = bytes;
      this.start = start + 2;
      this.end = end;
      return;
    }
    const fields = this.#fields;
    fields.begin(start, end);
    while (fields.next()) {
      switch (fields.number) {
        case 1:
          return this.#stands(letters.s, fields);
        case 15:
          return this.#stands(letters.j, fields);
        case 2:
          return this.#writes(letters.b, varintNumber(bytes, fields.start) === 0 ? 'false' : 'true');
        case 3:
          return this.#writesInteger(fields);
        case 4:
          return this.#writes(letters.d, doubleText(doubleAt(bytes, fields.start)));
        case 7: {
          const { buffer, byteOffset } = bytes;
          const content = Buffer.from(buffer, byteOffset + fields.start, fields.end - fields.start);
          return this.#writes(letters.y, content.toString('base64'));
        }
      }
    }
    this.letter = letters.none;
    this.source = bytes;
    this.start = this.end = start;
  }

  text(): string {
    const { buffer, byteOffset } = this.source;
    return Buffer.from(buffer, byteOffset + this.start, this.end - this.start).toString('utf8');
  }

  #stands(letter: number, { start, end }: WireReader): void {
    this.letter = letter;
    this.source = this.#bytes;
    this.start = start;
    this.end = end;
  }

  #writes(letter: number, text: string): void {
    const own = this.#own;
    own.length = 0;
    own.ascii(text);
    this.letter = letter;
    this.source = own.bytes;
    this.start = 0;
    this.end = own.length;
  }

  #writesInteger({ start, end }: WireReader): void {
    const isShort = end - start < 7;
    const value = isShort ? varintNumber(this.#bytes, start) : varintSigned(this.#bytes, start, end);
    this.#writes(letters.i, String(value));
  }
}

/** As the engine's `toString` gives it. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  if (Number.isFinite(value)) return text.includes('+') ? text.replace('+', '') : text;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
