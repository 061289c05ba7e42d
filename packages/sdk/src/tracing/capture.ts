/** Captured content under the configured mode: undefined when capture is off, else bounded text, masked unless `full`. */
import type { Runtime } from '../runtime/runtime.ts';
import { captureValue } from '../masking/capture-value.ts';
import type { MaskText } from '../masking/mask-text.ts';

export function capture(runtime: Runtime, value: unknown): string | undefined {
  const { capture: mode, captureCharactersMax } = runtime.options;
  if (mode === 'off' || value === undefined) return undefined;
  const limits = { charactersMax: captureCharactersMax };
  if (mode === 'full') return captureValue(value, limits, undefined);
  const text = captureValue(value, limits, runtime.maskText);
  runtime.maskText.noteMasked(text);
  return text;
}

/** The mask for what leaves beside the telemetry, such as results of experiments; undefined where nothing is masked. */
export function maskOf(runtime: Runtime | undefined): MaskText | undefined {
  return runtime === undefined || runtime.options.capture === 'full' ? undefined : runtime.maskText;
}
