import { readFile } from 'node:fs/promises';

/** Items accepted in a segment, as its envelopes say (field 4 of each, see ingest/envelope.ts). */
export async function segmentItems(path: string): Promise<number> {
  const bytes = await readFile(path);
  let items = 0;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 0x80) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  const skip = (length: number): void => {
    at += length;
  };
  while (at < bytes.length) {
    const end = varint() + at;
    while (at < end) {
      const tag = varint();
      if (tag === 4 * 8) items += varint();
      else if ((tag & 7) === 2) skip(varint());
      else if ((tag & 7) === 1) at += 8;
      else if ((tag & 7) === 5) at += 4;
      else varint();
    }
    at = end;
  }
  return items;
}
