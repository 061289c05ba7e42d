import { firstTokenEvents } from '@sightline/schema/conventions';
import { fixed32At, textsField, wireType } from '@sightline/schema/otlp';
import { AttributeColumns } from './attribute-columns.ts';
import { AttributeRow } from './attribute-row.ts';
import { DerivedColumns } from './derived-columns.ts';
import { DerivedItem, placeOfName } from './derived-item.ts';
import { ErrorColumns, type FailedItem } from './error-columns.ts';
import type { ItemColumns } from './item-columns.ts';
import { ItemFailure } from './item-failure.ts';
import { MessageReader } from './message-reader.ts';
import {
  ArrayColumn,
  type Column,
  CountColumn,
  DictionaryColumn,
  FixedColumn,
  MapColumn,
  RowEnds,
  TextColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';
import { NumberList } from './number-list.ts';
import { OriginColumns } from './origin-columns.ts';
import { appendIds, spanField } from './span-field.ts';
import { StepColumns } from './step-columns.ts';

const { varint, fixed64, bytes: content, fixed32 } = wireType;

const readEvents: ReadonlySet<string> = new Set([...firstTokenEvents.once, ...firstTokenEvents.repeated]);

/** The columns of `spans`. */
export class SpanColumns implements ItemColumns {
  readonly origin: OriginColumns;
  readonly errors = new ErrorColumns();
  readonly steps: StepColumns;
  rows = 0;
  readonly #bytes: Uint8Array;
  readonly #item: DerivedItem;
  readonly #failure: ItemFailure;
  readonly #attributes: AttributeColumns;
  readonly #derived: DerivedColumns;
  readonly #textEnds = new RowEnds();
  readonly #own = {
    trace_id: new FixedColumn(16),
    span_id: new FixedColumn(8),
    parent_span_id: new FixedColumn(8),
    trace_state: new TextColumn(),
    flags: new CountColumn(32),
    name: new DictionaryColumn(),
    kind: new CountColumn(8),
    start_time: new WideColumn(timeType),
    duration_ns: new WideColumn('UInt64'),
    status_code: new CountColumn(8),
    status_message: new TextColumn(),
    text_ids: new ArrayColumn(this.#textEnds, new FixedColumn(16)),
    dropped_attributes: new CountColumn(32),
    dropped_events: new CountColumn(32),
    dropped_links: new CountColumn(32),
  };
  readonly #events: EventColumns;
  readonly #links: LinkColumns;
  readonly #span: MessageReader;
  readonly #status: MessageReader;
  /** By the code of a name: its place among those that the conventions read, and one more. */
  readonly #namePlaces = new NumberList();
  #nameCode = 0;
  /** Low and high half. */
  readonly #durationNanos = { low: 0, high: 0 };

  constructor(bytes: Uint8Array, Derived = DerivedColumns) {
    this.#bytes = bytes;
    this.#item = new DerivedItem(bytes);
    this.#failure = new ItemFailure(bytes);
    this.#derived = new Derived('span');
    this.origin = new OriginColumns(bytes, this.#item);
    this.#attributes = new AttributeColumns(bytes, this.#item, this.#failure);
    this.#events = new EventColumns(bytes, this.#item, this.#failure);
    this.#links = new LinkColumns(bytes);
    this.#status = new MessageReader(bytes, { single: { 2: content, 3: varint } });
    this.steps = new StepColumns({
      bytes,
      origin: this.origin,
      derived: this.#derived,
      names: this.#own.name.dictionary,
      said: this.#attributes.said,
    });
    this.#span = new MessageReader(bytes, {
      single: {
        [spanField.traceId]: content,
        [spanField.spanId]: content,
        [spanField.traceState]: content,
        [spanField.parentSpanId]: content,
        [spanField.name]: content,
        [spanField.kind]: varint,
        [spanField.start]: fixed64,
        [spanField.end]: fixed64,
        [spanField.droppedAttributes]: varint,
        [spanField.droppedEvents]: varint,
        [spanField.droppedLinks]: varint,
        [spanField.status]: content,
        [spanField.flags]: fixed32,
      },
      repeated: {
        [spanField.attribute]: (start, end) => this.#attributes.append(start, end),
        [spanField.event]: (start, end) => this.#events.append(start, end),
        [spanField.link]: (start, end) => this.#links.append(start, end),
        [textsField]: (start, end) => {
          this.#textEnds.next();
          this.#own.text_ids.inner.append(bytes, start, end);
          this.#failure.addTextId(start, end);
        },
      },
    });
  }

  get columns(): Readonly<Record<string, Column>> {
    return {
      ...this.origin.columns,
      ...this.#own,
      ...this.#attributes.columns,
      ...this.#events.columns,
      ...this.#links.columns,
      ...this.#derived.columns,
    };
  }

  append(start: number, end: number): void {
    this.rows += 1;
    this.origin.append();
    this.#item.beginItem();
    this.#failure.beginItem();
    this.#attributes.beginRow();
    this.#span.read(start, end);
    this.#attributes.endRow();
    this.#events.ends.endRow();
    this.#links.ends.endRow();
    this.#textEnds.endRow();
    this.#appendSingle();
    this.#derived.append(this.#item);
    this.#namePeople();
    const code = this.#status.varint(3);
    if (this.steps.isStep) this.#addStep(code);
    if (code === statusError || this.#failure.exceptions.length > 0) this.#addError(code);
  }

  #addStep(statusCode: number): void {
    const span = this.#span;
    this.steps.append({
      span,
      statusCode,
      nameCode: this.#nameCode,
      durationNanos: this.#durationNanos,
    });
  }

  #namePeople(): void {
    const user_id = this.#derived.textOf('user_id');
    const session_id = this.#derived.textOf('session_id');
    if (user_id === '' && session_id === '') return;
    const span = this.#span;
    const traceId = this.#bytes.subarray(span.startOf(spanField.traceId), span.endOf(spanField.traceId));
    this.errors.nameTrace(this.origin.current.project, traceId, { user_id, session_id });
  }

  #addError(code: number): void {
    const status = this.#status;
    const message = textOf(this.#bytes, status.startOf(2), status.endOf(2));
    this.errors.addSpan(this.#failed, this.#failure, { code, message });
  }

  readonly #failed = (): FailedItem => {
    const span = this.#span;
    const bytes = this.#bytes;
    const part = (number: number): Uint8Array => bytes.subarray(span.startOf(number), span.endOf(number));
    return {
      origin: this.origin.current,
      timeNanos: span.fixed64(spanField.end) || span.fixed64(spanField.start),
      traceId: part(spanField.traceId),
      spanId: part(spanField.spanId),
      parentSpanId: part(spanField.parentSpanId),
      logId: 0n,
      name: textOf(bytes, span.startOf(spanField.name), span.endOf(spanField.name)),
      fieldOf: (name) => this.#derived.textOf(name),
    };
  };

  #appendSingle(): void {
    const own = this.#own;
    const span = this.#span;
    const bytes = this.#bytes;
    appendIds(own, span);
    own.trace_state.append(bytes, span.startOf(spanField.traceState), span.endOf(spanField.traceState));
    own.flags.append(span.fixed32(spanField.flags));
    own.kind.append(span.varint(spanField.kind));
    own.dropped_attributes.append(span.varint(spanField.droppedAttributes));
    own.dropped_events.append(span.varint(spanField.droppedEvents));
    own.dropped_links.append(span.varint(spanField.droppedLinks));
    this.#appendStatus(span.startOf(spanField.status), span.endOf(spanField.status));
    this.#appendName(span.startOf(spanField.name), span.endOf(spanField.name));
    this.#appendTimes(span.fixedAt(spanField.start), span.fixedAt(spanField.end));
  }

  #appendStatus(start: number, end: number): void {
    const { status_code, status_message } = this.#own;
    const status = this.#status;
    status.read(start, end);
    status_code.append(status.varint(3));
    status_message.append(this.#bytes, status.startOf(2), status.endOf(2));
  }

  #appendName(start: number, end: number): void {
    const { name } = this.#own;
    const code = name.append(this.#bytes, start, end);
    this.#nameCode = code;
    if (code === this.#namePlaces.length) this.#namePlaces.push(placeOfName(name.dictionary.text(code)) + 1);
    this.#item.setName(this.#namePlaces.at(code) - 1, start, end);
  }

  /** A span that ends before it starts took no time. */
  #appendTimes(startAt: number, endAt: number): void {
    const bytes = this.#bytes;
    const { start_time, duration_ns } = this.#own;
    start_time.appendAt(bytes, startAt);
    const startLow = startAt < 0 ? 0 : fixed32At(bytes, startAt);
    const startHigh = startAt < 0 ? 0 : fixed32At(bytes, startAt + 4);
    const endLow = endAt < 0 ? 0 : fixed32At(bytes, endAt);
    const endHigh = endAt < 0 ? 0 : fixed32At(bytes, endAt + 4);
    const borrow = endLow < startLow ? 1 : 0;
    const high = endHigh - startHigh - borrow;
    const duration = this.#durationNanos;
    duration.low = high < 0 ? 0 : endLow - startLow + borrow * 2 ** 32;
    duration.high = Math.max(0, high);
    duration_ns.out.fixed64(duration.low, duration.high);
    this.#item.setTimes(startAt, endAt, this.#span.varint(spanField.droppedEvents));
  }
}

