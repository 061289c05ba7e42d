/** Largest piece that is held in memory at once: one line, one delimited message or one whole file. */
export const pieceBytesMax = 256 * 2 ** 20;

export async function* prepend(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** All bytes as one; with `separator` between the pieces where they were lines. */
export async function readWhole(chunks: AsyncIterable<Uint8Array>, separator?: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > pieceBytesMax) throw new Error(`one document is larger than ${pieceBytesMax} bytes`);
    if (separator !== undefined) parts.push(Uint8Array.of(separator));
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Lines without their ends. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a, from); end !== -1; end = chunk.indexOf(0x0a, from)) {
      yield joinParts(parts, chunk.subarray(from, end));
      parts = [];
      size = 0;
      from = end + 1;
    }
    if (from === chunk.byteLength) continue;
    parts.push(chunk.subarray(from));
    size += chunk.byteLength - from;
    if (size > pieceBytesMax) throw new Error(`one line is longer than ${pieceBytesMax} bytes`);
  }
  if (size > 0) yield joinParts(parts, new Uint8Array());
}

/** Reads a number at `start`; undefined when the bytes end inside it. */
type LengthReader = (
  bytes: Uint8Array,
  start: number,
) => { readonly value: number; readonly end: number } | undefined;

/** Messages that each follow their length. */
export async function* readDelimited(
  chunks: AsyncIterable<Uint8Array>,
  readLength: LengthReader,
): AsyncGenerator<Uint8Array> {
  let buffered: Uint8Array = new Uint8Array();
  let offset = 0;
  for await (const chunk of chunks) {
    buffered = buffered.byteLength === 0 ? chunk : Buffer.concat([buffered, chunk]);
    let start = 0;
    for (;;) {
      const length = readLength(buffered, start);
      if (length === undefined) break;
      if (length.value > pieceBytesMax)
        throw new Error(`the message at byte ${offset + start} claims ${length.value} bytes`);
      const end = length.end + length.value;
      if (end > buffered.byteLength) break;
      yield buffered.subarray(length.end, end);
      start = end;
    }
    buffered = buffered.subarray(start);
    offset += start;
  }
  if (buffered.byteLength > 0) throw new Error(`the file ends inside the message at byte ${offset}`);
}

/** Four bytes, the highest first: the length in files of the Collector. */
export const readFixed32: LengthReader = (bytes, start) => {
  if (start + 4 > bytes.byteLength) return undefined;
  const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(start);
  return { value, end: start + 4 };
};

/** The length as `writeDelimitedTo` writes it, and any other number of protobuf. */
export function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return { value: Number.POSITIVE_INFINITY, end: start + 10 };
}

export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}

function joinParts(parts: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  const line = parts.length === 0 ? last : Buffer.concat([...parts, last]);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
