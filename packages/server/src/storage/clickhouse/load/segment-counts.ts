/** What a segment says of its items, read from the heads of its envelopes (ingest/envelope.ts): the engine would need longer to plan the question. */
export interface SegmentCount {
  readonly project: string;
  /** Unix time in seconds, the start of the minute of arrival. */
  readonly minute: number;
  /** '' for what was accepted. */
  readonly reason: string;
  readonly items: number;
}

/** Items by project, minute and reason, summed. */
export function segmentCounts(bytes: Buffer): readonly SegmentCount[] {
  const sums = new Map<string, SegmentCount>();
  for (const envelope of fieldsOf(bytes, { start: 0, end: bytes.length }, true)) {
    let project = '';
    let minute = 0;
    const entries: { readonly reason: string; readonly items: number }[] = [];
    for (const field of fieldsOf(bytes, envelope)) {
      if (field.number === 1) project = bytes.toString('utf8', field.start, field.end);
      else if (field.number === 2) minute = minuteOf(bytes.readBigUInt64LE(field.start));
      else if (field.number === 4) entries.push({ reason: '', items: field.value });
      else if (field.number === 5) entries.push(rejectionOf(bytes, field));
    }
    for (const { reason, items } of entries) {
      const key = `${minute}\0${reason}\0${project}`;
      sums.set(key, { project, minute, reason, items: items + (sums.get(key)?.items ?? 0) });
    }
  }
  return [...sums.values()];
}

function rejectionOf(bytes: Buffer, within: Extent): { readonly reason: string; readonly items: number } {
  let reason = '';
  let items = 0;
  for (const field of fieldsOf(bytes, within))
    if (field.number === 1) reason = bytes.toString('utf8', field.start, field.end);
    else if (field.number === 2) items = field.value;
  return { reason, items };
}

function minuteOf(nanos: bigint): number {
  return Number(nanos / 60_000_000_000n) * 60;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** A field's number, the extent of its content, and its value where that is a varint. */
interface WireField extends Extent {
  readonly number: number;
  readonly value: number;
}

/** The fields of a message, or with `framed` the messages of a file, each preceded by its length. */
function* fieldsOf(bytes: Buffer, { start, end }: Extent, framed = false): Iterable<WireField> {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < end; scale *= 0x80) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < end) {
    const tag = framed ? 2 : varint();
    const wire = tag & 7;
    const value = wire === 0 || wire === 2 ? varint() : 0;
    const length = { 1: 8, 2: value, 5: 4 }[wire] ?? 0;
    yield { number: tag >> 3, value, start: at, end: at + length };
    at += length;
  }
}
