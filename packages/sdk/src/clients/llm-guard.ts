/** One model call, one span: an inner client called by an instrumented outer one stays silent. */
import { createContextKey, type Context } from '@opentelemetry/api';

const key = createContextKey('sightline.inside_llm_call');

export function insideLlmCall(context: Context): boolean {
  return context.getValue(key) === true;
}

export function markInsideLlmCall(context: Context): Context {
  return context.setValue(key, true);
}

/** Whether another instrumentation (OpenTelemetry's, OpenInference's, OpenLLMetry's) already wrapped this function: they use shimmer, which leaves a mark. */
export function isWrappedByOthers(fn: unknown): boolean {
  return typeof fn === 'function' && '__wrapped' in fn && fn.__wrapped === true;
}

const ownMark = Symbol.for('sightline.sdk.wrapped');

export function isWrappedByUs(fn: unknown): boolean {
  return typeof fn === 'function' && ownMark in fn;
}

export function markWrapped<F extends object>(fn: F): F {
  Object.defineProperty(fn, ownMark, { value: true });
  return fn;
}

/** Replaces a method once; false when it is not there or already wrapped, by us or by others. */
export function wrapMethod(
  target: object,
  name: string,
  wrap: (
    original: (this: unknown, ...args: unknown[]) => unknown,
  ) => (this: unknown, ...args: unknown[]) => unknown,
): boolean {
  const original: unknown = (target as Record<string, unknown>)[name];
  if (typeof original !== 'function' || isWrappedByUs(original) || isWrappedByOthers(original)) return false;
  const unwrapped = original as (this: unknown, ...args: unknown[]) => unknown;
  const traced = wrap(unwrapped);
  const wrapped = markWrapped(function (this: unknown, ...args: unknown[]): unknown {
    // Others may have wrapped it on the object, or after us: then the span is theirs.
    const current = (this as Record<string, unknown> | null | undefined)?.[name];
    return isWrappedByOthers(current) ? unwrapped.apply(this, args) : traced.apply(this, args);
  });
  Object.defineProperty(target, name, { value: wrapped, writable: true, configurable: true });
  return true;
}
