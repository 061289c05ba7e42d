/** What a run was given, as it stands on its root for a replay. */
import type { Attributes } from '@opentelemetry/api';
import type { Runtime } from '../runtime/runtime.ts';
import { captureValue } from '../masking/capture-value.ts';

const limits = { charactersMax: 200_000, itemsMax: 20_000, depthMax: 64 } as const;

export function inputAttributes(
  runtime: Runtime,
  { input, context }: { readonly input?: unknown; readonly context?: unknown },
): Attributes {
  const mode = runtime.options.capture;
  if (mode === 'off') return {};
  const text = (value: unknown) =>
    captureValue(value, limits, mode === 'full' ? undefined : runtime.maskText);
  return {
    ...(input === undefined ? {} : { 'sightline.input': text(input) }),
    ...(context === undefined ? {} : { 'sightline.context': text(context) }),
  };
}
