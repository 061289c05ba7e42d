import { ByteWriter } from './byte-writer.ts';
import { malformedAt } from './malformed.ts';
import { type Field, type MessageType, wireType } from './message-type.ts';
import { WireReader } from './wire-reader.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How often a single message or a packed list may be continued. Bounds the memory that remembers the pieces. */
const piecesMax = 100_000;

/**
 * The same message in the one form every reader agrees on: single fields once (last scalar wins, messages merge), one
 * member per oneof, numbers packed, no unknown fields, short tags, booleans 0 or 1. Throws MalformedError.
 */
export function toRegularForm(type: MessageType, bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter(bytes.length);
  writeRegular(type, bytes, { start: 0, end: bytes.length }, out);
  return out.finish();
}

function writeRegular(type: MessageType, bytes: Uint8Array, range: Range, out: ByteWriter): void {
  const singles = new Map<Field, Range[]>();
  let chosen: Field | undefined;
  const fields = new WireReader(bytes, range.start, range.end);
  while (fields.next()) {
    const field = type.byNumber[fields.number];
    if (field === undefined) continue;
    if (fields.wire !== field.wire && !(field.packed && fields.wire === wireType.bytes)) {
      throw malformedAt(fields.fieldStart, `${type.name}.${field.name} has wire type ${fields.wire}`);
    }
    if (field.repeated && !field.packed) {
      writeOne(field, bytes, fields, out);
      continue;
    }
    if (field.oneof) {
      if (chosen !== undefined && chosen !== field) singles.delete(chosen);
      chosen = field;
    }
    const piece = { start: fields.start, end: fields.end };
    const pieces = field.packed || field.message ? singles.get(field) : undefined;
    if (pieces === undefined) singles.set(field, [piece]);
    else if (pieces.push(piece) > piecesMax) {
      throw malformedAt(
        fields.fieldStart,
        `${type.name}.${field.name} comes in more than ${piecesMax} pieces`,
      );
    }
  }
  for (const [field, pieces] of singles) {
    if (field.packed) writePacked(field, bytes, pieces, out);
    else {
      const merged = Buffer.concat(pieces.map(({ start, end }) => bytes.subarray(start, end)));
      writeOne(field, merged, { start: 0, end: merged.length }, out);
    }
  }
}

function writeOne(field: Field, bytes: Uint8Array, range: Range, out: ByteWriter): void {
  if (field.message) writeMessage(field, bytes, range, out);
  else writeScalar(field, bytes, range, out);
}

function writePacked(field: Field, bytes: Uint8Array, pieces: readonly Range[], out: ByteWriter): void {
  out.varint(field.number * 8 + wireType.bytes);
  out.varint(pieces.reduce((sum, { start, end }) => sum + end - start, 0));
  for (const { start, end } of pieces) out.copy(bytes, start, end);
}

function writeMessage(field: Field, bytes: Uint8Array, range: Range, out: ByteWriter): void {
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

function writeScalar(field: Field, bytes: Uint8Array, { start, end }: Range, out: ByteWriter): void {
  out.varint(field.number * 8 + field.wire);
  if (field.type === 'bool') {
    out.byte(bytes.subarray(start, end).some((byte) => (byte & 0x7f) !== 0) ? 1 : 0);
    return;
  }
  if (field.wire === wireType.bytes) out.varint(end - start);
  out.copy(bytes, start, end);
}