const statusError = 2;

function textOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): string {
  return Buffer.from(buffer, byteOffset + start, end - start).toString('utf8');
}

class EventColumns {
  readonly ends = new RowEnds();
  readonly columns = {
    event_times: new ArrayColumn(this.ends, new WideColumn(timeType)),
    event_names: new ArrayColumn(this.ends, new DictionaryColumn()),
    event_attributes: new ArrayColumn(this.ends, new MapColumn()),
    event_types: new ArrayColumn(this.ends, new TextColumn()),
    event_dropped: new ArrayColumn(this.ends, new CountColumn(32)),
  };
  readonly #item: DerivedItem;
  readonly #failure: ItemFailure;
  readonly #event: MessageReader;
  readonly #row: AttributeRow;
  /** By the code of a name: the name, where the conventions read it. */
  readonly #readNames: (string | undefined)[] = [];
  readonly #isException: boolean[] = [];
  /** Start and end of each attribute of the event at hand. */
  readonly #extents: number[] = [];

  constructor(bytes: Uint8Array, item: DerivedItem, failure: ItemFailure) {
    this.#item = item;
    this.#failure = failure;
    this.#row = new AttributeRow(bytes);
    this.#event = new MessageReader(bytes, {
      single: { 1: fixed64, 2: content, 4: varint },
      repeated: {
        3: (start, end) => {
          this.#row.append(this.columns.event_attributes.inner, start, end);
          this.#extents.push(start, end);
        },
      },
    });
  }

  append(start: number, end: number): void {
    const { event_times, event_names, event_attributes, event_types, event_dropped } = this.columns;
    const event = this.#event;
    const { letters } = this.#row;
    this.ends.next();
    this.#row.begin();
    this.#extents.length = 0;
    event.read(start, end);
    event_attributes.inner.endRow();
    event_types.inner.append(letters.bytes, 0, letters.length);
    event_times.inner.appendAt(event.bytes, event.fixedAt(1));
    event_dropped.inner.append(event.varint(4));
    const names = event_names.inner;
    const code = names.append(event.bytes, event.startOf(2), event.endOf(2));
    if (code === this.#readNames.length) {
      const name = names.dictionary.text(code);
      this.#readNames.push(readEvents.has(name) ? name : undefined);
      this.#isException.push(name === 'exception' || name.endsWith('.exception'));
    }
    if (this.#isException[code] === true) this.#failure.addException(event.fixed64(1), this.#extents);
    const name = this.#readNames[code];
    if (name !== undefined) this.#item.addEvent(name, event.fixed64(1));
  }
}

