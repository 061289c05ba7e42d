import { MalformedError } from './malformed.ts';

/** How deeply objects and arrays may nest. The deepest real attributes seen have a dozen levels. */
export const jsonDepthMax = 512;

/** A number in a string, for which JSON has no rules. What JavaScript also takes for one, such as `0x10`, is none. Digits are read in one way only: a text of many thousands takes no longer than another. */
export const decimalText = /^\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*$/i;

/** Reads JSON text token by token, from bytes, without making strings of it. Strict about JSON itself. */
export class JsonCursor {
  readonly bytes: Uint8Array;
  pos = 0;
  /** After `string`: the text between the quotes, and whether it has escapes. */
  textStart = 0;
  textEnd = 0;
  escaped = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
  }

  /** Nothing but white space is left. A byte of zero, which `peek` does not tell from the end, is something. */
  get atEnd(): boolean {
    return this.peek() === 0 && this.pos >= this.bytes.length;
  }

  /** The next byte that is not white space, without taking it; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    const { length } = bytes;
    while (this.pos < length) {
      const byte = bytes[this.pos] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.pos++;
    }
    return 0;
  }

  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.pos++;
    return true;
  }

  expect(byte: number, what: string): void {
    if (!this.take(byte)) throw this.error(`expected ${what}`);
  }

  /** Takes a string token and leaves its place in `textStart`, `textEnd` and `escaped`. */
  string(): void {
    this.expect(0x22, 'a string');
    const { bytes } = this;
    const { length } = bytes;
    let pos = this.pos;
    this.textStart = pos;
    this.escaped = false;
    for (; pos < length; pos++) {
      const byte = bytes[pos] as number;
      if (byte === 0x22) {
        this.textEnd = pos;
        this.pos = pos + 1;
        return;
      }
      if (byte === 0x5c) {
        this.escaped = true;
        pos++;
      } else if (byte < 0x20) break;
    }
    this.pos = Math.min(pos, length);
    throw this.error(pos < length ? 'a control character stands in a string' : 'a string is not closed');
  }

  /** The last string as text, escapes resolved. */
  text(): string {
    const raw = Buffer.from(
      this.bytes.buffer,
      this.bytes.byteOffset + this.textStart,
      this.textEnd - this.textStart,
    );
    if (!this.escaped) return raw.toString('utf8');
    try {
      return JSON.parse(`"${raw.toString('utf8')}"`) as string;
    } catch {
      throw this.error('a string has a wrong escape');
    }
  }

  /** The number at hand as it is written. */
  number(): string {
    this.peek();
    const start = this.pos;
    while (isNumberByte(this.bytes[this.pos] ?? 0)) this.pos++;
    const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.pos - start).toString(
      'latin1',
    );
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return text;
    this.pos = start;
    throw this.error('expected a number');
  }

  word(text: string): void {
    this.peek();
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[this.pos + i] !== text.charCodeAt(i)) throw this.error('expected a value');
    }
    this.pos += text.length;
  }

  skipValue(depth: number): void {
    switch (this.peek()) {
      case 0x22:
        this.string();
        if (this.escaped) this.text();
        return;
      case 0x7b:
        this.#skipMembers(0x7d, depth);
        return;
      case 0x5b:
        this.#skipMembers(0x5d, depth);
        return;
      case 0x74:
        this.word('true');
        return;
      case 0x66:
        this.word('false');
        return;
      case 0x6e:
        this.word('null');
        return;
      default:
        this.number();
    }
  }

  #skipMembers(close: number, depth: number): void {
    this.checkDepth(depth);
    this.pos++;
    if (this.take(close)) return;
    do {
      if (close === 0x7d) {
        this.string();
        this.expect(0x3a, '":"');
      }
      this.skipValue(depth + 1);
    } while (this.take(0x2c));
    this.expect(close, close === 0x7d ? '"," or "}"' : '"," or "]"');
  }

  checkDepth(depth: number): void {
    if (depth >= jsonDepthMax) throw this.error(`objects nest deeper than ${jsonDepthMax} levels`);
  }

  error(what: string): MalformedError {
    return new MalformedError(`${what} at ${jsonPathAt(this.bytes, this.pos)} (byte ${this.pos})`);
  }
}

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

/** The longest path that is printed; the end is what helps. */
const pathPartsMax = 40;

/** `$.resourceSpans[0].scopeSpans[2]…` for a place in the text. Only computed once something went wrong there. */
export function jsonPathAt(bytes: Uint8Array, offset: number): string {
  const stack: { key: string; index: number }[] = [];
  let key = '';
  for (let pos = 0; pos < offset; pos++) {
    const byte = bytes[pos];
    const top = stack.at(-1);
    if (byte === 0x22) {
      const start = pos + 1;
      for (pos = start; pos < offset && bytes[pos] !== 0x22; pos++) if (bytes[pos] === 0x5c) pos++;
      key = Buffer.from(bytes.subarray(start, Math.min(pos, start + 64))).toString('utf8');
    } else if (byte === 0x3a && top) top.key = key;
    else if (byte === 0x7b) stack.push({ key: '', index: -1 });
    else if (byte === 0x5b) stack.push({ key: '', index: 0 });
    else if (byte === 0x7d || byte === 0x5d) stack.pop();
    else if (byte === 0x2c && top) {
      top.key = '';
      if (top.index >= 0) top.index++;
    }
  }
  const parts = stack.map((level) => (level.index >= 0 ? `[${level.index}]` : level.key && `.${level.key}`));
  const shown = parts.length > pathPartsMax ? ['…', ...parts.slice(-pathPartsMax)] : parts;
  return `$${shown.join('')}`;
}
