/** The metrics every program gets without code. Instruments belong to the runtime that made them. */
import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { Runtime } from '../runtime/runtime.ts';

export interface StandardMetrics {
  readonly workflowDuration: Histogram;
  readonly workflowCost: Histogram;
  readonly workflowCount: Counter;
  readonly stepDuration: Histogram;
  readonly llmCallDuration: Histogram;
  readonly llmTokens: Counter;
  readonly errorCount: Counter;
  readonly operationDuration: Histogram;
  readonly tokenUsage: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly timePerOutputChunk: Histogram;
  readonly toolDuration: Histogram;
}

const made = new WeakMap<Meter, StandardMetrics>();

export function standardMetrics(runtime: Runtime): StandardMetrics {
  let metrics = made.get(runtime.meter);
  if (metrics === undefined) made.set(runtime.meter, (metrics = create(runtime.meter)));
  return metrics;
}

export function countError(runtime: Runtime, attributes: Attributes): void {
  standardMetrics(runtime).errorCount.add(1, attributes);
}

function create(meter: Meter): StandardMetrics {
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description });
  return {
    workflowDuration: seconds('workflow.duration', 'Time a workflow took.'),
    workflowCost: meter.createHistogram('workflow.cost', {
      unit: 'USD',
      description: 'Cost of the model calls of a workflow.',
    }),
    workflowCount: meter.createCounter('workflow.count', {
      unit: '{workflow}',
      description: 'Workflows run, by status.',
    }),
    stepDuration: seconds('step.duration', 'Time a step took.'),
    llmCallDuration: seconds('llm.call.duration', 'Time a model call took.'),
    llmTokens: meter.createCounter('llm.tokens', { unit: '{token}', description: 'Tokens used, by type.' }),
    errorCount: meter.createCounter('error.count', {
      unit: '{error}',
      description: 'Errors, by operation and type.',
    }),
    operationDuration: seconds('gen_ai.client.operation.duration', 'GenAI operation duration.'),
    tokenUsage: meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Tokens per operation.',
    }),
    timeToFirstChunk: seconds(
      'gen_ai.client.operation.time_to_first_chunk',
      'Time to the first chunk of a stream.',
    ),
    timePerOutputChunk: seconds(
      'gen_ai.client.operation.time_per_output_chunk',
      'Time between chunks of a stream.',
    ),
    toolDuration: seconds('gen_ai.execute_tool.duration', 'Time a tool call took.'),
  };
}
