import { err, ok, type Result, ownValue } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';

const signalsByKey: Readonly<Record<string, TelemetrySignal>> = {
  resourcespans: 'traces',
  resourcelogs: 'logs',
  resourcemetrics: 'metrics',
};

/** What an OTLP JSON request holds. The first key nearly always tells; only an odd document is parsed to find out. */
export function signalsOfJson(json: Uint8Array): Result<readonly TelemetrySignal[], string> {
  const start = new TextDecoder().decode(json.subarray(0, 64));
  const [, firstKey = ''] = /^[\s\uFEFF]*\{\s*"(\w+)"/.exec(start) ?? [];
  const known = ownValue(signalsByKey, normalizeKey(firstKey));
  if (known !== undefined) return ok([known]);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(json)) as unknown;
  } catch (error) {
    return err(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const keys = typeof document === 'object' && document !== null ? Object.keys(document) : [];
  const signals = keys.flatMap((key) => ownValue(signalsByKey, normalizeKey(key)) ?? []);
  return signals.length === 0
    ? err('neither OTLP (no resourceSpans, resourceLogs or resourceMetrics) nor a log (no message, no level)')
    : ok(signals);
}

function normalizeKey(key: string): string {
  return key.replaceAll('_', '').toLowerCase();
}