class LinkColumns {
  readonly ends = new RowEnds();
  readonly columns = {
    link_trace_ids: new ArrayColumn(this.ends, new FixedColumn(16)),
    link_span_ids: new ArrayColumn(this.ends, new FixedColumn(8)),
    link_trace_states: new ArrayColumn(this.ends, new TextColumn()),
    link_flags: new ArrayColumn(this.ends, new CountColumn(32)),
    link_attributes: new ArrayColumn(this.ends, new MapColumn()),
    link_types: new ArrayColumn(this.ends, new TextColumn()),
    link_dropped: new ArrayColumn(this.ends, new CountColumn(32)),
  };
  readonly #link: MessageReader;
  readonly #row: AttributeRow;

  constructor(bytes: Uint8Array) {
    this.#row = new AttributeRow(bytes);
    this.#link = new MessageReader(bytes, {
      single: { 1: content, 2: content, 3: content, 5: varint, 6: fixed32 },
      repeated: { 4: (start, end) => this.#row.append(this.columns.link_attributes.inner, start, end) },
    });
  }

  append(start: number, end: number): void {
    const { columns } = this;
    const link = this.#link;
    const { letters } = this.#row;
    this.ends.next();
    this.#row.begin();
    link.read(start, end);
    columns.link_attributes.inner.endRow();
    columns.link_types.inner.append(letters.bytes, 0, letters.length);
    columns.link_trace_ids.inner.appendId(link.bytes, link.startOf(1), link.endOf(1));
    columns.link_span_ids.inner.appendId(link.bytes, link.startOf(2), link.endOf(2));
    columns.link_trace_states.inner.append(link.bytes, link.startOf(3), link.endOf(3));
    columns.link_dropped.inner.append(link.varint(5));
    columns.link_flags.inner.append(link.fixed32(6));
  }
}
