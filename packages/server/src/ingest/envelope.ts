/**
 * The record of the journal: one acknowledged OTLP request with what is known about it, as a protobuf message that the
 * engine reads as it is. A segment file is such messages, each preceded by its length.
 *
 *     message Envelope {
 *       bytes stamp = 15;   // in segments, always first: marker, offset, length, length of the head, checksum of the head
 *       string project = 1; fixed64 received_unix_nano = 2; fixed32 checksum = 3; uint32 accepted = 4;
 *       repeated Rejection rejections = 5;   // { string reason = 1; uint32 count = 2; }
 *       ExportTraceServiceRequest traces = 6; ExportLogsServiceRequest logs = 7; ExportMetricsServiceRequest metrics = 8;
 *     }
 *
 * The stamp lets a reader find a record again behind bytes that were damaged: the marker belongs to the segment alone and
 * no sender knows it, the offset says where the record was written, and the checksum covers the head, with all counts.
 */
import { crc32 } from 'node:zlib';
import { unixNano, type UnixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';

export interface Rejection {
  readonly reason: string;
  readonly count: number;
}

export interface Envelope {
  readonly signal: TelemetrySignal;
  readonly project: string;
  readonly receivedUnixNano: UnixNano;
  /** Items in `request`: spans, log records or data points. */
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
  /** An `Export…ServiceRequest` as admitted; may be empty where every item was rejected. */
  readonly request: Uint8Array;
}

const requestField = { traces: 6, logs: 7, metrics: 8 } as const satisfies Record<TelemetrySignal, number>;
const signalOfField = new Map<number, TelemetrySignal>([
  [6, 'traces'],
  [7, 'logs'],
  [8, 'metrics'],
]);

/** The stamp's content: a marker of eight bytes and four numbers of four. */
const stampBytes = 24;
const stampTag = Uint8Array.of((15 << 3) | 2, stampBytes);
const noStamp = Buffer.concat([stampTag, Buffer.alloc(stampBytes)]);

/**
 * Everything that precedes the request bytes, which follow unchanged: a record is written without copying them. To be
 * stamped before it is written.
 */
export function encodeEnvelopeHead(envelope: Envelope): Uint8Array {
  const fields = encodeFields(envelope);
  const length = noStamp.length + fields.length + envelope.request.length;
  return Buffer.concat([varint(length), noStamp, fields]);
}

/** Says in a head of `encodeEnvelopeHead` in which segment it stands, and at which byte. */
export function stampHead(head: Uint8Array, marker: Uint8Array, offset: number): void {
  const length = readVarint(head, 0, head.length);
  if (length === undefined) return;
  const at = length.next + stampTag.length;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  head.set(marker, at);
  view.setUint32(at + 8, offset, true);
  view.setUint32(at + 12, length.value, true);
  view.setUint32(at + 16, head.length - length.next, true);
  view.setUint32(at + 20, headChecksum(head, at, head.length), true);
}

/** Of the stamp and all fields up to the request, without the checksum itself. */
function headChecksum(bytes: Uint8Array, stampAt: number, headEnd: number): number {
  const own = crc32(bytes.subarray(stampAt, stampAt + 20));
  return crc32(bytes.subarray(stampAt + stampBytes, headEnd), own);
}

/** A record on its own, without a stamp: for parts, and for files that are written once. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const fields = encodeFields(envelope);
  return Buffer.concat([varint(fields.length + envelope.request.length), fields, envelope.request]);
}

function encodeFields(envelope: Envelope): Uint8Array {
  const fixed = Buffer.alloc(14);
  fixed[0] = (2 << 3) | 1;
  fixed.writeBigUInt64LE(BigInt.asUintN(64, envelope.receivedUnixNano), 1);
  fixed[9] = (3 << 3) | 5;
  fixed.writeUInt32LE(crc32(envelope.request), 10);
  const parts: Uint8Array[] = [bytesField(1, Buffer.from(envelope.project)), fixed];
  parts.push(Uint8Array.of(4 << 3), varint(envelope.accepted));
  for (const { reason, count } of envelope.rejections) {
    const body = Buffer.concat([bytesField(1, Buffer.from(reason)), Uint8Array.of(2 << 3), varint(count)]);
    parts.push(bytesField(5, body));
  }
  parts.push(Uint8Array.of((requestField[envelope.signal] << 3) | 2), varint(envelope.request.length));
  return Buffer.concat(parts);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A record in a file: bytes `start`–`end`, its length before it included. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  /** Where it was written: its `start`, unless blocks of the file were moved. */
  readonly offset: number;
  readonly envelope: Envelope;
  /** The request has the checksum it was written with. */
  readonly intact: boolean;
}

/** The record without a stamp at `start`; undefined where the bytes cannot be read as one. */
export function readPlainFrame(bytes: Uint8Array, start: number): Frame | undefined {
  const length = readVarint(bytes, start, bytes.length);
  if (length === undefined || length.value === 0 || length.next + length.value > bytes.length)
    return undefined;
  const end = length.next + length.value;
  const parsed = parseFields(bytes, length.next, end);
  if (parsed === undefined) return undefined;
  const intact = crc32(parsed.envelope.request) === parsed.checksum;
  return { start, end, offset: start, envelope: parsed.envelope, intact };
}

