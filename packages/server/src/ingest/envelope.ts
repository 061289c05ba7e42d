/**
 * The record of the journal: one acknowledged OTLP request with what is known about it, as a protobuf message that the
 * engine reads as it is. A segment file is such messages, each preceded by its length.
 *
 *     message Envelope {
 *       string project = 1; fixed64 received_unix_nano = 2; fixed32 checksum = 3; uint32 accepted = 4;
 *       repeated Rejection rejections = 5;   // { string reason = 1; uint32 count = 2; }
 *       ExportTraceServiceRequest traces = 6; ExportLogsServiceRequest logs = 7; ExportMetricsServiceRequest metrics = 8;
 *     }
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

/** Everything that precedes the request bytes, which follow unchanged: a record is written without copying them. */
export function encodeEnvelopeHead(envelope: Envelope): Uint8Array {
  const fields = encodeFields(envelope);
  const length = fields.length + envelope.request.length;
  const prefix = varint(length);
  const head = new Uint8Array(prefix.length + fields.length);
  head.set(prefix, 0);
  head.set(fields, prefix.length);
  return head;
}

/** The whole record, for parts and files that are written once. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return Buffer.concat([encodeEnvelopeHead(envelope), envelope.request]);
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

/** One frame of a segment: bytes `start`–`end`, length prefix included. `envelope` is undefined where it cannot be read. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly envelope: Envelope | undefined;
  /** The head could be read and the request has the checksum it was written with. */
  readonly intact: boolean;
}

/**
 * Reads a segment front to back and stops at the first place where no frame can be (`tornAt`), which is the end of the
 * file in a healthy segment. A frame of length zero is never written: it is the mark of blocks that were allocated but
 * not filled before a power cut.
 */
export function scanSegment(bytes: Uint8Array): {
  readonly frames: readonly Frame[];
  readonly tornAt: number;
} {
  const frames: Frame[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const length = readVarint(bytes, offset, bytes.length);
    if (length === undefined || length.value === 0 || length.next + length.value > bytes.length) break;
    const end = length.next + length.value;
    const parsed = parseFields(bytes, length.next, end);
    const intact = parsed !== undefined && crc32(parsed.envelope.request) === parsed.checksum;
    frames.push({ start: offset, end, envelope: parsed?.envelope, intact });
    offset = end;
  }
  return { frames, tornAt: offset };
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
