import { type Meter, ValueType } from '@opentelemetry/api';
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';

import type { Program } from './traces.ts';

/** Every instrument; the exporter decides between delta and cumulative. Two exports, so that both show. */
export async function recordMetrics(exporter: PushMetricExporter, { resource }: Program): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    resource,
    readers: [reader],
    views: [
      {
        instrumentName: 'gen_ai.client.token.usage',
        aggregation: {
          type: AggregationType.EXPONENTIAL_HISTOGRAM,
          options: { maxSize: 20, recordMinMax: true },
        },
      },
    ],
  });
  const meter = provider.getMeter('conformance', '1.2.3', {
    schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
  });
  const measure = instruments(meter);
  measure(1);
  await provider.forceFlush();
  measure(2);
  await provider.forceFlush();
  await provider.shutdown();
}

function instruments(meter: Meter): (round: number) => void {
  const counter = meter.createCounter('workflow.count', { unit: '{run}', valueType: ValueType.INT });
  const cost = meter.createCounter('workflow.cost', { unit: 'USD', description: 'What the runs cost.' });
  const active = meter.createUpDownCounter('pool.active', { valueType: ValueType.INT });
  const gauge = meter.createGauge('queue.depth', { valueType: ValueType.INT });
  const temperature = meter.createGauge('temperature', { unit: 'Cel' });
  const duration = meter.createHistogram('gen_ai.client.operation.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1, 10] },
  });
  const tokens = meter.createHistogram('gen_ai.client.token.usage', { unit: '{token}' });
  const observed = meter.createObservableGauge('process.memory.usage', {
    unit: 'By',
    valueType: ValueType.INT,
  });
  observed.addCallback((result) => result.observe(123_456_789, { state: 'resident' }));
  return (round) => {
    counter.add(round, { 'gen_ai.request.model': 'gpt-5.4-mini', list: ['a', 'b'] });
    counter.add(1);
    cost.add(0.0125 * round, { currency: 'USD' });
    active.add(round === 1 ? 5 : -3);
    gauge.record(17 * round);
    temperature.record(-3.5);
    for (const seconds of [0.005, 0.05, 0.5, 5, 50]) duration.record(seconds * round, { model: 'a' });
    for (const count of [0, 1, 10, 100, 1000, 100_000])
      tokens.record(count, { 'gen_ai.token.type': 'input' });
  };
}
