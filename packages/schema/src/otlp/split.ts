import type { TelemetrySignal } from '../api/index.ts';
import { ByteWriter } from './byte-writer.ts';
import { isContainer, isItem, type MessageType, requestTypes, wireType } from './message-type.ts';
import { WireReader } from './wire-reader.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How many spans, log records or data points a request holds. Throws MalformedError. */
export function countItems(signal: TelemetrySignal, request: Uint8Array): number {
  return count(requestTypes[signal], request, { start: 0, end: request.length });
}

function count(type: MessageType, bytes: Uint8Array, range: Range): number {
  let items = 0;
  const fields = new WireReader(bytes, range.start, range.end);
  while (fields.next()) {
    const message = type.byNumber[fields.number]?.message;
    if (message === undefined) continue;
    if (isItem(message)) items++;
    else if (isContainer(message)) items += count(message, bytes, fields);
  }
  return items;
}

/**
 * Two requests with half of the items each, in order, with the resources, scopes and metrics they belong to. A request
 * of one item or none comes back alone. Throws MalformedError.
 */
export function splitRequest(signal: TelemetrySignal, request: Uint8Array): Uint8Array[] {
  const items = countItems(signal, request);
  if (items < 2) return [request];
  const half = Math.ceil(items / 2);
  return [
    keepItems(requestTypes[signal], request, { start: 0, end: half }),
    keepItems(requestTypes[signal], request, { start: half, end: items }),
  ];
}

/** The request with only the items whose number, counted from 0, lies in `kept`. */
function keepItems(type: MessageType, bytes: Uint8Array, kept: Range): Uint8Array {
  const out = new ByteWriter(bytes.length);
  let item = 0;
  const copyContainer = (container: MessageType, range: Range): void => {
    const fields = new WireReader(bytes, range.start, range.end);
    while (fields.next()) {
      const message = container.byNumber[fields.number]?.message;
      if (message && isItem(message)) {
        if (item >= kept.start && item < kept.end) out.copy(bytes, fields.fieldStart, fields.end);
        item++;
      } else if (message && isContainer(message)) {
        const before = item;
        const lengthBefore = out.length;
        out.varint(fields.number * 8 + wireType.bytes);
        const mark = out.begin(fields.end - fields.start);
        copyContainer(message, fields);
        out.end(mark, fields.end - fields.start);
        // Nothing of it belongs here.
        if (item <= kept.start || before >= kept.end) out.length = lengthBefore;
      } else out.copy(bytes, fields.fieldStart, fields.end);
    }
  };
  copyContainer(type, { start: 0, end: bytes.length });
  return out.finish();
}
