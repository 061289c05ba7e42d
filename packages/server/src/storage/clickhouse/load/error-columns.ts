/**
 * The rows of `errors`: one for each exception that spans and log records tell of, and for each failed span that tells of none. Rows are collected while a segment is read
 * and grouped behind it, since a stack is a long text, which stands beside the items.
 */
import { providerOfHost } from '@sightline/schema/conventions';
import { ErrorGrouper, type IdentifiedError } from '@sightline/schema/exceptions';
import { restoreTexts } from '@sightline/schema/otlp';
import { ErrorRepeats } from './error-repeats.ts';
import type { FailureKey, ItemFailure, SaidException } from './item-failure.ts';
import {
  ArrayColumn,
  CountColumn,
  DictionaryColumn,
  FixedColumn,
  RowEnds,
  TextColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';
import type { ItemOrigin } from './origin-columns.ts';
import { stackOfBody } from './stack-of-body.ts';

/** Normal fields that a row has. */
const copiedFields = [
  'operation',
  'provider',
  'model',
  'agent_name',
  'tool_name',
  'session_id',
  'user_id',
] as const;
type CopiedField = (typeof copiedFields)[number];

export interface FailedItem {
  readonly origin: ItemOrigin;
  readonly timeNanos: bigint;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  /** Of a log record. */
  readonly logId: bigint;
  readonly name: string;
  readonly fieldOf: (field: CopiedField) => string;
}

/** Who tells of the error: an exception of a span, a failed span without one, or a log record. */
export type ErrorSource = 'exception' | 'status' | 'log';

interface Row extends Omit<FailedItem, 'fieldOf'>, SaidException {
  readonly source: ErrorSource;
  readonly isHandled: boolean;
  readonly fields: Readonly<Record<CopiedField, string>>;
  readonly fingerprint: string;
  /** Of the answer to the request that the span made; empty for none. */
  readonly httpStatus: string;
  readonly textIds: readonly Uint8Array[];
}

/** Bodies of long texts by their ids, as latin1. */
export type TextBodies = Pick<ReadonlyMap<string, string>, 'get'>;

const statusError = 2;
const severityErrorMin = 17;
const severityWarnMin = 13;
const messageLengthMax = 500;
const rawLengthMax = 1_000;

/** Traces of a segment whose users are known. */
const tracesMax = 100_000;
/** A row is judged in a tenth of the time that it takes to group it. */
const judgedFaster = 10;

/** Shared by all segments, so that what was grouped is known in the next. */
const grouper = new ErrorGrouper();

export class ErrorColumns {
  readonly #rows: Row[] = [];
  /** By project and trace. */
  readonly #people = new Map<string, People>();
  /** Statuses of failed HTTP requests, by the span that made them. */
  readonly #statuses = new Map<string, string>();
  readonly #text = {
    type: new DictionaryColumn(),
    message: new TextColumn(),
    raw_message: new TextColumn(),
    culprit: new DictionaryColumn(),
    error_class: new DictionaryColumn(),
    source: new DictionaryColumn(),
    project: new DictionaryColumn(),
    service: new DictionaryColumn(),
    service_version: new DictionaryColumn(),
    environment: new DictionaryColumn(),
    name: new DictionaryColumn(),
    operation: new DictionaryColumn(),
    provider: new DictionaryColumn(),
    model: new DictionaryColumn(),
    agent_name: new DictionaryColumn(),
    tool_name: new DictionaryColumn(),
    session_id: new TextColumn(),
    user_id: new TextColumn(),
  };
  readonly #time = new WideColumn(timeType);
  readonly #numbers = {
    fingerprint: new WideColumn('UInt64'),
    variant: new WideColumn('UInt64'),
    said: new WideColumn('UInt64'),
    log_id: new WideColumn('UInt64'),
  };
  readonly #handled = new CountColumn(8);
  readonly #ids = {
    trace_id: new FixedColumn(16),
    span_id: new FixedColumn(8),
    parent_span_id: new FixedColumn(8),
  };
  readonly #isRepeat = new CountColumn(8);
  readonly #keys = { asks: keysColumn(), answers: keysColumn() };
  readonly #repeats = new ErrorRepeats();
  #filled = 0;
  #judged = 0;

  get rows(): number {
    return this.#filled;
  }

  /** Where long texts are needed to group what was collected. */
  get needsTexts(): boolean {
    return this.#rows.some(({ textIds }) => textIds.length > 0);
  }

  get columns() {
    const { asks, answers } = this.#keys;
    return {
      ...this.#text,
      time: this.#time,
      handled: this.#handled,
      is_repeat: this.#isRepeat,
      asks: asks.column,
      answers: answers.column,
      ...this.#numbers,
      ...this.#ids,
    };
  }

  /** To be called where a span failed or tells of an exception. */
  addSpan(
    item: () => FailedItem,
    failure: ItemFailure,
    status: { readonly code: number; readonly message: string },
  ): void {
    const isHandled = status.code !== statusError;
    const said = new Set<string>();
    for (const exception of failure.exceptions) {
      const key = `${exception.type}\n${exception.message}`;
      // An SDK and the program itself may both report it.
      if (said.has(key)) continue;
      said.add(key);
      const row = this.#row(item(), failure, { source: 'exception', isHandled, ...exception });
      this.#rows.push(exception.timeNanos === 0n ? row : { ...row, timeNanos: exception.timeNanos });
    }
    if (failure.exceptions.length > 0 || isHandled) return;
    const type = failure.attribute('exception.type') || failure.attribute('error.type');
    const message =
      failure.attribute('exception.message') || status.message || failure.attribute('error.message');
    const stack = failure.attribute('exception.stacktrace') || failure.attribute('error.stack');
    const source = type !== '' && stack !== '' ? 'exception' : 'status';
    const row = this.#row(item(), failure, { source, isHandled, type, message, stack });
    const route = failure.attribute('http.route');
    this.#rows.push(
      route === '' || row.name.includes(route) ? row : { ...row, name: `${row.name} ${route}` },
    );
  }

  /** To be called for log records of severity WARN and above, and for those that have attributes of an exception. */
  addLog(
    item: () => FailedItem,
    failure: ItemFailure,
    log: { readonly severity: number; readonly body: () => string },
  ): void {
    const said = saidByLog(failure, log);
    if (said === undefined) return;
    this.#rows.push(this.#row(item(), failure, { source: 'log', isHandled: false, ...said }));
  }

  /** To be called for spans that name a user or a session: the span that failed seldom does, but one of its trace that comes with it. */
  nameTrace(project: string, traceId: Uint8Array, { user_id, session_id }: People): void {
    const key = traceKey(project, traceId);
    const known = this.#people.get(key);
    if (known === undefined && this.#people.size >= tracesMax) return;
    this.#people.set(key, {
      user_id: known?.user_id || user_id,
      session_id: known?.session_id || session_id,
    });
  }

  /** Groups what was collected; returns after so many rows, false where more are to come. */
  fill(texts: TextBodies, count: number): boolean {
    const rows = this.#rows.length;
    if (this.#filled < rows) {
      const end = Math.min(rows, this.#filled + count);
      for (; this.#filled < end; this.#filled += 1) this.#write(this.#rows[this.#filled] as Row, texts);
    } else {
      // All of the load are known now.
      const end = Math.min(rows, this.#judged + count * judgedFaster);
      for (; this.#judged < end; this.#judged += 1) this.#writeRepeat(this.#judged);
    }
    return this.#judged === rows;
  }

  #row(
    { fieldOf, ...item }: FailedItem,
    failure: ItemFailure,
    said: SaidException & Pick<Row, 'source' | 'isHandled'>,
  ): Row {
    const { source, isHandled, type, message, stack } = said;
    const fields = Object.fromEntries(copiedFields.map((field) => [field, fieldOf(field)])) as Record<
      CopiedField,
      string
    >;
    // A gateway, or a program without an SDK of the provider, asks its API by HTTP.
    if (fields.operation === 'http' && fields.provider === '')
      fields.provider = providerOfHost(hostOf(failure));
    const fingerprint = failure.attribute('sentry.fingerprint');
    const httpStatus = firstOf(failure, ['http.response.status_code', 'http.status_code']);
    if (fields.operation === 'http' && httpStatus !== '' && source !== 'log')
      this.#statuses.set(spanKey(item.origin.project, item.traceId, item.parentSpanId), httpStatus);
    const hasMarks = [type, message, stack, fingerprint].some((text) => text.includes('\u0001'));
    return {
      ...item,
      source,
      isHandled,
      type,
      message,
      stack,
      fields,
      fingerprint,
      httpStatus,
      textIds: hasMarks ? failure.textIds() : [],
    };
  }

  #write(row: Row, texts: TextBodies): void {
    const whole = (text: string): string =>
      restoreTexts(text, (number) => {
        const id = row.textIds[number - 1];
        return id === undefined ? undefined : texts.get(latin1(id));
      });
    const message = whole(row.message);
    const group = grouper.group({
      type: whole(row.type),
      message,
      stack: whole(row.stack),
      service: row.origin.service,
      name: row.name,
      operation: row.fields.operation,
      provider: row.fields.provider,
      tool: row.fields.tool_name,
      httpStatus: row.httpStatus || this.#statusBelow(row),
      ...(row.fingerprint !== '' && { fingerprint: whole(row.fingerprint) }),
    });
    this.#writeTexts(row, group, message);
    this.#repeats.note({
      ...row,
      project: row.origin.project,
      errorClass: group.errorClass ?? '',
      said: group.said,
    });
    this.#time.out.fixed64(Number(row.timeNanos & 0xffff_ffffn), Number(row.timeNanos >> 32n));
    const { fingerprint, variant, said, log_id } = this.#numbers;
    fingerprint.appendAt(group.fingerprint, 0);
    variant.appendAt(group.variantId, 0);
    said.appendAt(group.said, 0);
    log_id.out.fixed64(Number(row.logId & 0xffff_ffffn), Number(row.logId >> 32n));
    this.#handled.append(row.isHandled ? 1 : 0);
    const { trace_id, span_id, parent_span_id } = this.#ids;
    trace_id.appendId(row.traceId, 0, row.traceId.length);
    span_id.appendId(row.spanId, 0, row.spanId.length);
    parent_span_id.appendId(row.parentSpanId, 0, row.parentSpanId.length);
  }

  /** What the request was answered by which a call of a model was made that says nothing itself. */
  #statusBelow({ source, message, origin, traceId, spanId }: Row): string {
    if (source !== 'status' || message !== '') return '';
    return this.#statuses.get(spanKey(origin.project, traceId, spanId)) ?? '';
  }

  #writeRepeat(index: number): void {
    const { isRepeat, ...keys } = this.#repeats.columns(index);
    this.#isRepeat.append(isRepeat ? 1 : 0);
    for (const name of ['asks', 'answers'] as const) {
      const { column, ends } = this.#keys[name];
      for (const key of keys[name]) {
        column.inner.out.fixed64(key % 2 ** 32, Math.floor(key / 2 ** 32));
        ends.next();
      }
      ends.endRow();
    }
  }

  #writeTexts({ origin, name, fields, source, traceId }: Row, group: IdentifiedError, message: string): void {
    const { type, culprit, errorClass = '' } = group;
    const people = this.#people.get(traceKey(origin.project, traceId));
    const values = {
      ...fields,
      user_id: fields.user_id || (people?.user_id ?? ''),
      session_id: fields.session_id || (people?.session_id ?? ''),
      type: type.slice(0, messageLengthMax),
      message: group.message.slice(0, messageLengthMax),
      raw_message: message.slice(0, rawLengthMax),
      culprit: culprit.slice(0, messageLengthMax),
      error_class: errorClass,
      source,
      project: origin.project,
      service: origin.service,
      service_version: origin.version,
      environment: origin.environment,
      name: name.slice(0, messageLengthMax),
    };
    for (const [column, into] of Object.entries(this.#text)) {
      const text = values[column as keyof typeof values];
      if (into instanceof DictionaryColumn) into.appendCode(into.dictionary.codeOfText(text));
      else into.appendText(text);
    }
  }
}

