import type { TelemetrySignal } from '@sightline/schema/api';
import { readVarint } from './chunks.ts';

/**
 * The three export requests have one outer shape: field 1 is the list of resources, of which field 2 is the list of
 * scopes, of which field 2 is the list of items. The items differ: a span has a 16-byte trace id in field 1 and a fixed64
 * start in field 7; a log record has fixed64 times in fields 1 and 11; a metric has its name in field 1 and data from field 5 on.
 */
export function guessSignal(request: Uint8Array): TelemetrySignal | undefined {
  const item = findFirst(findFirst(findFirst(request, 1), 2), 2);
  if (item === undefined) return undefined;
  const fields = readFields(item);
  if (fields === undefined) return undefined;
  const has = (number: number, wireType: number): boolean =>
    fields.some((field) => field.number === number && field.wireType === wireType);
  if (has(1, fixed64) || has(11, fixed64)) return 'logs';
  if (has(7, fixed64)) return 'traces';
  if (has(1, delimited)) return 'metrics';
  return undefined;
}

/**
 * A bare request begins with field 1 (0x0a), its length, and a resource's own field 1, 2 or 3. A delimited file begins
 * with a length; were that 10 (also 0x0a), the next two bytes would be 0x0a and at most 8, which no bare request has.
 */
export function isSingleRequest(head: Uint8Array): boolean {
  if (head[0] !== 0x0a) return false;
  const length = readVarint(head, 1);
  const next = length === undefined ? undefined : head[length.end];
  return next === undefined || next === 0x0a || next === 0x12 || next === 0x1a;
}

/** A length of four bytes begins with a zero, up to 16 MiB, and field 1 of the request follows it. */
export function hasFixedLengths(head: Uint8Array): boolean {
  return head[0] === 0 && head[4] === 0x0a;
}

const fixed64 = 1;
const delimited = 2;

interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly bytes: Uint8Array | undefined;
}

function findFirst(message: Uint8Array | undefined, number: number): Uint8Array | undefined {
  if (message === undefined) return undefined;
  const fields = readFields(message);
  return fields?.find(
    (field) => field.number === number && field.bytes !== undefined && field.bytes.byteLength > 0,
  )?.bytes;
}

/** `undefined` when the bytes are not a protobuf message. */
function readFields(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.byteLength) {
    const tag = readVarint(message, at);
    if (tag === undefined || tag.value < 8) return undefined;
    const wireType = tag.value % 8;
    const number = Math.floor(tag.value / 8);
    const size = wireType === fixed64 ? 8 : wireType === 5 ? 4 : 0;
    const varint = wireType === 0 || wireType === delimited ? readVarint(message, tag.end) : undefined;
    if (size === 0 && varint === undefined) return undefined;
    const start = varint?.end ?? tag.end;
    const end = start + (wireType === delimited ? (varint?.value ?? 0) : size);
    if (end > message.byteLength) return undefined;
    fields.push({
      number,
      wireType,
      bytes: wireType === delimited ? message.subarray(start, end) : undefined,
    });
    at = end;
  }
  return fields;
}
