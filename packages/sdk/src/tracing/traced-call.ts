/** Runs a function inside a span and follows its result. Shared by `traced`, `withSpan` and the agent vocabulary. */
import {
  INVALID_SPAN_CONTEXT,
  trace,
  type Context,
  type ContextManager,
  type Span,
} from '@opentelemetry/api';
import type { Runtime } from '../runtime/runtime.ts';
import { guard, sayOnce } from '../core/diagnostics.ts';
import { PendingSpan } from '../sampling/pending-span.ts';
import { followResult, type ResultObserver } from '../core/follow-result.ts';
import { openSpan, type OpenedSpan, type SpanSettings } from './run-span.ts';
import {
  describeError,
  OtelSpanHandle,
  idleHandle,
  recordErrorOn,
  type SpanHandle,
} from '../core/span-handle.ts';

/** What happens around the call beside the span. All optional, all guarded: a failing hook never reaches the host. */
export interface CallHooks {
  /** Call the hooks for unsampled calls too: metrics count everything. */
  readonly always?: boolean;
  /** The hooks log nothing and ask for no context, so they need not run inside the span's. */
  readonly outsideContext?: boolean;
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
  const call = new TracedCall(manager, hooks, span, context);
  let result: T;
  try {
    result = manager.with(context, fn, undefined, new OtelSpanHandle(span));
  } catch (error) {
    call.failed(error);
    throw error;
  }
  if (typeof result !== 'object' || result === null) {
    call.ended(result, undefined);
    return result;
  }
  return followResult(result, call);
}

/** The call from its start to the end of its result. */
class TracedCall implements ResultObserver {
  readonly #manager: ContextManager;
  readonly #hooks: CallHooks;
  readonly #span: Span;
  readonly #context: Context;
  readonly #startedMs: number;

  constructor(manager: ContextManager, hooks: CallHooks, span: Span, context: Context) {
    this.#manager = manager;
    this.#hooks = hooks;
    this.#span = span;
    this.#context = context;
    this.#startedMs = span instanceof PendingSpan ? span.startedMs : performance.now();
    if (hooks.started !== undefined) this.#hook(() => hooks.started?.(span));
  }

  inside<R>(fn: () => R): R {
    return this.#manager.with(this.#context, fn);
  }

  firstItem(): void {
    const elapsedMs = this.#elapsedMs();
    this.#span.setAttribute('sightline.first_item_ms', round(elapsedMs));
    if (this.#hooks.firstItem !== undefined) this.#hook(() => this.#hooks.firstItem?.(this.#span, elapsedMs));
  }

  item(item: unknown): void {
    if (this.#hooks.item !== undefined) this.#hook(() => this.#hooks.item?.(item));
  }

  ended(value: unknown, items: number | undefined): void {
    if (items !== undefined) this.#span.setAttribute('sightline.items', items);
    const hooks = this.#hooks;
    if (hooks.outsideContext === true && hooks.ended !== undefined) {
      try {
        hooks.ended(this.#span, value, this.#elapsedMs(), items);
      } catch (error) {
        sayOnce('span-hook', `A span hook failed and was skipped: ${describeError(error).message}`);
      }
    } else if (hooks.ended !== undefined)
      this.#hook(() => this.#hooks.ended?.(this.#span, value, this.#elapsedMs(), items));
    this.#span.end();
  }

  failed(error: unknown): void {
    if (this.#span.isRecording()) recordErrorOn(this.#span, error);
    if (this.#hooks.failed !== undefined)
      this.#hook(() => this.#hooks.failed?.(this.#span, error, this.#elapsedMs()));
    this.#span.end();
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Inside the span's context, so that what a hook logs belongs to the span. */
  #hook(run: () => unknown): void {
    guard('a span hook', () => void this.#manager.with(this.#context, run));
  }
}

const unrecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** A provider of the host's own may throw, and so may what a caller passes as attributes; the host's code runs all the same. */
export function tryOpenSpan(runtime: Runtime, name: string, settings: SpanSettings): OpenedSpan | undefined {
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