const firstOf = (failure: ItemFailure, keys: readonly FailureKey[]): string =>
  keys.reduce((found, key) => found || failure.attribute(key), '');

const hostOf = (failure: ItemFailure): string =>
  firstOf(failure, ['server.address', 'net.peer.name']) ||
  hostOfUrl(firstOf(failure, ['url.full', 'http.url']));

const hostOfUrl = (url: string): string => /^https?:\/\/(?:[^@/]*@)?([^:/?#]+)/.exec(url)?.[1] ?? '';

/** What a log record says of an exception; undefined where it tells of none. */
function saidByLog(
  failure: ItemFailure,
  { severity, body }: { readonly severity: number; readonly body: () => string },
): SaidException | undefined {
  const type = failure.attribute('exception.type');
  const stack =
    failure.attribute('exception.stacktrace') ||
    failure.attribute('error.stack') ||
    failure.attribute('stack');
  const message = failure.attribute('exception.message');
  const isSaid = type !== '' || stack !== '' || message !== '';
  if (isSaid && (severity === 0 || severity >= severityWarnMin))
    return {
      type,
      stack,
      message: message || failure.attribute('error.message') || (stack === '' ? body() : ''),
    };
  if (severity < severityErrorMin) return undefined;
  return stackOfBody(failure.attribute('err')) ?? stackOfBody(body());
}

function keysColumn() {
  const ends = new RowEnds();
  return { ends, column: new ArrayColumn(ends, new WideColumn('UInt64')) };
}

interface People {
  readonly user_id: string;
  readonly session_id: string;
}

const traceKey = (project: string, traceId: Uint8Array): string => `${latin1(traceId)}${project}`;

const spanKey = (project: string, traceId: Uint8Array, spanId: Uint8Array): string =>
  `${latin1(spanId)}${traceKey(project, traceId)}`;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
