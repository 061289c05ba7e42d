/** Runs a function inside a span and follows its result. Shared by `traced`, `withSpan` and the agent vocabulary. */
import { INVALID_SPAN_CONTEXT, trace, type Span } from '@opentelemetry/api';
import type { Runtime } from '../core/runtime.ts';
import { guard, sayOnce } from '../core/diagnostics.ts';
import { followResult } from './follow-result.ts';
import { openSpan, type OpenedSpan, type SpanSettings } from './run-span.ts';
import { OtelSpanHandle, idleHandle, recordErrorOn, type SpanHandle } from './span-handle.ts';

/** What happens around the call beside the span. All optional, all guarded: a failing hook never reaches the host. */
export interface CallHooks {
  /** Call the hooks for unsampled calls too: metrics count everything. */
  readonly always?: boolean;
  started?(span: Span): void;
  firstItem?(span: Span, elapsedMs: number): void;
  item?(item: unknown): void;
  /** Before the span ends; `items` for generators, iterators and streams. */
  ended?(span: Span, value: unknown, durationMs: number, items: number | undefined): void;
  failed?(span: Span, error: unknown, durationMs: number): void;
}

export function tracedCall<T>(
  runtime: Runtime,
  name: string,
  settings: SpanSettings,
  fn: (handle: SpanHandle) => T,
  hooks: CallHooks,
): T {
  const manager = runtime.contextManager;
  const opened = tryOpenSpan(runtime, name, settings);
  if (hooks.always !== true) {
    if (opened === undefined) return fn(idleHandle);
    if (!opened.span.isRecording())
      return manager.with(opened.context, fn, undefined, new OtelSpanHandle(opened.span));
  }
  const { span, context } = opened ?? { span: unrecorded, context: manager.active() };

  // Inside the span's context, so that what a hook logs belongs to the span.
  const hook = (run: () => unknown) => guard('a span hook', () => void manager.with(context, run));
  const startedMs = performance.now();
  if (hooks.started !== undefined) hook(() => hooks.started?.(span));
  const fail = (error: unknown) => {
    if (span.isRecording()) recordErrorOn(span, error);
    if (hooks.failed !== undefined) hook(() => hooks.failed?.(span, error, performance.now() - startedMs));
    span.end();
  };
  const end = (value: unknown, items: number | undefined) => {
    if (hooks.ended !== undefined)
      hook(() => hooks.ended?.(span, value, performance.now() - startedMs, items));
    span.end();
  };
  let result: T;
  try {
    result = manager.with(context, fn, undefined, new OtelSpanHandle(span));
  } catch (error) {
    fail(error);
    throw error;
  }
  if (typeof result !== 'object' || result === null) {
    end(result, undefined);
    return result;
  }
  return followResult(result, {
    inside: (resume) => manager.with(context, resume),
    firstItem: () => {
      const elapsedMs = performance.now() - startedMs;
      span.setAttribute('sightline.first_item_ms', round(elapsedMs));
      hook(() => hooks.firstItem?.(span, elapsedMs));
    },
    item: (item) => {
      if (hooks.item !== undefined) hook(() => hooks.item?.(item));
    },
    ended: (value, items) => {
      if (items !== undefined) span.setAttribute('sightline.items', items);
      end(value, items);
    },
    failed: fail,
  });
}

const unrecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** A provider of the host's own may throw; the host's code runs all the same. */
function tryOpenSpan(runtime: Runtime, name: string, settings: SpanSettings): OpenedSpan | undefined {
  try {
    return openSpan(runtime, runtime.contextManager.active(), name, settings);
  } catch (error) {
    sayOnce('open-span', `A span could not be started and was skipped: ${String(error)}`);
    return undefined;
  }
}

export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
