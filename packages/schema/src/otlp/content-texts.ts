/**
 * Long texts of attributes by their content: prompts repeat what was said before, so a text is taken out of the span or log record that carries it, and kept
 * once under the hash of what it says. JSON is cut between the objects of its arrays, so that turn 7 of a conversation shares its
 * messages with turn 6. What stays is the value with a mark in the place of each text,
 * `\u0001<n>:<bytes>\u0002`: its number among the item's text ids, counted from 1, and its length.
 *
 * On the wire of the journal these are fields that OTLP does not have: ids on the item, texts on the request.
 */
import { hash } from 'node:crypto';
import { ByteWriter } from './byte-writer.ts';
import { textsField } from './own-fields.ts';
import { textNumbers } from './text-marks.ts';

/** Values below are left alone: the ids would weigh more than what repeats. */
export const addressedBytesMin = 512;
/** Pieces below stay in the value. */
const pieceBytesMin = 128;
/** Of one item: what is beyond stays in its values. */
const textsPerItemMax = 20_000;

const textsTag = textsField * 8 + 2;

const dayNanos = 86_400_000_000_000n;
const open = 0x01;
const close = 0x02;

/** Values that views of the store read as they are. */
const keptKeys = /explanation$|^gen_ai\.evaluation\./;

export function isAddressedKey(key: string): boolean {
  return !keptKeys.test(key);
}

interface Text {
  readonly number: number;
  readonly id: Uint8Array;
  readonly body: Uint8Array;
}

/** Where the item stands in time, and of which trace it is: texts are kept per day, and beside the traces that use them. */
export interface TextUser {
  readonly unixNano: bigint;
  readonly traceId: Uint8Array;
}

/** The texts of one request. An item's are held until it is known whether the item is kept. */
export class ContentTexts {
  readonly #out = new ByteWriter(256);
  readonly #seen = new Set<string>();
  #item = new Map<string, Text>();
  /** Texts with all their users. */
  count = 0;

