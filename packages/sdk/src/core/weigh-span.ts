/** Approximate bytes a queued item holds: its long texts, plus a flat amount. Runs for every item, so it only adds up lengths. */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export const flatBytes = 600;

export function weighSpan(span: ReadableSpan): number {
  let bytes = flatBytes + weighAttributes(span.attributes);
  for (const event of span.events)
    if (event.attributes !== undefined) bytes += 100 + weighAttributes(event.attributes);
  return bytes;
}

export function weighAttributes(attributes: Attributes): number {
  let bytes = 0;
  for (const key in attributes) {
    const value = attributes[key];
    bytes += typeof value === 'string' ? value.length : typeof value === 'object' ? 200 : 8;
  }
  return bytes;
}
