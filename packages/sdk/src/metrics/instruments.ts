/** Counters, gauges, histograms and timers. They may be made before `init` and survive shutdown: they rebind to the runtime in force. */
import type {
  Attributes,
  Counter as OtelCounter,
  Gauge as OtelGauge,
  Histogram as OtelHistogram,
  Meter,
  UpDownCounter,
} from '@opentelemetry/api';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { findCallSite } from '../logging/call-site.ts';
import { writeLineAt } from '../logging/logger.ts';
import { followResult } from '../core/follow-result.ts';
import { describeError } from '../core/span-handle.ts';

export type Labels = Attributes;

export interface InstrumentOptions {
  /** UCUM, such as `s`, `By`, `{request}`. */
  readonly unit?: string;
  readonly description?: string;
  /** Upper bounds of a histogram's buckets, ascending. */
  readonly buckets?: readonly number[];
}

export interface HistogramOptions extends InstrumentOptions {
  /** Exponential buckets, which fit themselves to the values: 160 at most, a few per cent wide. Excludes `buckets`. */
  readonly exponential?: boolean;
}

export interface Counter {
  /** Adds; negative values are refused by OpenTelemetry and ignored. */
  add(value?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface UpDown {
  add(value: number, labels?: Labels): void;
}

export interface Histogram {
  record(value: number, labels?: Labels): void;
}

export interface Timer {
  /** Starts measuring; the returned function records the seconds since, once, and returns them. */
  start(labels?: Labels): (more?: Labels) => number;
  /** Runs `fn` and records its time; promises and streams to their end. */
  time<T>(fn: () => T, labels?: Labels): T;
}

/** Binds an instrument to each runtime's meter on first use. */
function bound<I>(
  create: (meter: Meter) => I,
  meterOf: (runtime: Runtime) => Meter = (runtime) => runtime.meter,
): () => I | undefined {
  let meter: Meter | undefined;
  let instrument: I | undefined;
  return () => {
    const runtime = currentRuntime();
    if (runtime === undefined) return undefined;
    const current = meterOf(runtime);
    if (current !== meter) {
      meter = current;
      guard('creating an instrument', () => (instrument = create(current)));
    }
    return instrument;
  };
}

/**
 * @example
 * const orders = counter('orders', { unit: '{order}' });
 * orders.add(1, { region: 'eu' });
 */
export function counter(name: string, options: InstrumentOptions = {}): Counter {
  const instrument = bound<OtelCounter>((meter) => meter.createCounter(name, described(options)));
  return { add: (value = 1, labels) => guard('a metric', () => instrument()?.add(value, labels)) };
}

export function upDownCounter(name: string, options: InstrumentOptions = {}): UpDown {
  const instrument = bound<UpDownCounter>((meter) => meter.createUpDownCounter(name, described(options)));
  return { add: (value, labels) => guard('a metric', () => instrument()?.add(value, labels)) };
}

export function gauge(name: string, options: InstrumentOptions = {}): Gauge {
  const instrument = bound<OtelGauge>((meter) => meter.createGauge(name, described(options)));
  return { set: (value, labels) => guard('a metric', () => instrument()?.record(value, labels)) };
}

/**
 * @example
 * histogram('answer.tokens', { exponential: true }).record(512);
 */
export function histogram(name: string, options: HistogramOptions = {}): Histogram {
  const instrument = bound<OtelHistogram>(
    (meter) => meter.createHistogram(name, described(options)),
    (runtime) => {
      const byDefault = runtime.options.exponentialHistograms && options.buckets === undefined;
      return (options.exponential ?? byDefault) ? runtime.exponentialMeter : runtime.meter;
    },
  );
  return { record: (value, labels) => guard('a metric', () => instrument()?.record(value, labels)) };
}

const timerBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** A histogram of seconds. */
export function timer(name: string, options: InstrumentOptions = {}): Timer {
  const seconds = histogram(name, { unit: 's', buckets: timerBuckets, ...options });
  const start = (labels?: Labels) => {
    const startedMs = performance.now();
    let recorded: number | undefined;
    return (more?: Labels) => {
      if (recorded !== undefined) return recorded;
      recorded = (performance.now() - startedMs) / 1000;
      seconds.record(recorded, { ...labels, ...more });
      return recorded;
    };
  };
  return { start, time: (fn, labels) => observe(fn, { done: start(labels) }) };
}

type AnyFunction = (this: never, ...args: never[]) => unknown;
/** Wraps a function, or decorates a method when used as `@name(...)`. */
export type FunctionWrapper = <F extends AnyFunction>(fn: F, context?: ClassMethodDecoratorContext) => F;

/**
 * Measures every call in a histogram of seconds; as a wrapper `measureTime('db.query')(fn)` or as a decorator.
 *
 * @example
 * const query = measureTime('db.query.duration')(async (sql: string) => sql.length);
 */
export function measureTime(name: string, labels?: Labels): FunctionWrapper {
  const measured = timer(name);
  return wrapper((run) => observe(run, { done: measured.start(labels) }));
}

/** Counts every call. */
export function countCalls(name: string, labels?: Labels): FunctionWrapper {
  const calls = counter(name, { unit: '{call}' });
  return wrapper((run) => {
    calls.add(1, labels);
    return run();
  });
}

/** Counts the calls that throw or reject, by `error.type`. */
export function measureErrors(name: string, labels?: Labels): FunctionWrapper {
  const errors = counter(name, { unit: '{error}' });
  return wrapper((run) =>
    observe(run, {
      failed: (error) => errors.add(1, { ...labels, 'error.type': describeError(error).type }),
    }),
  );
}

/**
 * A number into the log stream, with the correlation id, the trace and the caller's file and line, and into a histogram of that name.
 * The line has `metric: { name, value, unit }`, whatever the metric.
 *
 * @example
 * logMetric('cart.value', 42.5, 'EUR', { shop: 'berlin' });
 */
export function logMetric(
  name: string,
  value: number,
  unit: string,
  tags: Readonly<Record<string, string>> = {},
): void {
  guard('a logged metric', () => {
    const site = currentRuntime()?.options.logCallSite === true ? findCallSite(logMetric) : undefined;
    const fields = { ...tags, category: 'PERFORMANCE' as const, metric: { name, value, unit } };
    writeLineAt('metrics', 'INFO', `${name} ${value} ${unit}`, fields, site);
    let instrument = loggedMetrics.get(name);
    if (instrument === undefined && loggedMetrics.size < 1000) {
      loggedMetrics.set(name, (instrument = histogram(name, { unit })));
    }
    instrument?.record(value, tags);
  });
}

const loggedMetrics = new Map<string, Histogram>();

function described(options: InstrumentOptions) {
  return {
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...options.buckets] } }),
  };
}

function wrapper(around: (run: () => unknown) => unknown): FunctionWrapper {
  return <F extends AnyFunction>(fn: F): F => {
    const wrapped = function (this: unknown, ...args: unknown[]): unknown {
      return around(() => Reflect.apply(fn, this, args) as unknown);
    };
    Object.defineProperty(wrapped, 'name', { value: fn.name, configurable: true });
    return wrapped as unknown as F;
  };
}

function observe<T>(fn: () => T, hooks: { done?: () => unknown; failed?: (error: unknown) => void }): T {
  const failed = (error: unknown) => {
    guard('a metric', () => {
      hooks.failed?.(error);
      hooks.done?.();
    });
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    failed(error);
    throw error;
  }
  return followResult(result, {
    inside: (resume) => resume(),
    firstItem: () => undefined,
    ended: () => guard('a metric', () => void hooks.done?.()),
    failed,
  });
}
