import { trace } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { recordResult } from '../replay/record-result.ts';
import { inputAttributes } from '../agent/input-attributes.ts';

/**
 * Keeps what the current run was given, and later what it gave back, on the span that is current: for programs that
 * name their runs in another way than `target()` or `traceWorkflow()`. Recorded under the `capture` option.
 *
 * @example
 * saveQuery({ input: { question: 'Where is my order?' }, target: 'answer-question' });
 */
export function saveQuery(query: {
  readonly input?: unknown;
  readonly context?: unknown;
  readonly result?: unknown;
  /** What a replay sends it to. */
  readonly target?: string;
}): void {
  const runtime = currentRuntime();
  const span = trace.getSpan(activeContext());
  if (runtime === undefined || span?.isRecording() !== true) return;
  guard('saving a query', () => {
    span.setAttributes(inputAttributes(runtime, query));
    if (query.target !== undefined) span.setAttribute('sightline.target', query.target);
    if ('result' in query)
      recordResult(runtime, span, query.result, { shown: undefined, name: 'sightline.output' });
  });
}
