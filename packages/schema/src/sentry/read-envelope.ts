/** The body of a request of Sentry's SDKs: a line of JSON for the whole, then items, each a line of JSON and a payload. */

export interface SentryItem {
  readonly type: string;
  readonly payload: Uint8Array;
}

export interface SentryEnvelope {
  readonly eventId: string | undefined;
  /** With the key, for SDKs that cannot set headers. */
  readonly dsn: string | undefined;
  readonly items: readonly SentryItem[];
}

/** An SDK sends a handful. */
export const envelopeItemsMax = 1_000;
const headerBytesMax = 65_536;
const newline = 0x0a;

/** Undefined where it is no envelope. What is cut off at the end is read as far as it goes. */
export function readEnvelope(bytes: Uint8Array): SentryEnvelope | undefined {
  const first = lineAt(bytes, 0);
  const header = jsonObject(bytes.subarray(0, Math.min(first, headerBytesMax)));
  if (header === undefined) return undefined;
  const items: SentryItem[] = [];
  for (let at = first + 1; at < bytes.length && items.length < envelopeItemsMax;) {
    const end = lineAt(bytes, at);
    if (end === at) {
      at += 1;
      continue;
    }
    const item = end - at > headerBytesMax ? undefined : jsonObject(bytes.subarray(at, end));
    if (item === undefined) break;
    const { type, length } = item;
    const start = end + 1;
    const isSized = typeof length === 'number' && Number.isSafeInteger(length) && length >= 0;
    const stop = isSized ? Math.min(start + length, bytes.length) : lineAt(bytes, start);
    if (typeof type === 'string') items.push({ type, payload: bytes.subarray(start, stop) });
    at = stop + 1;
  }
  return { eventId: textOf(header['event_id']), dsn: textOf(header['dsn']), items };
}

/** Where the line that begins at `start` ends. */
function lineAt(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(newline, start);
  return end < 0 ? bytes.length : end;
}

export function jsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'),
    );
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? (read as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
