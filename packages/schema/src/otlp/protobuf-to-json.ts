import type { TelemetrySignal } from '../api/index.ts';
import { anyValueOfJson } from './any-value-of-json.ts';
import { malformedAt } from './malformed.ts';
import { type Field, type MessageType, requestTypes, wireType } from './message-type.ts';
import { decodeUtf8 } from './utf8.ts';
import {
  doubleAt,
  fixed32At,
  fixed64At,
  skipVarint,
  varintSigned,
  varintUnsigned,
  WireReader,
} from './wire-reader.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * A request as one line of OTLP/JSON: ids in hex, 64-bit integers as strings, enums as numbers, and what admission made
 * JSON text of turned back into arrays and lists. Throws MalformedError for bytes that are not a request.
 */
export function protobufToJson(signal: TelemetrySignal, request: Uint8Array): string {
  return printMessage(requestTypes[signal], request, { start: 0, end: request.length });
}

function printMessage(type: MessageType, bytes: Uint8Array, range: Range): string {
  const values = new Map<Field, string[]>();
  let chosen: Field | undefined;
  const reader = new WireReader(bytes, range.start, range.end);
  while (reader.next()) {
    const field = type.byNumber[reader.number];
    if (field === undefined) continue;
    if (field.oneof) {
      if (chosen !== undefined && chosen !== field) values.delete(chosen);
      chosen = field;
    }
    const printed =
      field.packed && reader.wire === wireType.bytes
        ? printPacked(field, bytes, reader)
        : [printValue(field, bytes, reader)];
    const known = field.repeated ? values.get(field) : undefined;
    if (known) known.push(...printed);
    else values.set(field, printed);
  }
  const members: string[] = [];
  for (const [field, printed] of values) {
    if (field.name === 'jsonValue') members.push(printed[0] ?? '');
    else
      members.push(`"${field.name}":${field.repeated ? `[${printed.join(',')}]` : (printed[0] ?? 'null')}`);
  }
  return `{${members.join(',')}}`;
}

function printPacked(field: Field, bytes: Uint8Array, range: Range): string[] {
  const printed: string[] = [];
  for (let start = range.start; start < range.end;) {
    const end = field.wire === wireType.fixed64 ? start + 8 : skipVarint(bytes, start, range.end);
    if (end > range.end) throw malformedAt(start, `${field.name} is cut off`);
    printed.push(printScalar(field, bytes, { start, end }));
    start = end;
  }
  return printed;
}

function printValue(field: Field, bytes: Uint8Array, reader: WireReader): string {
  if (reader.wire !== field.wire)
    throw malformedAt(reader.fieldStart, `${field.name} has wire type ${reader.wire}`);
  return field.message ? printMessage(field.message, bytes, reader) : printScalar(field, bytes, reader);
}

function printScalar(field: Field, bytes: Uint8Array, { start, end }: Range): string {
  switch (field.type) {
    case 'string': {
      const text = decodeUtf8(bytes, start, end);
      return field.name === 'jsonValue' ? anyValueOfJson(text) : JSON.stringify(text);
    }
    case 'traceId':
    case 'spanId':
      return `"${bufferOf(bytes, start, end).toString('hex')}"`;
    case 'bytes':
      return `"${bufferOf(bytes, start, end).toString('base64')}"`;
    case 'bool':
      return String(varintUnsigned(bytes, start, end) !== 0n);
    case 'int32':
    case 'enum':
      return BigInt.asIntN(32, varintUnsigned(bytes, start, end)).toString();
    case 'uint32':
      return BigInt.asUintN(32, varintUnsigned(bytes, start, end)).toString();
    case 'sint32': {
      const zigzag = varintUnsigned(bytes, start, end);
      return BigInt.asIntN(32, (zigzag >> 1n) ^ -(zigzag & 1n)).toString();
    }
    case 'int64':
      return `"${varintSigned(bytes, start, end)}"`;
    case 'uint64':
      return `"${varintUnsigned(bytes, start, end)}"`;
    case 'fixed32':
      return String(fixed32At(bytes, start));
    case 'time':
    case 'fixed64':
      return `"${fixed64At(bytes, start)}"`;
    case 'sfixed64':
      return `"${BigInt.asIntN(64, fixed64At(bytes, start))}"`;
    case 'double':
      return printDouble(doubleAt(bytes, start));
    case 'message':
      throw malformedAt(start, `${field.name} is not a scalar`);
  }
}

function printDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function bufferOf(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}
