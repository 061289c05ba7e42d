/**
 * The current metrics without waiting, for a process that exits at once: OpenTelemetry's own collection is asynchronous because
 * observable instruments may be. Those are left out; what was counted and measured by calls is all there. Reads the SDK's
 * internals, whose version is pinned; undefined when they are not as known.
 */
import { millisToHrTime } from '@opentelemetry/core';
import type { MetricData, MetricProducer, ResourceMetrics } from '@opentelemetry/sdk-metrics';

interface Collector {
  readonly _sharedState?: {
    readonly resource: ResourceMetrics['resource'];
    readonly meterSharedStates?: ReadonlyMap<string, MeterState>;
  };
}

interface MeterState {
  readonly _instrumentationScope: ResourceMetrics['scopeMetrics'][number]['scope'];
  readonly metricStorageRegistry: {
    getStorages(collector: unknown): readonly {
      collect(collector: unknown, time: [number, number]): MetricData | undefined;
    }[];
  };
}

export function collectNow(
  producer: MetricProducer | undefined,
  further: ResourceMetrics['scopeMetrics'],
): ResourceMetrics | undefined {
  const shared = (producer as Collector | undefined)?._sharedState;
  if (shared?.meterSharedStates === undefined) return undefined;
  const time = millisToHrTime(Date.now());
  const scopeMetrics: ResourceMetrics['scopeMetrics'] = [...further];
  for (const meter of shared.meterSharedStates.values()) {
    const metrics: MetricData[] = [];
    for (const storage of meter.metricStorageRegistry.getStorages(producer)) {
      const data = storage.collect(producer, time);
      if (data !== undefined && data.dataPoints.length > 0) metrics.push(data);
    }
    if (metrics.length > 0) scopeMetrics.push({ scope: meter._instrumentationScope, metrics });
  }
  return scopeMetrics.length === 0 ? undefined : { resource: shared.resource, scopeMetrics };
}
