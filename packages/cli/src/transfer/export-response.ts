import { readVarint } from './chunks.ts';

/** `partial_success` of an Export*ServiceResponse: field 1, with the rejected count in 1 and the message in 2. */
export function readPartialSuccess(response: Uint8Array): { rejected: number; message: string } {
  const partial = readDelimitedField(response, 1);
  if (partial === undefined) return { rejected: 0, message: '' };
  return { rejected: readVarintField(partial, 1) ?? 0, message: decode(readDelimitedField(partial, 2)) };
}

/** `message` of a google.rpc.Status (field 2); what the HTTP status says when there is none. */
export function readStatusMessage(body: Uint8Array, response: Response): string {
  const fallback = response.statusText || 'no reason given';
  if (response.headers.get('content-type')?.includes('protobuf') !== true) return fallback;
  return decode(readDelimitedField(body, 2)).replace(/\.$/, '') || fallback;
}

function readDelimitedField(message: Uint8Array, wanted: number): Uint8Array | undefined {
  for (const field of walk(message))
    if (field.number === wanted && field.bytes !== undefined) return field.bytes;
  return undefined;
}

function readVarintField(message: Uint8Array, wanted: number): number | undefined {
  for (const field of walk(message))
    if (field.number === wanted && field.bytes === undefined) return field.value;
  return undefined;
}

function* walk(
  message: Uint8Array,
): Generator<{ number: number; value: number; bytes: Uint8Array | undefined }> {
  let at = 0;
  while (at < message.byteLength) {
    const tag = readVarint(message, at);
    const wireType = (tag?.value ?? 0) % 8;
    const value = tag === undefined ? undefined : readVarint(message, tag.end);
    // A Status and a partial success hold varints and delimited fields only.
    if (tag === undefined || value === undefined || (wireType !== 0 && wireType !== 2)) return;
    const end = wireType === 2 ? value.end + value.value : value.end;
    yield {
      number: Math.floor(tag.value / 8),
      value: value.value,
      bytes: wireType === 2 ? message.subarray(value.end, end) : undefined,
    };
    at = end;
  }
}

function decode(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}
