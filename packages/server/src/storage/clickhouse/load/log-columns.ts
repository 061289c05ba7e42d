import { fixed64At, textsField, wireType } from '@sightline/schema/otlp';
import { AnyValue } from './any-value.ts';
import { AttributeColumns } from './attribute-columns.ts';
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
  RowEnds,
  TextColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';
import { NumberList } from './number-list.ts';
import { OriginColumns } from './origin-columns.ts';

const { varint, fixed64, bytes: content, fixed32 } = wireType;

/** Numbers of the fields of a log record. */
const field = {
  time: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attribute: 6,
  droppedAttributes: 7,
  flags: 8,
  traceId: 9,
  spanId: 10,
  observed: 11,
  eventName: 12,
} as const;

const severityErrorMin = 17;
const noBytes = new Uint8Array();

/** The columns of `logs`. */
export class LogColumns implements ItemColumns {
  readonly origin: OriginColumns;
  readonly errors = new ErrorColumns();
  readonly steps = { rows: 0, columns: {} };
  rows = 0;
  readonly #bytes: Uint8Array;
  readonly #item: DerivedItem;
  readonly #failure: ItemFailure;
  readonly #attributes: AttributeColumns;
  readonly #derived: DerivedColumns;
  readonly #textEnds = new RowEnds();
  readonly #own = {
    time: new WideColumn(timeType),
    log_id: new WideColumn('UInt64'),
    event_time: new WideColumn(timeType),
    observed_time: new WideColumn(timeType),
    severity_number: new CountColumn(8),
    severity_text: new DictionaryColumn(),
    body: new TextColumn(),
    body_type: new FixedColumn(1),
    event_name: new DictionaryColumn(),
    trace_id: new FixedColumn(16),
    span_id: new FixedColumn(8),
    flags: new CountColumn(32),
    text_ids: new ArrayColumn(this.#textEnds, new FixedColumn(16)),
    dropped_attributes: new CountColumn(32),
  };
  readonly #log: MessageReader;
  readonly #body: AnyValue;
  /** By the code of a name: its place among those that the conventions read, and one more. */
  readonly #namePlaces = new NumberList();

  constructor(bytes: Uint8Array, Derived = DerivedColumns) {
    this.#bytes = bytes;
    this.#item = new DerivedItem(bytes);
    this.#failure = new ItemFailure(bytes);
    this.#derived = new Derived('log');
    this.origin = new OriginColumns(bytes, this.#item);
    this.#attributes = new AttributeColumns(bytes, this.#item, this.#failure);
    this.#body = new AnyValue(bytes);
    this.#log = new MessageReader(bytes, {
      single: {
        [field.time]: fixed64,
        [field.severityNumber]: varint,
        [field.severityText]: content,
        [field.body]: content,
        [field.droppedAttributes]: varint,
        [field.flags]: fixed32,
        [field.traceId]: content,
        [field.spanId]: content,
        [field.observed]: fixed64,
        [field.eventName]: content,
      },
      repeated: {
        [field.attribute]: (start, end) => this.#attributes.append(start, end),
        [textsField]: (start, end) => {
          this.#textEnds.next();
          this.#own.text_ids.inner.append(bytes, start, end);
          this.#failure.addTextId(start, end);
        },
      },
    });
  }

  get columns(): Readonly<Record<string, Column>> {
    return { ...this.origin.columns, ...this.#own, ...this.#attributes.columns, ...this.#derived.columns };
  }

  append(start: number, end: number): void {
    this.origin.append();
    this.#item.beginItem();
    this.#failure.beginItem();
    this.#attributes.beginRow();
    this.#log.read(start, end);
    this.#attributes.endRow();
    this.#textEnds.endRow();
    this.#appendSingle();
    this.#derived.append(this.#item);
    const severity = this.#log.varint(field.severityNumber);
    if (severity >= severityErrorMin || this.#failure.hasAttributes)
      this.errors.addLog(this.#failed, this.#failure, { severity, body: this.#bodyText });
    this.rows += 1;
  }

  readonly #bodyText = (): string => {
    this.#body.read(this.#log.startOf(field.body), this.#log.endOf(field.body));
    return this.#body.text();
  };

  readonly #failed = (): FailedItem => {
    const log = this.#log;
    const bytes = this.#bytes;
    const part = (number: number): Uint8Array => bytes.subarray(log.startOf(number), log.endOf(number));
    return {
      origin: this.origin.current,
      timeNanos: this.#timeNanos(),
      traceId: part(field.traceId),
      spanId: part(field.spanId),
      parentSpanId: noBytes,
      logId: this.#logId(),
      name: Buffer.from(part(field.eventName)).toString('utf8'),
      fieldOf: (name) => this.#derived.textOf(name),
    };
  };

  #receivedNanos(): bigint {
    const { receivedAt } = this.origin;
    return receivedAt < 0 ? 0n : fixed64At(this.#bytes, receivedAt);
  }

  #timeNanos(): bigint {
    return this.#log.fixed64(field.time) || this.#log.fixed64(field.observed) || this.#receivedNanos();
  }

  /** Rises in order of arrival, so that records of the same instant keep their order. */
  #logId(): bigint {
    return this.#receivedNanos() + BigInt(this.rows);
  }

  #appendSingle(): void {
    const own = this.#own;
    const log = this.#log;
    const bytes = this.#bytes;
    const body = this.#body;
    own.severity_number.append(log.varint(field.severityNumber));
    own.severity_text.append(bytes, log.startOf(field.severityText), log.endOf(field.severityText));
    body.read(log.startOf(field.body), log.endOf(field.body));
    own.body.append(body.source, body.start, body.end);
    own.body_type.append(Uint8Array.of(body.letter), 0, 1);
    own.trace_id.appendId(bytes, log.startOf(field.traceId), log.endOf(field.traceId));
    own.span_id.appendId(bytes, log.startOf(field.spanId), log.endOf(field.spanId));
    own.flags.append(log.fixed32(field.flags));
    own.dropped_attributes.append(log.varint(field.droppedAttributes));
    this.#appendTimes();
    this.#appendName();
  }

  /** A record that says no time happened when it was observed, or received. */
  #appendTimes(): void {
    const { time, log_id, event_time, observed_time } = this.#own;
    const bytes = this.#bytes;
    const log = this.#log;
    const { receivedAt } = this.origin;
    const at = log.fixedAt(field.time);
    const observedAt = log.fixedAt(field.observed);
    event_time.appendAt(bytes, at);
    observed_time.appendAt(bytes, observedAt);
    time.appendAt(
      bytes,
      log.fixed64(field.time) !== 0n ? at : log.fixed64(field.observed) !== 0n ? observedAt : receivedAt,
    );
    const id = this.#logId();
    log_id.out.fixed64(Number(id & 0xffff_ffffn), Number((id >> 32n) & 0xffff_ffffn));
  }

  #appendName(): void {
    const { event_name } = this.#own;
    const start = this.#log.startOf(field.eventName);
    const end = this.#log.endOf(field.eventName);
    const code = event_name.append(this.#bytes, start, end);
    if (code === this.#namePlaces.length)
      this.#namePlaces.push(placeOfName(event_name.dictionary.text(code)) + 1);
    this.#item.setName(this.#namePlaces.at(code) - 1, start, end);
  }
}
