import type { Attributes, Span } from '@opentelemetry/api';
import { currentRuntime, type Runtime } from '../core/runtime.ts';
import { getLogger } from '../logging/logger.ts';
import { capture } from './capture.ts';
import type { SpanAttributes } from './span-handle.ts';
import type { SpanKind } from './span-kinds.ts';
import { round, tracedCall, type CallHooks } from './traced-call.ts';

export interface TracedOptions {
  /** Default: the function's name, or `Class.method` for a decorated method. */
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Record the arguments as `sightline.arguments`. Default: the `capture` option of init. */
  readonly captureArguments?: boolean;
  /** Record the result as `sightline.result`. Default: the `capture` option of init. */
  readonly captureResult?: boolean;
  /** Sampled whatever the rate says. */
  readonly force?: boolean;
}

type AnyFunction = (this: never, ...args: never[]) => unknown;
/** A standard (TC39) method decorator. */
type MethodDecorator = <F extends AnyFunction>(method: F, context: ClassMethodDecoratorContext) => F;

/**
 * Wraps a function so that each call is a span: its name, arguments and result (bounded and masked, off in production), the
 * exception, the status; start and end lines at DEBUG. Works for sync and async functions, generators, async iterators and
 * streams. As `@traced()` it decorates a method.
 *
 * @example
 * const search = traced(async (query: string) => ['a', 'b'], { name: 'search' });
 * await search('traces');
 */
export function traced<F extends AnyFunction>(fn: F, options?: TracedOptions): F;
export function traced(options?: TracedOptions): MethodDecorator;
export function traced<F extends AnyFunction>(
  first?: F | TracedOptions,
  options: TracedOptions = {},
): F | MethodDecorator {
  if (typeof first === 'function') return wrap(first, options.name ?? (first.name || 'anonymous'), options);
  const chosen = first ?? {};
  return <G extends AnyFunction>(method: G, context: ClassMethodDecoratorContext): G => {
    const name = String(context.name);
    if (chosen.name !== undefined) return wrap(method, chosen.name, chosen);
    // The class has no name yet when its methods are decorated; it is read from the receiver at the first call.
    return wrap(method, (receiver) => `${className(receiver)}${name}`, chosen);
  };
}

function wrap<F extends AnyFunction>(
  fn: F,
  name: string | ((receiver: unknown) => string),
  options: TracedOptions,
): F {
  let spanName = typeof name === 'string' ? name : undefined;
  const settings = { kind: options.kind, attributes: options.attributes, force: options.force };
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const runtime = currentRuntime();
    if (runtime === undefined) return Reflect.apply(fn, this, args);
    spanName ??= typeof name === 'string' ? name : name(this);
    return tracedCall(
      runtime,
      spanName,
      settings,
      () => Reflect.apply(fn, this, args) as unknown,
      hooksFor(runtime, spanName, args, options),
    );
  };
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
  return wrapped as unknown as F;
}

const log = getLogger('sightline.traced');
const noHooks: CallHooks = {};

function hooksFor(
  runtime: Runtime,
  name: string,
  args: readonly unknown[],
  options: TracedOptions,
): CallHooks {
  const captures = runtime.options.capture !== 'off';
  const withArguments = options.captureArguments ?? captures;
  const withResult = options.captureResult ?? captures;
  const logs = runtime.logsDebug;
  if (!withArguments && !withResult && !logs) return noHooks;
  return {
    started: (span) => {
      if (withArguments && args.length > 0) setCaptured(runtime, span, 'sightline.arguments', args);
      if (logs) log.debug(`${name} started`, { span_name: name });
    },
    ended: (span, value, durationMs, items) => {
      if (withResult && value !== undefined && items === undefined)
        setCaptured(runtime, span, 'sightline.result', value);
      if (logs)
        log.debug(`${name} completed`, {
          span_name: name,
          performanceMetrics: { durationMs: round(durationMs) },
        });
    },
    failed: (_span, error, durationMs) => {
      if (logs)
        log.debug(`${name} failed`, {
          span_name: name,
          error,
          performanceMetrics: { durationMs: round(durationMs) },
        });
    },
  };
}

function setCaptured(runtime: Runtime, span: Span, key: string, value: unknown): void {
  const text = capture(runtime, value);
  if (text === undefined) return;
  const attributes: Attributes = { [key]: text };
  if (key === 'sightline.result') attributes['sightline.result.size'] = sizeOf(value, text);
  span.setAttributes(attributes);
}

/** Items of a list or collection, characters of anything else as captured. */
function sizeOf(value: unknown, text: string): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return typeof value === 'string' ? value.length : text.length;
}

function className(receiver: unknown): string {
  if (typeof receiver === 'function') return receiver.name === '' ? '' : `${receiver.name}.`;
  const name = (receiver as { constructor?: { name?: string } } | null | undefined)?.constructor?.name;
  return name === undefined || name === '' || name === 'Object' ? '' : `${name}.`;
}
