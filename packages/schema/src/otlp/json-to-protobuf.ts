/**
 * OTLP/JSON into protobuf in one pass over the bytes, driven by the OTLP table: keys are found by hash, text is copied
 * as it stands, integers keep all 64 bits, and no object of the request is ever built. As lenient as receivers have to
 * be: ids in any case, integers as numbers or strings, enum names, snake_case keys, unknown keys, null for absent.
 * What is well-formed but wrong in one item (a bad id, a time out of range) is passed on for admission to judge.
 */
import { err, ok, type Result } from '@sightline/base';

import type { TelemetrySignal } from '../api/index.ts';
import { ByteWriter } from './byte-writer.ts';
import { decimalText, JsonCursor } from './json-cursor.ts';
import { JsonInteger } from './json-integer.ts';
import {
  findKey,
  hashSeed,
  hashStep,
  type JsonKey,
  jsonPlan,
  type JsonPlan,
  startsWith,
} from './json-plan.ts';
import { type Malformed, MalformedError } from './malformed.ts';
import { requestTypes, wireType } from './message-type.ts';

/** Never throws; the error names the JSON path and the byte. */
export function jsonToProtobuf(signal: TelemetrySignal, json: Uint8Array): Result<Uint8Array, Malformed> {
  try {
    return ok(new Transcoder(json).run(jsonPlan(requestTypes[signal])));
  } catch (error) {
    if (error instanceof MalformedError) return err({ message: error.message });
    throw error;
  }
}

class Transcoder {
  readonly #in: JsonCursor;
  readonly #out: ByteWriter;
  readonly #integer: JsonInteger;

  constructor(json: Uint8Array) {
    this.#in = new JsonCursor(json);
    this.#integer = new JsonInteger(this.#in);
    // Protobuf is about half as long.
    this.#out = new ByteWriter(Math.max(256, json.length >> 1));
  }

  run(plan: JsonPlan): Uint8Array {
    this.#message(plan, 0);
    if (!this.#in.atEnd) throw this.#in.error('expected nothing more');
    return this.#out.finish();
  }

  #message(plan: JsonPlan, depth: number): void {
    const input = this.#in;
    input.checkDepth(depth);
    input.expect(0x7b, 'an object');
    if (input.take(0x7d)) return;
    let previous: JsonKey | undefined;
    do {
      const key = this.#likelyKey(previous ? previous.next : plan.first) ?? this.#key(plan);
      if (previous) previous.next = key;
      else plan.first = key;
      previous = key;
      input.expect(0x3a, '":"');
      const first = input.peek();
      if (key === undefined) input.skipValue(depth + 1);
      else if (first === 0x6e) input.word('null');
      else if (!key.field.repeated) this.#field(key, depth);
      else if (key.field.packed) this.#packed(key);
      else this.#repeated(key, depth + 1);
    } while (input.take(0x2c));
    input.expect(0x7d, '"," or "}"');
  }

