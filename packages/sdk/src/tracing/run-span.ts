/** The one place where spans are opened around code. Everything public in this folder is a thin layer over it. */
import { trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { ensureCorrelation } from '../correlation/correlation-id.ts';
import type { Runtime } from '../core/runtime.ts';
import { isForced, withForce } from '../sampling/root-sampler.ts';
import { drawKeptTrace, UnsampledSpan } from '../sampling/unsampled-span.ts';
import { otelKinds, type SpanKind } from './span-handle.ts';

export interface SpanSettings {
  readonly kind?: SpanKind | undefined;
  readonly attributes?: Attributes | undefined;
  /** Sampled whatever the rate says, with everything inside. */
  readonly force?: boolean | undefined;
  /** Starts a new trace even inside another span. */
  readonly root?: boolean | undefined;
  /** Epoch milliseconds. */
  readonly startTimeMs?: number | undefined;
}

export interface OpenedSpan {
  readonly span: Span;
  readonly context: Context;
}

/**
 * Opens a span under the context, or returns undefined when the enclosing trace is not recorded: the caller then runs the code as
 * it is, which keeps an unsampled call under a microsecond.
 */
export function openSpan(
  runtime: Runtime,
  parent: Context,
  name: string,
  settings: SpanSettings,
): OpenedSpan | undefined {
  const parentSpan = trace.getSpan(parent);
  if (parentSpan !== undefined && settings.force !== true && settings.root !== true) {
    const { isRemote } = parentSpan.spanContext();
    if (isRemote !== true && !parentSpan.isRecording()) return undefined;
  }
  let context = settings.root === true ? trace.deleteSpan(parent) : parent;
  if (parentSpan === undefined || settings.root === true) context = ensureCorrelation(context);
  if (settings.force === true) context = withForce(context);
  else if (
    runtime.dropsAtStart &&
    isRoot(parentSpan, settings) &&
    !isForced(context) &&
    !drawKeptTrace(runtime.sampler.rate)
  ) {
    const span = new UnsampledSpan();
    return { span, context: trace.setSpan(context, span) };
  }
  const span = runtime.tracer.startSpan(
    name,
    {
      kind: otelKinds[settings.kind ?? 'INTERNAL'],
      ...(settings.attributes === undefined ? {} : { attributes: settings.attributes }),
      ...(settings.startTimeMs === undefined ? {} : { startTime: settings.startTimeMs }),
    },
    context,
  );
  return { span, context: trace.setSpan(context, span) };
}

function isRoot(parent: Span | undefined, settings: SpanSettings): boolean {
  return parent === undefined || settings.root === true;
}
