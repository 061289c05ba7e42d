/** Bucket boundaries the conventions prescribe; histograms without a view use OpenTelemetry's defaults or their own advice. */
import { AggregationType, InstrumentType, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { sdkName } from '../core/version.ts';

const operationSeconds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const workflowSeconds = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const mcpSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const dollars = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50];

const explicit = (instrumentName: string, boundaries: number[]): ViewOptions => ({
  instrumentName,
  instrumentType: InstrumentType.HISTOGRAM,
  aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries } },
});

/** Instruments of this meter are exponential histograms: a view can tell them only by where they come from. */
export const exponentialMeterName = `${sdkName}/exponential`;

export const metricViews: ViewOptions[] = [
  {
    meterName: exponentialMeterName,
    instrumentType: InstrumentType.HISTOGRAM,
    aggregation: {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { recordMinMax: true, maxSize: 160 },
    },
  },
  explicit('gen_ai.client.operation.*', operationSeconds),
  explicit('gen_ai.client.token.usage', tokens),
  explicit('llm.call.duration', operationSeconds),
  explicit('step.duration', workflowSeconds),
  explicit('workflow.duration', workflowSeconds),
  explicit('workflow.cost', dollars),
  explicit('mcp.*', mcpSeconds),
];
