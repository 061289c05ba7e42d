/** Masks the string attributes of a span in place, for `masking.allSpanAttributes`. */
import type { Span } from '@opentelemetry/sdk-trace';
import type { MaskText } from './mask-text.ts';
import { placeholder } from './placeholder.ts';

export function maskSpanAttributes(span: Span, mask: MaskText): void {
  for (const [key, value] of Object.entries(span.attributes)) {
    if (typeof value !== 'string') continue;
    const name = key.slice(key.lastIndexOf('.') + 1);
    const masked = mask.isSensitiveKey(name) ? placeholder('secret') : mask(value);
    if (masked !== value) span.setAttribute(key, masked);
  }
}
