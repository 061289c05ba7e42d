import {
  attributesRead,
  firstTokenEvents,
  type ItemTexts,
  resourceAttributesRead,
  type SpanTimes,
} from '@sightline/schema/conventions';
import { doubleAt, fixed64At, varintNumber, varintSigned, WireReader } from '@sightline/schema/otlp';
import { KeyTable } from './key-table.ts';

const known = new KeyTable(attributesRead);
const knownOfResource = new KeyTable(resourceAttributesRead);
const knownEvents = new KeyTable([...firstTokenEvents.once, ...firstTokenEvents.repeated]);

/** Tags of the fields that are looked at. */
export const itemTags = {
  traces: { attribute: 0x4a, name: 0x2a, start: 0x39, end: 0x41, event: 0x5a, droppedEvents: 0x60 },
  logs: { attribute: 0x32, name: 0x62, start: 0, end: 0, event: 0, droppedEvents: 0 },
} as const;
const resourceAttributeTag = 0x0a;

interface FirstTokenEvent {
  readonly name: string;
  readonly timeNanos: bigint;
}

/** What the rules of the conventions look at in an item on the wire. One object for all, since there are many of them. */
export class ItemReader implements ItemTexts {
  readonly attributes = new Map<string, string>();
  readonly resource = new Map<string, string>();
  readonly #bytes: Buffer;
  readonly #tags: (typeof itemTags)[keyof typeof itemTags];
  readonly #events: FirstTokenEvent[] = [];
  #name = { start: 0, end: 0 };
  #startAt = -1;
  #endAt = -1;
  #droppedEvents = 0;

  constructor(signal: keyof typeof itemTags, bytes: Buffer) {
    this.#tags = itemTags[signal];
    this.#bytes = bytes;
  }

  get name(): string {
    return this.#bytes.toString('utf8', this.#name.start, this.#name.end);
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

  /** Nothing is said that any rule looks at. */
  get isSilent(): boolean {
    return this.attributes.size === 0 && this.resource.size === 0 && this.#events.length === 0;
  }

  /** Of the resource whose items come next. */
  readResource(start: number, end: number): void {
    this.resource.clear();
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next())
      if (this.#bytes[fields.fieldStart] === resourceAttributeTag)
        this.#readAttribute(fields.start, fields.end, knownOfResource, this.resource);
  }

  readItem(start: number, end: number): void {
    const tags = this.#tags;
    this.attributes.clear();
    this.#events.length = 0;
    this.#name = nowhere;
    this.#startAt = -1;
    this.#endAt = -1;
    this.#droppedEvents = 0;
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      switch (this.#bytes[fields.fieldStart]) {
        case tags.attribute:
          this.#readAttribute(fields.start, fields.end, known, this.attributes);
          break;
        case tags.name:
          this.#name = { start: fields.start, end: fields.end };
          break;
        case tags.start:
          this.#startAt = fields.start;
          break;
        case tags.end:
          this.#endAt = fields.start;
          break;
        case tags.event:
          this.#readEvent(fields.start, fields.end);
          break;
        case tags.droppedEvents:
          this.#droppedEvents = varintNumber(this.#bytes, fields.start);
          break;
      }
    }
  }

  #readAttribute(start: number, end: number, table: KeyTable, into: Map<string, string>): void {
    const bytes = this.#bytes;
    let key: string | undefined;
    const fields = new WireReader(bytes, start, end);
    while (fields.next()) {
      if (bytes[fields.fieldStart] === keyTag) {
        key = table.find(bytes, fields.start, fields.end);
        if (key === undefined) return;
      } else if (bytes[fields.fieldStart] === valueTag && key !== undefined) {
        // Of a key that stands twice, the first counts.
        if (!into.has(key)) into.set(key, valueText(bytes, fields.start, fields.end));
      }
    }
    if (key !== undefined && !into.has(key)) into.set(key, '');
  }

  #readEvent(start: number, end: number): void {
    let name: string | undefined;
    let timeNanos = 0n;
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      if (fields.number === 1) timeNanos = fixed64At(this.#bytes, fields.start);
      else if (fields.number === 2) name = knownEvents.find(this.#bytes, fields.start, fields.end);
    }
    if (name !== undefined) this.#events.push({ name, timeNanos });
  }
}

const nowhere = { start: 0, end: 0 } as const;
const keyTag = 0x0a;
const valueTag = 0x12;

/** An AnyValue as the engine keeps it as text (`valueText` in attribute-sql.ts). */
function valueText(bytes: Buffer, start: number, end: number): string {
  const fields = new WireReader(bytes, start, end);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
      case 15:
        return bytes.toString('utf8', fields.start, fields.end);
      case 2:
        return varintNumber(bytes, fields.start) === 0 ? 'false' : 'true';
      case 3:
        return String(varintSigned(bytes, fields.start, fields.end));
      case 4:
        return doubleText(doubleAt(bytes, fields.start));
      case 7:
        return bytes.toString('base64', fields.start, fields.end);
    }
  }
  return '';
}

function doubleText(value: number): string {
  return Number.isFinite(value)
    ? String(value).replace('e+', 'e')
    : String(value).toLowerCase().replace('inity', '');
}