  /** The key that was here last time, if it is here again: one comparison instead of a hash. */
  #likelyKey(key: JsonKey | undefined): JsonKey | undefined {
    const input = this.#in;
    if (key === undefined || input.peek() !== 0x22) return undefined;
    const start = input.pos + 1;
    const end = start + key.text.length;
    if (input.bytes[end] !== 0x22 || !startsWith(input.bytes, start, key.text)) return undefined;
    input.pos = end + 1;
    return key;
  }

  #key(plan: JsonPlan): JsonKey | undefined {
    const input = this.#in;
    const { bytes } = input;
    if (input.peek() === 0x22) {
      const start = input.pos + 1;
      let hash = hashSeed;
      for (let pos = start; pos < bytes.length; pos++) {
        const byte = bytes[pos] as number;
        if (byte === 0x22) {
          input.pos = pos + 1;
          return findKey(plan, hash, bytes, { start, end: pos });
        }
        if (byte === 0x5c || byte < 0x20) break;
        hash = hashStep(hash, byte);
      }
    }
    input.string();
    const text = Buffer.from(input.text());
    return findKey(plan, text.reduce(hashStep, hashSeed), text, { start: 0, end: text.length });
  }

  #repeated(key: JsonKey, depth: number): void {
    const input = this.#in;
    input.checkDepth(depth);
    input.expect(0x5b, 'an array');
    if (input.take(0x5d)) return;
    do {
      if (input.peek() !== 0x6e) this.#field(key, depth);
      else {
        input.word('null');
        // In a list of values null is one of them; a list of anything else is better off without.
        if (key.field.message?.name === 'AnyValue') {
          this.#tag(key);
          this.#out.byte(0);
        }
      }
    } while (input.take(0x2c));
    input.expect(0x5d, '"," or "]"');
  }

  #packed(key: JsonKey): void {
    const input = this.#in;
    const out = this.#out;
    input.expect(0x5b, 'an array');
    if (input.take(0x5d)) return;
    out.varint(key.field.number * 8 + wireType.bytes);
    const start = out.begin();
    do {
      if (key.field.type === 'double') out.double(this.#double());
      else this.#integer.read().write(out, key.field.type);
    } while (input.take(0x2c));
    out.end(start);
    input.expect(0x5d, '"," or "]"');
  }

  #field(key: JsonKey, depth: number): void {
    this.#tag(key);
    const out = this.#out;
    switch (key.field.type) {
      case 'message':
        if (key.child) this.#child(key.child, depth + 1);
        return;
      case 'string':
        this.#text();
        return;
      case 'traceId':
      case 'spanId':
        this.#id();
        return;
      case 'bytes':
        this.#base64();
        return;
      case 'bool':
        out.byte(this.#bool() ? 1 : 0);
        return;
      case 'double':
        out.double(this.#double());
        return;
      case 'enum':
        this.#enum(key);
        return;
      default:
        this.#integer.read().write(out, key.field.type);
    }
  }

  #tag(key: JsonKey): void {
    const tag = key.field.number * 8 + key.field.wire;
    if (tag < 0x80) this.#out.byte(tag);
    else this.#out.varint(tag);
  }

  #child(plan: JsonPlan, depth: number): void {
    const expected = plan.expected;
    const start = this.#out.begin(expected);
    this.#message(plan, depth);
    plan.expected = this.#out.length - start;
    this.#out.end(start, expected);
  }

  #text(): void {
    const input = this.#in;
    input.string();
    if (input.escaped) {
      const text = Buffer.from(input.text());
      this.#out.varint(text.length);
      this.#out.copy(text, 0, text.length);
      return;
    }
    this.#out.varint(input.textEnd - input.textStart);
    this.#out.copy(input.bytes, input.textStart, input.textEnd);
  }

  /** Hex in any case. What is not hex becomes an id no one can have, so that the item and not the batch is refused. */
  #id(): void {
    const input = this.#in;
    const out = this.#out;
    input.string();
    const { bytes, textStart } = input;
    const length = (input.textEnd - textStart) >> 1;
    out.varint(length);
    const contentStart = out.length;
    out.reserve(length + 1);
    let valid = (input.textEnd - textStart) % 2 === 0;
    for (let i = 0; i < length; i++) {
      const high = hexDigits[bytes[textStart + 2 * i] as number] as number;
      const low = hexDigits[bytes[textStart + 2 * i + 1] as number] as number;
      if (high > 15 || low > 15) valid = false;
      out.bytes[out.length++] = (high << 4) | low;
    }
    if (valid) return;
    out.length = contentStart - (length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : 4);
    out.varint(1);
    out.byte(0);
  }

  #base64(): void {
    this.#in.string();
    const text = this.#in.text();
    if (!/^[\w+/-]*={0,2}$/.test(text)) throw this.#in.error('expected base64');
    const bytes = Buffer.from(text, 'base64');
    this.#out.varint(bytes.length);
    this.#out.copy(bytes, 0, bytes.length);
  }

  #bool(): boolean {
    const input = this.#in;
    const first = input.peek();
    if (first === 0x22) {
      input.string();
      const text = input.text();
      if (text !== 'true' && text !== 'false') throw input.error('expected true or false');
      return text === 'true';
    }
    if (first !== 0x74 && first !== 0x66) throw input.error('expected true or false');
    input.word(first === 0x74 ? 'true' : 'false');
    return first === 0x74;
  }

  #double(): number {
    const input = this.#in;
    if (input.peek() !== 0x22) return Number(input.number());
    input.string();
    const text = input.text();
    if (text === 'NaN') return Number.NaN;
    if (!decimalText.test(text) && !/^[-+]?Infinity$/.test(text)) throw input.error('expected a number');
    return Number(text);
  }

  #enum(key: JsonKey): void {
    const input = this.#in;
    const second = input.peek() === 0x22 ? (input.bytes[input.pos + 1] ?? 0) : 0x30;
    if ((second >= 0x30 && second <= 0x39) || second === 0x2d) {
      this.#integer.read().write(this.#out, 'enum');
      return;
    }
    input.string();
    // A name from a newer protocol means as little as its number would.
    this.#out.varint(key.enumByName?.get(input.text()) ?? 0);
  }
}

const hexDigits = new Uint8Array(256).fill(0xff);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  hexDigits[text.charCodeAt(0)] = digit;
  hexDigits[text.toUpperCase().charCodeAt(0)] = digit;
}