  /** The value without its texts; undefined where there is nothing to take out. `bytes` may be overwritten afterwards. */
  take(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < addressedBytesMin || bytes.includes(open) || bytes.includes(close)) return undefined;
    const cuts = cutsOf(bytes);
    const out = new ByteWriter(256);
    let start = 0;
    let taken = 0;
    for (const end of [...cuts, bytes.length]) {
      const isKept = end - start < pieceBytesMin || isUsage(bytes, start);
      const number = isKept ? undefined : this.#numberOf(bytes, start, end);
      if (number === undefined) out.copy(bytes, start, end);
      else {
        out.byte(open);
        out.ascii(`${number}:${end - start}`);
        out.byte(close);
        taken += 1;
      }
      start = end;
    }
    return taken === 0 ? undefined : out.finish();
  }

  /** Ids of the texts of the item at hand, as hex, by their numbers. */
  idsOfItem(): string[] {
    return [...this.#item.values()].map(({ id }) => Buffer.from(id).toString('hex'));
  }

  /** Forgets the texts of the item at hand. */
  drop(): void {
    if (this.#item.size > 0) this.#item = new Map();
  }

  /** The item is kept: its texts go with the request. Returns the field of their ids, or undefined where it has none. */
  keep(user: () => TextUser): Uint8Array | undefined {
    if (this.#item.size === 0) return undefined;
    const ids = new ByteWriter(this.#item.size * 19);
    const { unixNano, traceId } = user();
    const trace = Buffer.from(traceId).toString('latin1');
    const day = unixNano / dayNanos;
    for (const [key, { id, body }] of this.#item) {
      ids.varint(textsTag);
      ids.varint(id.length);
      ids.copy(id, 0, id.length);
      const use = `${key}${trace}${day}`;
      if (this.#seen.has(use)) continue;
      this.#seen.add(use);
      this.count += 1;
      const out = this.#out;
      out.varint(textsTag);
      const mark = out.begin(body.length + 64);
      out.byte(0x0a);
      out.varint(id.length);
      out.copy(id, 0, id.length);
      out.byte(0x11);
      out.fixed64(Number(unixNano & 0xffff_ffffn), Number(unixNano >> 32n));
      out.byte(0x1a);
      out.varint(traceId.length);
      out.copy(traceId, 0, traceId.length);
      out.byte(0x22);
      out.varint(body.length);
      out.copy(body, 0, body.length);
      out.end(mark, body.length + 64);
    }
    this.#item = new Map();
    return ids.finish();
  }

  /** The request's own fields: every text once for each trace and day that uses it. */
  finish(): Uint8Array {
    return this.#out.finish();
  }

  #numberOf(bytes: Uint8Array, start: number, end: number): number | undefined {
    const body = bytes.subarray(start, end);
    const id = hash('sha256', body, 'buffer').subarray(0, 16);
    const key = id.toString('latin1');
    const known = this.#item.get(key);
    if (known !== undefined) return known.number;
    if (this.#item.size >= textsPerItemMax) return undefined;
    const number = this.#item.size + 1;
    this.#item.set(key, { number, id, body: body.slice() });
    return number;
  }
}

/** A value as it would be stored, with the ids of its texts, as hex, in the order of their marks. */
export function takeTexts(value: Uint8Array): { readonly value: string; readonly ids: readonly string[] } {
  const texts = new ContentTexts();
  const rest = texts.take(value);
  const decoded = Buffer.from(rest ?? value).toString('utf8');
  const ids = texts.idsOfItem();
  return { value: decoded, ids: textNumbers(decoded).map((number) => ids[number - 1] ?? '') };
}

const brace = { open: 0x7b, close: 0x7d } as const;
const bracket = { open: 0x5b, close: 0x5d } as const;
const comma = 0x2c;
const usage = Buffer.from('"usage');
const tier = Buffer.from('"service_tier"');
/** Where the answer of a recorded HTTP exchange begins (sdk/replay/exchange.ts). The index over words leaves out texts that begin so (migrations/0028-schema.sql). */
const recordedAnswer = Buffer.from('"sightline.answer":');
const quote = 0x22;
/** Key and value: less than a piece that is taken out. */
const tierBytesMax = 100;
/** More is no usage. */
const usageBytesMax = 2048;

/**
 * Where JSON is cut: before an object of an array and behind it, around what a call used, and before a recorded answer, which is one piece. Told by the bytes around a brace, so that a text that only looks like it is
 * cut as well, which does no harm: the pieces put together are the text.
 */
function cutsOf(bytes: Uint8Array): number[] {
  const first = bytes[0];
  if (first !== bracket.open && first !== brace.open) return [];
  const cuts: number[] = [];
  let before = 0;
  let beforeThat = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    if (byte === brace.open && (before === bracket.open || (before === comma && beforeThat === brace.close)))
      cuts.push(at);
    else if (before === comma && standsAt(recordedAnswer, bytes, at)) {
      cuts.push(at);
      return cuts;
    } else if (before === brace.close && (byte === bracket.close || byte === comma)) {
      // A comma may be followed by a key: then the cut is one too many, and does no harm.
      cuts.push(lastOf(bytes, at) + 1);
    } else if (before === comma || before === brace.open) {
      const end = endOfUsage(bytes, at);
      if (end > 0) {
        cuts.push(at, end);
        beforeThat = brace.open;
        before = brace.close;
        at = end - 1;
        continue;
      }
    }
    beforeThat = before;
    before = byte;
  }
  return cuts;
}

/** What a call used stays in the value, where the conventions read it as it is loaded (`Source.after`). */
const isUsage = (bytes: Uint8Array, start: number): boolean => standsAt(usage, bytes, start);

function standsAt(text: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < text.length; at += 1) if (bytes[start + at] !== text[at]) return false;
  return true;
}

/** Behind the value of the key at `start`, where that says what a call used or how it was served; 0 where it does not. */
function endOfUsage(bytes: Uint8Array, start: number): number {
  if (isUsage(bytes, start)) return endOfObject(bytes, start);
  if (!standsAt(tier, bytes, start)) return 0;
  const open = bytes.indexOf(quote, start + tier.length);
  const end = open === -1 ? 0 : bytes.indexOf(quote, open + 1) + 1;
  return end - start <= tierBytesMax ? Math.max(0, end) : 0;
}

/** Behind the object that is the value of the key at `start`; 0 where its end is not near. */
function endOfObject(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < Math.min(start + usageBytesMax, bytes.length); at += 1) {
    if (bytes[at] === brace.open) depth += 1;
    if (bytes[at] === brace.close && (depth -= 1) <= 0) return depth === 0 ? at + 1 : 0;
  }
  return 0;
}

/** The place of the last byte before `at` that is no white space. */
function lastOf(bytes: Uint8Array, at: number): number {
  let place = at - 1;
  while (place > 0 && (bytes[place] as number) <= 0x20) place -= 1;
  return place;
}
