/** Keeps what an operation gave back closely enough to give it back again in a replay. */
import type { Span } from '@opentelemetry/api';
import { guard } from '../core/diagnostics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { captureValue } from '../masking/capture-value.ts';
import { parseJson } from './exchange.ts';

const limits = { charactersMax: 200_000, itemsMax: 20_000, depthMax: 64 } as const;

/** `shown` is what stands on the span for people; `name` gets the whole value where that is not the same. */
export function recordResult(
  runtime: Runtime,
  span: Span,
  value: unknown,
  { shown, name = 'sightline.result' }: { readonly shown: string | undefined; readonly name?: string },
): void {
  const mode = runtime.options.capture;
  if (mode === 'off' || !span.isRecording()) return;
  if (value === undefined) span.setAttribute('sightline.result.kind', 'undefined');
  if (value === undefined) return;
  // A value may have traps: what it does must not keep the rest of the span from being told.
  guard('recording a result', () => {
    if (isStream(value)) return;
    const text = captureValue(value, limits, mode === 'full' ? undefined : runtime.maskText);
    if (typeof value === 'string' && parseJson(text) !== undefined)
      span.setAttribute('sightline.result.kind', 'text');
    if (text === shown) return;
    if (mode === 'masked') runtime.maskText.noteMasked(text);
    span.setAttribute(name, text);
  });
}

function isStream(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || 'getReader' in value)
  );
}
