import type { ContextManagementToken } from '@opentelemetry/api';
import { activeSpan } from '../runtime/context.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import type { SpanSettings } from './run-span.ts';
import { idleHandle, OtelSpanHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { tracedCall, tryOpenSpan } from './traced-call.ts';

export type SpanOptions = Omit<SpanSettings, 'attributes'>;

const noHooks = {};

/**
 * Runs `fn` inside a span. The span ends when `fn` returns, when its promise settles, or when the generator or stream it returned
 * ends; an error is recorded and thrown on.
 *
 * @example
 * const rows = await withSpan('load rows', { table: 'users' }, async (span) => {
 *   span.addEvent('connected');
 *   return [1, 2, 3];
 * });
 */
export function withSpan<T>(
  name: string,
  attributes: SpanAttributes,
  fn: (span: SpanHandle) => T,
  options: SpanOptions = {},
): T {
  const runtime = currentRuntime();
  return runtime === undefined
    ? fn(idleHandle)
    : tracedCall(runtime, name, { ...options, attributes }, fn, noHooks);
}

/** A span ended by hand or by `using`. What starts inside its block becomes its child. */
export interface ManualSpan extends SpanHandle, Disposable {
  end(): void;
}

/**
 * Starts a span and makes it current until it ends. Prefer `withSpan` around asynchronous code: a context entered by hand stays
 * current for the caller when `end` is not reached in the same function.
 *
 * @example
 * {
 *   using span = startSpan('parse', { bytes: 120 });
 *   span.addEvent('header read');
 * } // ends here
 */
export function startSpan(
  name: string,
  attributes: SpanAttributes = {},
  options: SpanOptions = {},
): ManualSpan {
  const runtime = currentRuntime();
  const opened = runtime === undefined ? undefined : tryOpenSpan(runtime, name, { ...options, attributes });
  if (runtime === undefined || opened === undefined) return idleManualSpan;
  return new OpenManualSpan(opened.span, runtime.contextManager.attach?.(opened.context));
}

/** The span in whose context this code runs; a handle that does nothing when there is none. */
export function currentSpan(): SpanHandle {
  const span = activeSpan();
  return span === undefined ? idleHandle : new OtelSpanHandle(span);
}

class OpenManualSpan extends OtelSpanHandle implements ManualSpan {
  readonly #token: ContextManagementToken | undefined;
  #open = true;

  constructor(
    span: ConstructorParameters<typeof OtelSpanHandle>[0],
    token: ContextManagementToken | undefined,
  ) {
    super(span);
    this.#token = token;
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.otel.end();
    (this.#token as { dispose?: () => void } | undefined)?.dispose?.();
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

const idleManualSpan: ManualSpan = { ...idleHandle, end: () => undefined, [Symbol.dispose]: () => undefined };
