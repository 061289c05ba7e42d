/** Starts the SDK into memory for a test, quiet, and stops it afterwards. */
import { afterEach } from 'vitest';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { flush, init, memoryExporter, shutdown, type InitOptions, type MemoryExporter } from '../index.ts';

afterEach(async () => {
  await shutdown({ timeoutMs: 500 });
});

export function startSdk(options: InitOptions = {}): MemoryExporter {
  const memory = memoryExporter();
  init({
    serviceName: 'test',
    processMetrics: false,
    logHandlers: [],
    exporters: [memory],
    // The tests of each wrapper say themselves what is wrapped.
    instrumentClients: false,
    ...options,
  });
  return memory;
}

export function spanNamed(memory: MemoryExporter, name: string): ReadableSpan {
  const span = memory.spans.find((candidate) => candidate.name === name);
  if (span === undefined)
    throw new Error(`No span ${name} among ${memory.spans.map((each) => each.name).join(', ')}`);
  return span;
}

export async function metricPoints(memory: MemoryExporter, name: string): Promise<DataPoint<unknown>[]> {
  await flush();
  const points: DataPoint<unknown>[] = [];
  for (const scope of memory.metrics.at(-1)?.scopeMetrics ?? []) {
    for (const metric of scope.metrics)
      if (metric.descriptor.name === name) points.push(...metric.dataPoints);
  }
  return points;
}
