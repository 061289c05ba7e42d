import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedRequest {
  readonly signal: 'traces' | 'logs' | 'metrics';
  /** As OTLP/JSON. */
  readonly request: unknown;
}

/** What a real SDK sent, as if its first span or log line had been at `startMs`; the distances between times stay. */
export function recordedRequests(
  dialect: string,
  startMs: number,
): { readonly requests: readonly RecordedRequest[]; readonly traceIds: readonly string[] } {
  const texts = (['traces', 'logs', 'metrics'] as const)
    .map((signal) => ({ signal, path: join(import.meta.dirname, dialect, `${signal}.json`) }))
    .filter(({ path }) => existsSync(path))
    .map(({ signal, path }) => ({ signal, text: readFileSync(path, 'utf8') }));
  // Metrics name the time since which they count, which is before anything that they tell of.
  const times = texts
    .filter(({ signal }) => signal !== 'metrics')
    .flatMap(({ text }) => [...text.matchAll(timeField)])
    .map(([, , nanos = '0']) => BigInt(nanos))
    .filter((nanos) => nanos > 0n);
  const shift =
    BigInt(startMs) * 1_000_000n - times.reduce((least, nanos) => (nanos < least ? nanos : least));
  const shifted = texts.map(({ signal, text }) => ({
    signal,
    text: text.replaceAll(timeField, (_all, name: string, nanos: string) =>
      nanos === '0' ? `"${name}":"0"` : `"${name}":"${BigInt(nanos) + shift}"`,
    ),
  }));
  const ids = shifted.flatMap(({ text }) => [...text.matchAll(/"traceId":\s*"([0-9a-f]{32})"/g)]);
  return {
    requests: shifted.flatMap(({ signal, text }) =>
      [JSON.parse(text) as unknown].flat().map((request) => ({ signal, request })),
    ),
    traceIds: [...new Set(ids.map(([, id = '']) => id))],
  };
}

const timeField = /"(\w*[tT]imeUnixNano)":\s*"?(\d+)"?/g;
