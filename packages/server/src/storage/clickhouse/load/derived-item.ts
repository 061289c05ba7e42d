import {
  attributeChanged,
  attributesRead,
  eventPlace,
  type Item,
  nameChanged,
  namePlace,
  namesRead,
  noAttributes,
  placesMax,
  resourceAttributesRead,
  resourcePlace,
  type Shape,
  type SpanTimes,
  timesChanged,
} from '@sightline/schema/conventions';
import { fixed64At } from '@sightline/schema/otlp';
import { AnyValue } from './any-value.ts';

const placesOf = (names: readonly string[], first: number): ReadonlyMap<string, number> =>
  new Map(names.map((name, index) => [name, first + index]));
const attributePlaces = placesOf(attributesRead, 0);
const resourcePlaces = placesOf(resourceAttributesRead, resourcePlace);
const namePlaces = placesOf(namesRead, namePlace);

/** The places of what the conventions read, to be looked up once for each distinct name; -1 for what no rule reads. */
export const placeOfAttribute = (key: string): number => attributePlaces.get(key) ?? -1;
export const placeOfResourceAttribute = (key: string): number => resourcePlaces.get(key) ?? -1;
export const placeOfName = (name: string): number => namePlaces.get(name) ?? -1;

/**
 * What the rules of the conventions look at in an item. Whoever walks the bytes says where each thing stands; it is read when a rule asks for it. One object for all items,
 * since there are many.
 */
export class DerivedItem implements Item {
  readonly #bytes: Uint8Array;
  readonly #value: AnyValue;
  readonly #resource = new Map<string, string>();
  readonly #events: SpanTimes['events'][number][] = [];
  /** By place: the item that says it, where it stands, and the text of the last one that was asked for with its place. */
  readonly #itemOf = new Int32Array(placesMax);
  readonly #starts = new Int32Array(placesMax);
  readonly #ends = new Int32Array(placesMax);
  readonly #texts: string[] = [];
  readonly #textStarts = new Int32Array(placesMax);
  readonly #textEnds = new Int32Array(placesMax);
  #resourceNode = noAttributes();
  #node = this.#resourceNode;
  #item = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #startAt = -1;
  #endAt = -1;
  #droppedEvents = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#value = new AnyValue(bytes);
  }

  get shape(): Shape {
    return this.#node.shape;
  }

  get name(): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + this.#nameStart, this.#nameEnd - this.#nameStart).toString(
      'utf8',
    );
  }

  get times(): SpanTimes | undefined {
    if (this.#startAt < 0 || this.#endAt < 0) return undefined;
    const startNanos = fixed64At(this.#bytes, this.#startAt);
    const endNanos = fixed64At(this.#bytes, this.#endAt);
    return {
      startNanos,
      durationNanos: endNanos > startNanos ? endNanos - startNanos : 0n,
      events: this.#events,
      droppedEvents: this.#droppedEvents,
    };
  }

  attribute(name: string): string {
    return this.attributeAt(placeOfAttribute(name));
  }

  attributeAt(place: number): string {
    if (this.#itemOf[place] !== this.#item) return '';
    const start = this.#starts[place] as number;
    const end = this.#ends[place] as number;
    // Spans of a trace, of a service and of a model say much the same.
    if (!this.#isSame(start, end, this.#textStarts[place] as number, this.#textEnds[place] as number)) {
      this.#texts[place] = this.#textOf(start, end);
      this.#textStarts[place] = start;
      this.#textEnds[place] = end;
    }
    return this.#texts[place] ?? '';
  }

  resource(name: string): string {
    return this.#resource.get(name) ?? '';
  }

  /** Begins the resource whose items come next. */
  beginResource(): void {
    this.#resource.clear();
    this.#resourceNode = noAttributes();
  }

  setResourceAttribute(place: number, start: number, end: number): void {
    const name = resourceAttributesRead[place - resourcePlace];
    if (name === undefined || this.#resource.has(name)) return;
    this.#resource.set(name, this.#textOf(start, end));
    this.#starts[place] = start;
    this.#ends[place] = end;
    this.#resourceNode = this.#resourceNode.with(place);
  }

  beginItem(): void {
    this.#item += 1;
    this.#node = this.#resourceNode;
    if (this.#events.length > 0) this.#events.length = 0;
    this.#nameStart = 0;
    this.#nameEnd = 0;
    this.#startAt = -1;
    this.#endAt = -1;
    this.#droppedEvents = 0;
  }

  /** Its AnyValue. The first of a key that stands twice counts. */
  setAttribute(place: number, start: number, end: number): void {
    if (this.#itemOf[place] === this.#item) return;
    this.#itemOf[place] = this.#item;
    this.#place(place, start, end);
  }

  /** To be called after all attributes. `place` as `placeOfName` gives it. */
  setName(place: number, start: number, end: number): void {
    this.#nameStart = start;
    this.#nameEnd = end;
    if (place >= 0) this.#place(place, start, end);
  }

  setTimes(startAt: number, endAt: number, droppedEvents: number): void {
    this.#startAt = startAt;
    this.#endAt = endAt;
    this.#droppedEvents = droppedEvents;
  }

  /** An event whose name the conventions read. */
  addEvent(name: string, timeNanos: bigint): void {
    if (this.#events.length === 0) this.#node = this.#node.with(eventPlace);
    this.#events.push({ name, timeNanos });
  }

  /** What differs from what the last item of this shape said, in the bits of `Shape.readsOf`. `last` is kept for the next one. */
  changesSince(last: LastSaid): number {
    const { places } = this.#node.shape;
    const { starts, ends } = last;
    let changes = timesChanged;
    for (let index = 0; index < places.length; index += 1) {
      const place = places[index] as number;
      const start = this.#starts[place] as number;
      const end = this.#ends[place] as number;
      if (!this.#isSame(start, end, starts[index] as number, ends[index] as number))
        changes |= attributeChanged(index);
      starts[index] = start;
      ends[index] = end;
    }
    if (!this.#isSame(this.#nameStart, this.#nameEnd, last.nameStart, last.nameEnd)) changes |= nameChanged;
    last.nameStart = this.#nameStart;
    last.nameEnd = this.#nameEnd;
    return changes;
  }

  #place(place: number, start: number, end: number): void {
    this.#starts[place] = start;
    this.#ends[place] = end;
    this.#node = this.#node.with(place);
  }

  #textOf(start: number, end: number): string {
    this.#value.read(start, end);
    return this.#value.text();
  }

  #isSame(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    if (start === otherStart && end === otherEnd) return true;
    const length = end - start;
    if (otherEnd - otherStart !== length || otherEnd === 0) return false;
    for (let at = 0; at < length; at += 1)
      if (this.#bytes[start + at] !== this.#bytes[otherStart + at]) return false;
    return true;
  }
}

/** Where the last item of a shape said what; nowhere at first. */
export class LastSaid {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  nameStart = 0;
  nameEnd = 0;

  constructor({ places }: Shape) {
    this.starts = new Int32Array(places.length);
    this.ends = new Int32Array(places.length);
  }
}
