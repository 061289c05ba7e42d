import { activeContext } from '../runtime/context.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { countError, standardMetrics } from '../metrics/standard-metrics.ts';
import { capture } from '../tracing/capture.ts';
import { idleHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { recordResult } from '../replay/record-result.ts';
import { isAsyncFunction, runReplayed } from '../replay/replay-slot.ts';
import { addToolCall } from './totals.ts';
import { definedAttributes, describeAndRun, errorType, prepareOperation } from './traced-operation.ts';

export interface ToolOptions {
  readonly name: string;
  /** The id the model gave the call. */
  readonly callId?: string;
  readonly description?: string;
  readonly type?: 'function' | 'extension' | 'datastore';
  /** Recorded under the `capture` option, like the result. */
  readonly arguments?: unknown;
  readonly agent?: string;
  readonly attributes?: SpanAttributes;
}

/**
 * One call of a tool: an `execute_tool` span with arguments and result, `gen_ai.execute_tool.duration` and `error.count`.
 *
 * @example
 * const weather = await traceTool({ name: 'weather', arguments: { city: 'Oslo' } }, async () => ({ celsius: -3 }));
 */
export function traceTool<T>(options: ToolOptions, fn: (span: SpanHandle) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn(idleHandle);
  return describeAndRun(
    () => {
      const labels = definedAttributes({
        'gen_ai.tool.name': options.name,
        'gen_ai.agent.name': options.agent,
      });
      addToolCall(activeContext());
      return prepareOperation(
        runtime,
        {
          name: `execute_tool ${options.name}`,
          attributes: {
            'gen_ai.operation.name': 'execute_tool',
            ...labels,
            ...definedAttributes({
              'gen_ai.tool.call.id': options.callId,
              'gen_ai.tool.description': options.description,
              'gen_ai.tool.type': options.type,
              'gen_ai.tool.call.arguments': capture(runtime, options.arguments),
            }),
            ...options.attributes,
          },
        },
        (handle) => runReplayed(handle, () => fn(handle), isAsyncFunction(fn)),
        {
          always: true,
          ended: (span, value, durationMs, items) => {
            const result = capture(runtime, value);
            if (result !== undefined) span.setAttribute('gen_ai.tool.call.result', result);
            if (items === undefined) recordResult(runtime, span, value, { shown: result });
            standardMetrics(runtime).toolDuration.record(durationMs / 1000, labels);
          },
          failed: (_span, error, durationMs) => {
            const withError = { ...labels, 'error.type': errorType(error) };
            standardMetrics(runtime).toolDuration.record(durationMs / 1000, withError);
            countError(runtime, { ...withError, operation: 'tool' });
          },
        },
      );
    },
    () => fn(idleHandle),
  );
}
