import { AnyValue } from './any-value.ts';
import { KeyValue } from './key-value.ts';

/** Attributes of items that tell of an error, in the words of the dialects that have them. */
const failureKeys = [
  'error.type',
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'error.message',
  'error.stack',
  'stack',
  'err',
  'http.route',
  'http.response.status_code',
  'http.status_code',
  'server.address',
  'net.peer.name',
  'url.full',
  'http.url',
  'sentry.fingerprint',
] as const;
export type FailureKey = (typeof failureKeys)[number];

const places: ReadonlyMap<string, number> = new Map(failureKeys.map((key, place) => [key, place]));
/** -1 for what tells of no error. */
export const placeOfFailure = (key: string): number => places.get(key) ?? -1;

/** An exception as it was reported: texts are empty where nothing was said, and long ones stand as marks (schema/otlp/text-marks.ts). */
export interface SaidException {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

export interface ExceptionEvent extends SaidException {
  /** 0 where it does not say. */
  readonly timeNanos: bigint;
}

/** Of one item: what is beyond says nothing new. */
const exceptionsMax = 32;

/** Where an item says what went wrong. One object for all items; nothing is read before somebody asks. */
export class ItemFailure {
  readonly #bytes: Uint8Array;
  readonly #pair: KeyValue;
  readonly #value: AnyValue;
  readonly #starts = new Int32Array(failureKeys.length);
  readonly #ends = new Int32Array(failureKeys.length);
  #attributes = 0;
  /** Ids of the texts of the item: start and end in turn. */
  readonly #textIds: number[] = [];
  readonly exceptions: ExceptionEvent[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#pair = new KeyValue(bytes);
    this.#value = new AnyValue(bytes);
  }

  beginItem(): void {
    if (this.#attributes > 0) {
      this.#starts.fill(0);
      this.#ends.fill(0);
      this.#attributes = 0;
    }
    this.#textIds.length = 0;
    this.exceptions.length = 0;
  }

  /** Its AnyValue. */
  setAttribute(place: number, start: number, end: number): void {
    if (this.#ends[place] !== 0) return;
    this.#starts[place] = start;
    this.#ends[place] = end;
    this.#attributes += 1;
  }

  addTextId(start: number, end: number): void {
    this.#textIds.push(start, end);
  }

  /** `extents` has start and end of each KeyValue of the event. */
  addException(timeNanos: bigint, extents: readonly number[]): void {
    if (this.exceptions.length >= exceptionsMax) return;
    const said: Record<string, string> = {};
    for (let at = 0; at < extents.length; at += 2) {
      this.#pair.read(extents[at] as number, extents[at + 1] as number);
      const { keyStart, keyEnd, valueStart, valueEnd } = this.#pair;
      const key = textAt(this.#bytes, keyStart, keyEnd);
      if (key.startsWith('exception.') && key.length <= 32) said[key] ??= this.#text(valueStart, valueEnd);
    }
    this.exceptions.push({
      timeNanos,
      type: said['exception.type'] ?? '',
      message: said['exception.message'] ?? '',
      stack: said['exception.stacktrace'] ?? '',
    });
  }

  /** Whether any of the attributes above is there. */
  get hasAttributes(): boolean {
    return this.#attributes > 0;
  }

  attribute(key: FailureKey): string {
    const place = placeOfFailure(key);
    return this.#ends[place] === 0
      ? ''
      : this.#text(this.#starts[place] as number, this.#ends[place] as number);
  }

  /** The ids of the item's texts, by their numbers less one. */
  textIds(): readonly Uint8Array[] {
    const ids: Uint8Array[] = [];
    for (let at = 0; at < this.#textIds.length; at += 2)
      ids.push(this.#bytes.subarray(this.#textIds[at], this.#textIds[at + 1]));
    return ids;
  }

  #text(start: number, end: number): string {
    this.#value.read(start, end);
    return this.#value.text();
  }
}

function textAt({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
}
