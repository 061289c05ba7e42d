import { ensure, nanosFromMs } from '@sightline/base';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import type { LabelledValue } from '../query/alerts/read-rule-values.ts';

export type RecordedSample = LabelledValue & { readonly name: string; readonly timeMs: number };

/** Answers of recording rules as a request of OTLP: gauges, by the names that the rules say. */
export function recordedSamples(samples: readonly RecordedSample[]): Uint8Array {
  const metrics = [...Map.groupBy(samples, ({ name }) => name)].map(([name, each]) => ({
    name,
    gauge: {
      dataPoints: each.map(({ labels, value, timeMs }) => ({
        timeUnixNano: String(nanosFromMs(timeMs)),
        asDouble: Number.isFinite(value) ? value : String(value),
        attributes: Object.entries(labels).map(([key, text]) => ({ key, value: { stringValue: text } })),
      })),
    },
  }));
  const scope = { name: 'sightline.recording-rules' };
  const request = { resourceMetrics: [{ resource: { attributes: [] }, scopeMetrics: [{ scope, metrics }] }] };
  const encoded = jsonToProtobuf('metrics', new TextEncoder().encode(JSON.stringify(request)));
  return ensure(encoded.ok ? encoded.value : undefined, 'recorded samples as protobuf');
}
