/**
 * The engine cannot read a message that contains itself, so an AnyValue that is an array or a key-value list becomes
 * JSON text in a field of our own, `json_value = 15`. Bytes become base64 strings, integers keep all their digits,
 * doubles always show a point or an exponent, NaN and the infinities become strings, an empty value becomes null.
 */
import type { ByteWriter } from './byte-writer.ts';
import { malformedAt } from './malformed.ts';
import { decodeUtf8, isWellFormedUtf8 } from './utf8.ts';
import { doubleAt, varintSigned, WireReader } from './wire-reader.ts';

export interface JsonValueLimits {
  readonly depthMax: number;
  /** Where in the output text may end: what would come after it is cut by the caller, so it need not be written. */
  outputEnd: number;
  /** Called when a value below `depthMax` was replaced. */
  readonly onTooDeep: () => void;
}

export const tooDeepMark = '[too deep]';

const kindByNumber = ['', 'string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'] as const;
const wireByNumber = [-1, 2, 0, 0, 1, 2, 2, 2];

/** Writes the AnyValue whose content is `bytes[start…end)`. Throws MalformedError. */
export function writeJsonValue(
  out: ByteWriter,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  limits: JsonValueLimits,
  depth = 0,
): void {
  const reader = new WireReader(bytes, range.start, range.end);
  let number = 0;
  let start = 0;
  let end = 0;
  // Of several values the last one counts, as everywhere in protobuf.
  while (reader.next()) {
    if (reader.number > 7) continue;
    if (reader.wire !== wireByNumber[reader.number]) {
      throw malformedAt(reader.fieldStart, `field ${reader.number} of AnyValue has wire type ${reader.wire}`);
    }
    number = reader.number;
    start = reader.start;
    end = reader.end;
  }
  switch (kindByNumber[number]) {
    case 'string':
      writeJsonString(out, bytes, { start, end }, limits);
      return;
    case 'bool':
      out.ascii(varintSigned(bytes, start, end) === 0n ? 'false' : 'true');
      return;
    case 'int':
      out.ascii(varintSigned(bytes, start, end).toString());
      return;
    case 'double':
      out.ascii(jsonDouble(doubleAt(bytes, start)));
      return;
    case 'bytes':
      out.ascii(`"${Buffer.from(bytes.subarray(start, end)).toString('base64')}"`);
      return;
    case 'array':
    case 'kvlist':
      if (depth >= limits.depthMax) {
        limits.onTooDeep();
        out.ascii(`"${tooDeepMark}"`);
      } else if (number === 5) writeArray(out, bytes, { start, end }, limits, depth + 1);
      else writeObject(out, bytes, { start, end }, limits, depth + 1);
      return;
    default:
      out.ascii('null');
  }
}

function writeArray(
  out: ByteWriter,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  limits: JsonValueLimits,
  depth: number,
): void {
  const values = new WireReader(bytes, range.start, range.end);
  let separator = 0x5b;
  while (values.next()) {
    if (values.number !== 1) continue;
    if (values.wire !== 2)
      throw malformedAt(values.fieldStart, 'the values of an array have a wrong wire type');
    out.byte(separator);
    separator = 0x2c;
    writeJsonValue(out, bytes, values, limits, depth);
  }
  if (separator === 0x5b) out.byte(0x5b);
  out.byte(0x5d);
}

function writeObject(
  out: ByteWriter,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  limits: JsonValueLimits,
  depth: number,
): void {
  const entries = new WireReader(bytes, range.start, range.end);
  let separator = 0x7b;
  while (entries.next()) {
    if (entries.number !== 1) continue;
    if (entries.wire !== 2)
      throw malformedAt(entries.fieldStart, 'the values of a list have a wrong wire type');
    out.byte(separator);
    separator = 0x2c;
    const entry = new WireReader(bytes, entries.start, entries.end);
    let keyStart = 0;
    let keyEnd = 0;
    let value = { start: 0, end: 0 };
    while (entry.next()) {
      if (entry.number > 2) continue;
      if (entry.wire !== 2) throw malformedAt(entry.fieldStart, 'a key-value pair has a wrong wire type');
      if (entry.number === 2) value = { start: entry.start, end: entry.end };
      else {
        keyStart = entry.start;
        keyEnd = entry.end;
      }
    }
    writeJsonString(out, bytes, { start: keyStart, end: keyEnd }, limits);
    out.byte(0x3a);
    writeJsonValue(out, bytes, value, limits, depth);
  }
  if (separator === 0x7b) out.byte(0x7b);
  out.byte(0x7d);
}

function writeJsonString(
  out: ByteWriter,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  limits: JsonValueLimits,
): void {
  if (out.length > limits.outputEnd) return;
  const { start } = range;
  const end = Math.min(range.end, start + limits.outputEnd - out.length + 1);
  if (!isWellFormedUtf8(bytes, start, end)) {
    out.text(JSON.stringify(decodeUtf8(bytes, start, end)));
    return;
  }
  out.byte(0x22);
  let copied = start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) continue;
    out.copy(bytes, copied, i);
    out.ascii(escapes[byte] ?? '');
    copied = i + 1;
  }
  out.copy(bytes, copied, end);
  out.byte(0x22);
}

function jsonDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

/** By byte: `\n`, `\"` and so on. */
const escapes: readonly string[] = Array.from({ length: 0x5d }, (_, byte) =>
  JSON.stringify(String.fromCharCode(byte)).slice(1, -1),
);
