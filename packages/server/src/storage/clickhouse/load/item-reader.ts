import {
  attributeChanged,
  attributesRead,
  eventPlace,
  firstTokenEvents,
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
import { fixed64At, skipVarint, varintNumber, WireReader, wireType } from '@sightline/schema/otlp';
import { KeyTable } from './key-table.ts';
import { valueText } from './wire-value.ts';

const keys = new KeyTable(attributesRead);
const placeOf = new Map(attributesRead.map((name, place) => [name, place]));
const resourceKeys = new KeyTable(resourceAttributesRead);
const spanNames = new KeyTable(namesRead);
const eventNames = [...firstTokenEvents.once, ...firstTokenEvents.repeated];
const eventKeys = new KeyTable(eventNames);

/** Tags as they stand in the bytes; 0 for what there is none of. */
const tagsOf = {
  traces: { attribute: 0x4a, name: 0x2a, start: 0x39, end: 0x41, event: 0x5a, droppedEvents: 0x60 },
  logs: { attribute: 0x32, name: 0x62, start: 0, end: 0, event: 0, droppedEvents: 0 },
} as const;
const resourceAttributeTag = 0x0a;
const keyTag = 0x0a;
const valueTag = 0x12;

/** What the rules of the conventions look at in an item, read from the wire when it is asked for. One object for all items, since there are many. */
export class ItemReader implements Item {
  readonly #bytes: Buffer;
  readonly #tags: (typeof tagsOf)[keyof typeof tagsOf];
  readonly #resource = new Map<string, string>();
  readonly #events: SpanTimes['events'][number][] = [];
  /** By attribute: the item that says it, where its AnyValue stands, and the text of the last one that was asked for with its place. */
  readonly #itemOf = new Int32Array(attributesRead.length);
  readonly #starts = new Int32Array(placesMax);
  readonly #ends = new Int32Array(placesMax);
  readonly #texts: string[] = [];
  readonly #textStarts = new Int32Array(attributesRead.length);
  readonly #textEnds = new Int32Array(attributesRead.length);
  readonly #attribute: KeyAndValue = { key: { start: 0, end: 0 }, value: { start: 0, end: 0 } };
  #resourceNode = noAttributes();
  #node = this.#resourceNode;
  #contentEnd = 0;
  #item = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #startAt = -1;
  #endAt = -1;
  #droppedEvents = 0;

  constructor(signal: keyof typeof tagsOf, bytes: Buffer) {
    this.#tags = tagsOf[signal];
    this.#bytes = bytes;
  }

  get shape(): Shape {
    return this.#node.shape;
  }

  get name(): string {
    return this.#bytes.toString('utf8', this.#nameStart, this.#nameEnd);
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

  attribute(name: string): string {
    return this.attributeAt(placeOf.get(name) ?? -1);
  }

  attributeAt(place: number): string {
    if (this.#itemOf[place] !== this.#item) return '';
    const start = this.#starts[place] as number;
    const end = this.#ends[place] as number;
    // Spans of a trace, of a service and of a model say much the same.
    if (!this.#isSame(start, end, this.#textStarts[place] as number, this.#textEnds[place] as number)) {
      this.#texts[place] = valueText(this.#bytes, start, end);
      this.#textStarts[place] = start;
      this.#textEnds[place] = end;
    }
    return this.#texts[place] ?? '';
  }

  resource(name: string): string {
    return this.#resource.get(name) ?? '';
  }

  /** Of the resource whose items come next. */
  readResource(start: number, end: number): void {
    this.#resource.clear();
    this.#resourceNode = noAttributes();
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      if (this.#bytes[fields.fieldStart] !== resourceAttributeTag) continue;
      const { key, value } = this.#keyAndValue(fields.start, fields.end);
      const place = resourceKeys.find(this.#bytes, key.start, key.end);
      const name = resourceAttributesRead[place];
      if (name === undefined || this.#resource.has(name)) continue;
      this.#resource.set(name, valueText(this.#bytes, value.start, value.end));
      this.#starts[resourcePlace + place] = value.start;
      this.#ends[resourcePlace + place] = value.end;
      this.#resourceNode = this.#resourceNode.with(resourcePlace + place);
    }
  }

  readItem(start: number, end: number): void {
    const bytes = this.#bytes;
    const tags = this.#tags;
    this.#begin();
    for (let at = start; at < end;) {
      const tag = bytes[at] as number;
      const content = this.#contentOf(at, end);
      if (tag === tags.attribute) this.#readAttribute(content, this.#contentEnd);
      else if (tag === tags.name) {
        this.#nameStart = content;
        this.#nameEnd = this.#contentEnd;
      } else if (tag === tags.start) this.#startAt = content;
      else if (tag === tags.end) this.#endAt = content;
      else if (tag === tags.event) this.#readEvent(content, this.#contentEnd);
      else if (tag === tags.droppedEvents) this.#droppedEvents = varintNumber(bytes, content);
      at = this.#contentEnd;
    }
    const named = spanNames.find(bytes, this.#nameStart, this.#nameEnd);
    if (named < 0) return;
    this.#starts[namePlace + named] = this.#nameStart;
    this.#ends[namePlace + named] = this.#nameEnd;
    this.#node = this.#node.with(namePlace + named);
  }

  #begin(): void {
    this.#item += 1;
    this.#node = this.#resourceNode;
    if (this.#events.length > 0) this.#events.length = 0;
    this.#nameStart = 0;
    this.#nameEnd = 0;
    this.#startAt = -1;
    this.#endAt = -1;
    this.#droppedEvents = 0;
  }

  /** Where the content of the field at `at` begins; `#contentEnd` is where the field ends. */
  #contentOf(at: number, end: number): number {
    const bytes = this.#bytes;
    const tag = bytes[at] as number;
    const start = tag < 0x80 ? at + 1 : skipVarint(bytes, at, end);
    let content = start;
    switch (tag & 7) {
      case wireType.bytes: {
        const length = bytes[start] as number;
        content = length < 0x80 ? start + 1 : skipVarint(bytes, start, end);
        this.#contentEnd = content + (length < 0x80 ? length : varintNumber(bytes, start));
        break;
      }
      case wireType.varint:
        this.#contentEnd = skipVarint(bytes, start, end);
        break;
      case wireType.fixed64:
        this.#contentEnd = start + 8;
        break;
      case wireType.fixed32:
        this.#contentEnd = start + 4;
        break;
      default:
        throw new Error('There is no such field.');
    }
    if (!(this.#contentEnd <= end)) throw new Error('The field is cut off.');
    return content;
  }

  #readAttribute(start: number, end: number): void {
    const bytes = this.#bytes;
    const keyEnd = start + 2 + (bytes[start + 1] as number);
    // As every SDK writes it: a short key, and then the value. Most keys are of no interest.
    if (
      bytes[start] === keyTag &&
      keyEnd < end &&
      bytes[keyEnd] === valueTag &&
      (bytes[start + 1] as number) < 0x80
    )
      if (keys.find(bytes, start + 2, keyEnd) < 0) return;
    const { key, value } = this.#keyAndValue(start, end);
    const place = keys.find(bytes, key.start, key.end);
    // Of a key that stands twice, the first counts.
    if (place < 0 || this.#itemOf[place] === this.#item) return;
    this.#itemOf[place] = this.#item;
    this.#starts[place] = value.start;
    this.#ends[place] = value.end;
    this.#node = this.#node.with(place);
  }

  #keyAndValue(start: number, end: number): KeyAndValue {
    const { key, value } = this.#attribute;
    key.start = key.end = value.start = value.end = start;
    for (let at = start; at < end;) {
      const tag = this.#bytes[at];
      const content = this.#contentOf(at, end);
      const part = tag === keyTag ? key : tag === valueTag ? value : undefined;
      at = this.#contentEnd;
      if (part === undefined) continue;
      part.start = content;
      part.end = at;
    }
    return this.#attribute;
  }

  #readEvent(start: number, end: number): void {
    let place = -1;
    let timeNanos = 0n;
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      if (fields.number === 1) timeNanos = fixed64At(this.#bytes, fields.start);
      else if (fields.number === 2) place = eventKeys.find(this.#bytes, fields.start, fields.end);
    }
    const name = eventNames[place];
    if (name === undefined) return;
    if (this.#events.length === 0) this.#node = this.#node.with(eventPlace);
    this.#events.push({ name, timeNanos });
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

interface Place {
  start: number;
  end: number;
}

interface KeyAndValue {
  readonly key: Place;
  readonly value: Place;
}
