import { ByteWriter } from './byte-writer.ts';
import { malformedAt } from './malformed.ts';
import { type Field, type MessageType, wireType } from './message-type.ts';
import { WireReader } from './wire-reader.ts';

interface Occurrence {
  readonly start: number;
  readonly end: number;
  readonly wire: number;
}

/**
 * The same message in the one form every reader agrees on: single fields once (last scalar wins, messages merge), one
 * member per oneof, numbers packed, no unknown fields, short tags, booleans 0 or 1. Throws MalformedError.
 */
export function toRegularForm(type: MessageType, bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter(bytes.length);
  writeRegular(type, bytes, { start: 0, end: bytes.length }, out);
  return out.finish();
}

function writeRegular(
  type: MessageType,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  out: ByteWriter,
): void {
  for (const [field, occurrences] of collect(type, bytes, range)) {
    if (field.packed) writePacked(field, bytes, occurrences, out);
    else if (field.message && !field.repeated) {
      const merged = Buffer.concat(occurrences.map(({ start, end }) => bytes.subarray(start, end)));
      writeMessage(field, merged, { start: 0, end: merged.length }, out);
    } else {
      const kept = field.repeated ? occurrences : occurrences.slice(-1);
      for (const occurrence of kept) {
        if (field.message) writeMessage(field, bytes, occurrence, out);
        else writeScalar(field, bytes, occurrence, out);
      }
    }
  }
}

function collect(
  type: MessageType,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
): Map<Field, Occurrence[]> {
  const found = new Map<Field, Occurrence[]>();
  let chosen: Field | undefined;
  const fields = new WireReader(bytes, range.start, range.end);
  while (fields.next()) {
    const field = type.byNumber[fields.number];
    if (field === undefined) continue;
    if (fields.wire !== field.wire && !(field.packed && fields.wire === wireType.bytes)) {
      throw malformedAt(fields.fieldStart, `${type.name}.${field.name} has wire type ${fields.wire}`);
    }
    if (field.oneof) {
      if (chosen !== undefined && chosen !== field) found.delete(chosen);
      chosen = field;
    }
    const occurrence = { start: fields.start, end: fields.end, wire: fields.wire };
    const known = found.get(field);
    if (known) known.push(occurrence);
    else found.set(field, [occurrence]);
  }
  return found;
}

function writePacked(
  field: Field,
  bytes: Uint8Array,
  occurrences: readonly Occurrence[],
  out: ByteWriter,
): void {
  out.varint(field.number * 8 + wireType.bytes);
  out.varint(occurrences.reduce((sum, { start, end }) => sum + end - start, 0));
  for (const { start, end } of occurrences) out.copy(bytes, start, end);
}

function writeMessage(
  field: Field,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  out: ByteWriter,
): void {
  out.varint(field.number * 8 + wireType.bytes);
  const expected = range.end - range.start;
  const mark = out.begin(expected);
  const name = field.message?.name;
  // Inside these the JSON writer itself takes the last of several values.
  if (field.message === undefined || name === 'ArrayValue' || name === 'KeyValueList') {
    out.copy(bytes, range.start, range.end);
  } else writeRegular(field.message, bytes, range, out);
  out.end(mark, expected);
}

function writeScalar(field: Field, bytes: Uint8Array, { start, end }: Occurrence, out: ByteWriter): void {
  out.varint(field.number * 8 + field.wire);
  if (field.type === 'bool') {
    out.byte(bytes.subarray(start, end).some((byte) => (byte & 0x7f) !== 0) ? 1 : 0);
    return;
  }
  if (field.wire === wireType.bytes) out.varint(end - start);
  out.copy(bytes, start, end);
}
