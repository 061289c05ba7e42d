/** The one place where spans are opened around code. Everything public in this folder is a thin layer over it. */
import {
  isSpanContextValid,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { withSpanSet } from '../runtime/context.ts';
import { ensureCorrelation } from '../correlation/correlation-id.ts';
import type { OutsideRate, Runtime } from '../runtime/runtime.ts';
import { isForced, withForce } from '../sampling/force.ts';
import { PendingSpan } from '../sampling/pending-span.ts';
import { drawKeptTrace } from '../sampling/trace-ids.ts';
import { UnsampledSpan } from '../sampling/unsampled-span.ts';
import { otelKinds, type SpanKind } from '../core/span-kinds.ts';

export interface SpanSettings {
  readonly kind?: SpanKind | undefined;
  readonly attributes?: Attributes | undefined;
  /** Attributes that take time to write; asked for when the span turns out to be kept. */
  readonly late?: LateAttributes | undefined;
  /** Sampled whatever the rate says, with everything inside. */
  readonly force?: boolean | undefined;
  /** Starts a new trace even inside another span. */
  readonly root?: boolean | undefined;
  /** Epoch milliseconds. */
  readonly startTimeMs?: number | undefined;
}

export interface LateAttributes {
  /** False when what they describe may change before the end of the trace: then they are written at the start. */
  readonly canWait: boolean;
  write(): Attributes | undefined;
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
  const { outside } = runtime;
  const isForcing = settings.force === true;
  const enclosing = trace.getSpan(parent);
  const parentSpan = settings.root === true ? undefined : enclosing;
  let context = parentSpan === enclosing ? parent : trace.deleteSpan(parent);
  if (parentSpan === undefined) context = ensureCorrelation(context);
  if (isForcing) {
    context = withForce(context);
    if (parentSpan instanceof PendingSpan) outside?.tail?.force(parentSpan.trace);
  } else if (parentSpan instanceof PendingSpan) {
    if (outside?.tail !== undefined)
      return opened(outside.tail.startChild(parentSpan, context, noted(name, settings)), context);
  } else if (parentSpan !== undefined && !parentSpan.isRecording()) {
    if (parentSpan.spanContext().isRemote !== true) {
      if (outside !== undefined) outside.notSampled.count++;
      return undefined;
    }
  }
  if (outside !== undefined && !isForcing) {
    const span = tryOpenOutside(runtime, outside, context, parentSpan, name, settings);
    if (span !== undefined) return opened(span, context);
  }
  const options: SpanOptions = { kind: otelKinds[settings.kind ?? 'INTERNAL'] };
  const attributes = allAttributes(settings);
  if (attributes !== undefined) options.attributes = attributes;
  if (settings.startTimeMs !== undefined) options.startTime = settings.startTimeMs;
  return opened(runtime.tracer.startSpan(name, options, context), context);
}

/** The root of a trace outside the rate: one that is noted until its end, or one that records nothing. */
function tryOpenOutside(
  runtime: Runtime,
  outside: OutsideRate,
  context: Context,
  parent: Span | undefined,
  name: string,
  settings: SpanSettings,
): Span | undefined {
  const remote = parent?.spanContext();
  const isRemote = remote?.isRemote === true && isSpanContextValid(remote);
  if ((parent !== undefined && !isRemote) || isForced(context) || isTracingSuppressed(context))
    return undefined;
  if (isRemote ? runtime.sampler.keepsRemote(remote) : drawKeptTrace(runtime.sampler.rate)) return undefined;
  if (outside.tail !== undefined)
    return outside.tail.startRoot(context, isRemote ? remote : undefined, noted(name, settings));
  // A remote parent's ids are carried on by the SDK's own unrecorded span.
  if (isRemote) return undefined;
  outside.notSampled.count++;
  return new UnsampledSpan();
}

function noted(name: string, settings: SpanSettings) {
  const { late } = settings;
  return {
    name,
    kind: settings.kind,
    attributes: late?.canWait === false ? allAttributes(settings) : settings.attributes,
    late: late?.canWait === true ? late : undefined,
    startTimeMs: settings.startTimeMs,
  };
}

function allAttributes({ attributes, late }: SpanSettings): Attributes | undefined {
  const written = late?.write();
  return written === undefined ? attributes : { ...attributes, ...written };
}

function opened(span: Span, context: Context): OpenedSpan {
  return { span, context: withSpanSet(context, span) };
}
