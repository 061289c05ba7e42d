/** What workflow, step, tool and the like share: a span with extra context around the call, and logs and metrics at its end. */
import type { Attributes, Context } from '@opentelemetry/api';
import { sayOnce } from '../core/diagnostics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { tracedCall, type CallHooks } from '../tracing/traced-call.ts';
import { describeError, type SpanHandle } from '../core/span-handle.ts';
import type { SpanSettings } from '../tracing/run-span.ts';

export interface Operation extends SpanSettings {
  readonly name: string;
  /** Context entered around the span itself, so that the span carries what it inherits. */
  readonly around?: ((context: Context) => Context) | undefined;
}

/** Leaves out what is undefined, which OpenTelemetry would otherwise carry as empty. */
export function definedAttributes(attributes: Readonly<Record<string, unknown>>): Attributes {
  const defined: Attributes = {};
  for (const key in attributes) if (attributes[key] !== undefined) defined[key] = attributes[key];
  return defined;
}

export function runOperation<T>(
  runtime: Runtime,
  operation: Operation,
  fn: (span: SpanHandle) => T,
  hooks: CallHooks,
): T {
  const { name, around, ...settings } = operation;
  const call = () => tracedCall(runtime, name, settings, fn, hooks);
  if (around === undefined) return call();
  return runtime.contextManager.with(around(runtime.contextManager.active()), call);
}

/** `runOperation` with everything about it described, to be run. */
export function prepareOperation<T>(...args: Parameters<typeof runOperation<T>>): () => T {
  return () => runOperation(...args);
}

/**
 * Describes an operation and runs it. What a caller passes may throw when it is looked at; then the host's code runs all the same,
 * untraced.
 */
export function describeAndRun<T>(describe: () => () => T, plain: () => T): T {
  let run: () => T;
  try {
    run = describe();
  } catch (error) {
    sayOnce(
      'describe',
      `An operation could not be described and is not traced: ${describeError(error).message}`,
    );
    run = plain;
  }
  return run();
}

export function errorType(error: unknown): string {
  return describeError(error).type;
}
