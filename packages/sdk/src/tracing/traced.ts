import type { Attributes, Span } from '@opentelemetry/api';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { findCallSite, type CallSite } from '../logging/call-site.ts';
import { writeLineAt, type LogFields } from '../logging/logger.ts';
import type { MeasuredFunction } from '../core/function-durations.ts';
import { PendingSpan } from '../sampling/pending-span.ts';
import { capture } from './capture.ts';
import type { LateAttributes, SpanSettings } from './run-span.ts';
import type { SpanAttributes } from '../core/span-handle.ts';
import type { SpanKind } from '../core/span-kinds.ts';
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
  // Where the program wraps the function: what the lines about its calls name.
  const site = findCallSite(traced);
  if (typeof first === 'function')
    return wrap(first, options.name ?? (first.name || 'anonymous'), options, site);
  const chosen = first ?? {};
  return <G extends AnyFunction>(method: G, context: ClassMethodDecoratorContext): G => {
    const name = String(context.name);
    if (chosen.name !== undefined) return wrap(method, chosen.name, chosen, site);
    // The class has no name yet when its methods are decorated; it is read from the receiver at the first call.
    return wrap(method, (receiver) => `${className(receiver)}${name}`, chosen, site);
  };
}

function wrap<F extends AnyFunction>(
  fn: F,
  name: string | ((receiver: unknown) => string),
  options: TracedOptions,
  site: CallSite | undefined,
): F {
  const { kind, attributes, force } = options;
  const plain: SpanSettings = { kind, attributes, force };
  let calls: TracedFunction | undefined;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const runtime = currentRuntime();
    if (runtime === undefined) return Reflect.apply(fn, this, args);
    if (calls?.runtime !== runtime) {
      const spanName = typeof name === 'string' ? name : name(this);
      const named = site === undefined ? undefined : { ...site, function: fn.name || spanName };
      calls = new TracedFunction(runtime, spanName, options, named);
    }
    const settings =
      calls.withArguments && args.length > 0
        ? { kind, attributes, force, late: new LateArguments(runtime, args) }
        : plain;
    return tracedCall(
      runtime,
      calls.name,
      settings,
      () => Reflect.apply(fn, this, args) as unknown,
      calls.hooksFor(args),
    );
  };
  Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: fn.length, configurable: true });
  return wrapped as unknown as F;
}

/** What all calls of one traced function share under one runtime; the hooks of its calls when nothing is logged. */
class TracedFunction implements CallHooks {
  readonly runtime: Runtime;
  readonly name: string;
  readonly withArguments: boolean;
  readonly outsideContext = true;
  readonly #withResult: boolean;
  readonly #site: CallSite | undefined;
  readonly #measured: MeasuredFunction;

  constructor(runtime: Runtime, name: string, options: TracedOptions, site: CallSite | undefined) {
    const captures = runtime.options.capture !== 'off';
    this.runtime = runtime;
    this.name = name;
    this.withArguments = options.captureArguments ?? captures;
    this.#withResult = options.captureResult ?? captures;
    this.#site = site;
    this.#measured = runtime.functionDurations.ensure(name);
  }

  hooksFor(args: readonly unknown[]): CallHooks {
    if (!this.runtime.logsDebug) return this;
    const line = { span_name: this.name };
    const log = (what: string, fields: LogFields) =>
      writeLineAt(loggerName, 'DEBUG', `${this.name} ${what}`, fields, this.#site);
    return {
      started: () => {
        const given = this.withArguments && args.length > 0 ? capture(this.runtime, args) : undefined;
        log('started', given === undefined ? line : { ...line, arguments: given });
      },
      ended: (span, value, durationMs, items) => {
        this.ended(span, value, durationMs, items);
        log('completed', { ...line, performanceMetrics: { durationMs: round(durationMs) } });
      },
      failed: (span, error, durationMs) => {
        this.failed(span, error, durationMs);
        log('failed', { ...line, error, performanceMetrics: { durationMs: round(durationMs) } });
      },
    };
  }

  ended(span: Span, value: unknown, durationMs: number, items: number | undefined): void {
    this.#measured.ok.add(durationMs / 1000);
    if (!this.#withResult || value === undefined || items !== undefined) return;
    if (span instanceof PendingSpan && isImmutable(value))
      span.writeLater({ write: () => resultAttributes(this.runtime, value) });
    else {
      const attributes = resultAttributes(this.runtime, value);
      if (attributes !== undefined) span.setAttributes(attributes);
    }
  }

  failed(_span: Span, _error: unknown, durationMs: number): void {
    this.#measured.error.add(durationMs / 1000);
  }
}

const loggerName = 'sightline.traced';

class LateArguments implements LateAttributes {
  readonly #runtime: Runtime;
  readonly #args: readonly unknown[];

  constructor(runtime: Runtime, args: readonly unknown[]) {
    this.#runtime = runtime;
    this.#args = args;
  }

  get canWait(): boolean {
    return this.#args.every(isImmutable);
  }

  write(): Attributes | undefined {
    const text = capture(this.#runtime, this.#args);
    return text === undefined ? undefined : { 'sightline.arguments': text };
  }
}

/** Texts are bounded too: a span that waits must not hold a large one. */
function isImmutable(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 1000;
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function resultAttributes(runtime: Runtime, value: unknown): Attributes | undefined {
  const text = capture(runtime, value);
  if (text === undefined) return undefined;
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return isScalar
    ? { 'sightline.result': text }
    : { 'sightline.result': text, 'sightline.result.size': sizeOf(value, text) };
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