/** A record that was found by its stamp. */
export interface StampedFrame extends Frame {
  readonly markerAt: number;
  /** Whether it stands there byte for byte, what precedes the marker included. */
  readonly asWritten: boolean;
}

/** The record whose marker stands at `markerAt`, where its head is what was written. Its request may be damaged or cut off. */
export function readStampedFrame(bytes: Uint8Array, markerAt: number): StampedFrame | undefined {
  if (markerAt + stampBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getUint32(markerAt + 8, true);
  const length = view.getUint32(markerAt + 12, true);
  const headLength = view.getUint32(markerAt + 16, true);
  const checksum = view.getUint32(markerAt + 20, true);
  const content = markerAt - stampTag.length;
  const headEnd = content + headLength;
  if (headEnd > bytes.length || headLength < noStamp.length || headLength > length) return undefined;
  if (headChecksum(bytes, markerAt, headEnd) !== checksum) return undefined;
  const end = content + length;
  const parsed = parseFields(bytes, markerAt + stampBytes, end);
  if (parsed === undefined) return undefined;
  const prefix = Buffer.concat([varint(length), stampTag]);
  const start = Math.max(0, markerAt - prefix.length);
  return {
    start,
    end: Math.min(end, bytes.length),
    offset,
    markerAt,
    asWritten: offset === start && prefix.equals(bytes.subarray(start, markerAt)),
    envelope: parsed.envelope,
    intact: end <= bytes.length && crc32(parsed.envelope.request) === parsed.checksum,
  };
}

/** Where the marker of a record that begins at `start` stands. */
export function markerAfter(bytes: Uint8Array, start: number): number | undefined {
  const length = readVarint(bytes, start, bytes.length);
  return length === undefined ? undefined : length.next + stampTag.length;
}

/** The bytes of a record as they were written, whatever became of those before its marker. */
export function recordBytes(bytes: Uint8Array, { markerAt, end }: StampedFrame): Uint8Array {
  const length = varint(end - markerAt + stampTag.length);
  return Buffer.concat([length, stampTag, bytes.subarray(markerAt, end)]);
}

interface Parsed {
  readonly envelope: Envelope;
  readonly checksum: number;
}

function parseFields(bytes: Uint8Array, start: number, end: number): Parsed | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let project = '';
  let received = 0n;
  let checksum = 0;
  let accepted = 0;
  let signal: TelemetrySignal | undefined;
  let request: Uint8Array = new Uint8Array();
  const rejections: Rejection[] = [];
  let offset = start;
  while (offset < end) {
    const tag = bytes[offset] ?? 0;
    const field = tag >> 3;
    offset += 1;
    if (tag === ((2 << 3) | 1) && offset + 8 <= end) {
      received = view.getBigUint64(offset, true);
      offset += 8;
    } else if (tag === ((3 << 3) | 5) && offset + 4 <= end) {
      checksum = view.getUint32(offset, true);
      offset += 4;
    } else if (tag === 4 << 3) {
      const value = readVarint(bytes, offset, end);
      if (value === undefined) return undefined;
      accepted = value.value;
      offset = value.next;
    } else if ((tag & 7) === 2) {
      const length = readVarint(bytes, offset, end);
      if (length === undefined || length.next + length.value > end) return undefined;
      const body = bytes.subarray(length.next, length.next + length.value);
      if (field === 1) project = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
      else if (field === 5) {
        const rejection = parseRejection(body);
        if (rejection === undefined) return undefined;
        rejections.push(rejection);
      } else if (signalOfField.has(field)) {
        signal = signalOfField.get(field);
        request = body;
      }
      offset = length.next + length.value;
    } else return undefined;
  }
  if (signal === undefined || project === '') return undefined;
  const receivedUnixNano = unixNano(BigInt.asIntN(64, received));
  return { envelope: { signal, project, receivedUnixNano, accepted, rejections, request }, checksum };
}

function parseRejection(body: Uint8Array): Rejection | undefined {
  const length = body[0] === ((1 << 3) | 2) ? readVarint(body, 1, body.length) : undefined;
  if (length === undefined || length.next + length.value > body.length) return undefined;
  const reasonEnd = length.next + length.value;
  const count = body[reasonEnd] === 2 << 3 ? readVarint(body, reasonEnd + 1, body.length) : undefined;
  if (count === undefined) return undefined;
  return { reason: Buffer.from(body.subarray(length.next, reasonEnd)).toString('utf8'), count: count.value };
}

function readVarint(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let scale = 1;
  // Lengths stay far below 2^49, so seven bytes are plenty and a longer run is damage.
  for (let offset = start; offset < end && offset < start + 7; offset += 1) {
    const byte = bytes[offset] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: offset + 1 };
    scale *= 0x80;
  }
  return undefined;
}
