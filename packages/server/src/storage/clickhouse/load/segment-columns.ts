/**
 * One walk over the bytes of a segment of traces or logs gives the columns of its rows, normal fields included. The engine parses nothing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { skipVarint, textsField, varintNumber, wireType } from '@sightline/schema/otlp';
import { StoreError } from '../../telemetry-store.ts';
import { DerivedColumns } from './derived-columns.ts';
import type { ErrorColumns } from './error-columns.ts';
import type { ItemColumns } from './item-columns.ts';
import { LogColumns } from './log-columns.ts';
import { MessageReader } from './message-reader.ts';
import { type NativeBlock, nativeBlock } from './native-columns.ts';
import type { Extent } from './origin-columns.ts';
import { SpanColumns } from './span-columns.ts';
import { TextColumns } from './text-columns.ts';
import { Turn } from '../../turn.ts';

export interface SegmentBlocks {
  readonly items: NativeBlock;
  readonly texts: NativeBlock;
  readonly errors: NativeBlock;
  /** Rows of `ai_spans`, which have no price yet. */
  readonly steps: NativeBlock;
}

/** The field of an envelope that holds the request. */
const requestField = { traces: 6, logs: 7 } as const;
const columnsOf = { traces: SpanColumns, logs: LogColumns } as const;

/** `Derived` gives items their normal fields. Throws a StoreError `refused` where a record cannot be read: nothing of the segment is stored then. */
export async function segmentColumns(
  signal: 'traces' | 'logs',
  segment: Uint8Array,
  Derived = DerivedColumns,
): Promise<SegmentBlocks> {
  // Parts of a Buffer are Buffers, which are dearer to make.
  const bytes = new Uint8Array(segment.buffer, segment.byteOffset, segment.byteLength);
  const items = new columnsOf[signal](bytes, Derived);
  const texts = new TextColumns(bytes);
  const walk = new SegmentWalk({ signal, bytes, items, texts });
  const turn = new Turn();
  for (let at = 0; at < bytes.length;) {
    at = walk.record(at);
    if (turn.isOver) await turn.next();
  }
  await groupErrors(items.errors, texts);
  return {
    items: nativeBlock(items.columns, items.rows),
    texts: nativeBlock(texts.columns, texts.rows),
    errors: nativeBlock(items.errors.columns, items.errors.rows),
    steps: nativeBlock(items.steps.columns, items.steps.rows),
  };
}

/** A stack that was not seen before takes some 20 µs. */
const errorsPerTurn = 100;

async function groupErrors(errors: ErrorColumns, texts: TextColumns): Promise<void> {
  const bodies = errors.needsTexts ? texts.bodies() : new Map<string, string>();
  while (!errors.fill(bodies, errorsPerTurn)) await nextTurn();
}

/** Envelope → request → resource → scope → item. What a message says of all of its parts may stand behind them, so it is read before any of these. */
class SegmentWalk {
  readonly #bytes: Uint8Array;
  readonly #signal: string;
  readonly #items: ItemColumns;
  readonly #envelope: MessageReader;
  readonly #request: MessageReader;
  readonly #resource: MessageReader;
  readonly #scope: MessageReader;
  readonly #requestField: number;
  /** Extents of the parts of the message at hand: start and end in turn. */
  #scopes: number[] = [];
  #itemExtents: number[] = [];
  #project: Extent = { start: 0, end: 0 };

  constructor({
    signal,
    bytes,
    items,
    texts,
  }: {
    readonly signal: 'traces' | 'logs';
    readonly bytes: Uint8Array;
    readonly items: ItemColumns;
    readonly texts: TextColumns;
  }) {
    const content = wireType.bytes;
    this.#bytes = bytes;
    this.#signal = signal;
    this.#items = items;
    this.#requestField = requestField[signal];
    this.#envelope = new MessageReader(bytes, {
      single: { 1: content, 2: wireType.fixed64, [this.#requestField]: content },
    });
    this.#request = new MessageReader(bytes, {
      single: {},
      repeated: {
        1: (start, end) => this.#resourceAt(start, end),
        [textsField]: (start, end) => texts.append(this.#project, start, end),
      },
    });
    this.#resource = new MessageReader(bytes, {
      single: { 1: content, 3: content },
      repeated: { 2: (start, end) => this.#scopes.push(start, end) },
    });
    this.#scope = new MessageReader(bytes, {
      single: { 1: content, 3: content },
      repeated: { 2: (start, end) => this.#itemExtents.push(start, end) },
    });
  }

  /** Reads the record at `start`, which is preceded by its length, and returns where the next begins. */
  record(start: number): number {
    try {
      const bytes = this.#bytes;
      const content = skipVarint(bytes, start, bytes.length);
      const end = content + varintNumber(bytes, start);
      if (end > bytes.length) throw new Error('it is cut off');
      this.#envelopeAt(content, end);
      return end;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StoreError(
        'refused',
        `A record of ${this.#signal} cannot be read: ${reason} (UNREADABLE_RECORD)`,
        {
          cause,
        },
      );
    }
  }

  #envelopeAt(start: number, end: number): void {
    const envelope = this.#envelope;
    envelope.read(start, end);
    this.#project = extentOf(envelope, 1);
    this.#items.origin.beginRecord(this.#project, envelope.fixedAt(2));
    const request = extentOf(envelope, this.#requestField);
    this.#request.read(request.start, request.end);
  }

  #resourceAt(start: number, end: number): void {
    this.#scopes.length = 0;
    this.#resource.read(start, end);
    this.#items.origin.beginResource(extentOf(this.#resource, 1), extentOf(this.#resource, 3));
    const scopes = this.#scopes;
    for (let at = 0; at < scopes.length; at += 2)
      this.#scopeAt(scopes[at] as number, scopes[at + 1] as number);
  }

  #scopeAt(start: number, end: number): void {
    const extents = this.#itemExtents;
    extents.length = 0;
    this.#scope.read(start, end);
    this.#items.origin.beginScope(extentOf(this.#scope, 1), extentOf(this.#scope, 3));
    for (let at = 0; at < extents.length; at += 2)
      this.#items.append(extents[at] as number, extents[at + 1] as number);
  }
}

const extentOf = (reader: MessageReader, number: number): Extent => ({
  start: reader.startOf(number),
  end: reader.endOf(number),
});
