/**
 * Living with an OpenTelemetry that is already set up, of any 1.x, 2.x or 3.x SDK, or is set up after us.
 *
 * Registered globals are read from the symbol they live under, because our API copy does not see globals registered by an older
 * one. An existing tracer provider gets our processor added and serves our spans; its own exporters keep working. If the host
 * registers its provider after our init, that provider takes over and gets our processor, instead of being refused.
 */
import {
  context,
  metrics,
  propagation,
  trace,
  type ContextManager,
  type TextMapPropagator,
  type TracerProvider,
} from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

interface GlobalApi {
  readonly version?: string;
  readonly trace?: TracerProvider & { getDelegate?: () => TracerProvider };
  readonly context?: ContextManager;
  readonly propagation?: TextMapPropagator;
  readonly logs?: unknown;
}

function globalApi(): GlobalApi {
  return (globalThis as { [key: symbol]: GlobalApi | undefined })[Symbol.for('opentelemetry.js.api.1')] ?? {};
}

/** The real tracer provider behind the global one, when the host registered one. */
export function findHostTracerProvider(): TracerProvider | undefined {
  const provider = globalApi().trace;
  const real = provider?.getDelegate?.() ?? provider;
  return real?.constructor.name === 'NoopTracerProvider' ? undefined : real;
}

export const findHostContextManager = (): ContextManager | undefined => globalApi().context;

/** Adds a span processor to a provider of any SDK version; false when it is none of OpenTelemetry's. */
export function addSpanProcessor(provider: TracerProvider, processor: SpanProcessor): boolean {
  const known = provider as {
    addSpanProcessor?: (processor: SpanProcessor) => void;
    _activeSpanProcessor?: { _spanProcessors?: SpanProcessor[] };
  };
  if (typeof known.addSpanProcessor === 'function') {
    known.addSpanProcessor(processor);
    return true;
  }
  const list = known._activeSpanProcessor?._spanProcessors;
  if (!Array.isArray(list)) return false;
  list.push(processor);
  return true;
}

export function removeSpanProcessor(provider: TracerProvider, processor: SpanProcessor): void {
  const list = (provider as { _activeSpanProcessor?: { _spanProcessors?: SpanProcessor[] } })
    ._activeSpanProcessor?._spanProcessors;
  const index = list?.indexOf(processor) ?? -1;
  if (index >= 0) list?.splice(index, 1);
}

/** Adds our log processor to the host's logger provider, so that its log bridges reach Sightline too. */
export function addHostLogProcessor(processor: LogRecordProcessor): boolean {
  const legacy = (globalThis as { [key: symbol]: unknown })[Symbol.for('io.opentelemetry.js.api.logs')];
  const registered: unknown =
    globalApi().logs ?? (typeof legacy === 'function' ? (legacy as (version: number) => unknown)(1) : legacy);
  const proxy = registered as { getDelegate?: () => unknown; _getDelegate?: () => unknown } | undefined;
  const provider: unknown = proxy?.getDelegate?.() ?? proxy?._getDelegate?.() ?? proxy;
  const state = (provider as SdkLoggerProvider | undefined)?._sharedState;
  const list = state?.activeProcessor?.processors;
  if (!Array.isArray(list)) return false;
  list.push(processor);
  return true;
}

interface SdkLoggerProvider {
  readonly _sharedState?: { readonly activeProcessor?: { readonly processors?: unknown[] } };
}

export interface OwnGlobals {
  readonly tracerProvider: TracerProvider;
  readonly contextManager: ContextManager;
  readonly propagator: TextMapPropagator;
  readonly meterProvider: Parameters<typeof metrics.setGlobalMeterProvider>[0];
}

let adopting: ((provider: TracerProvider) => boolean) | undefined;
const watched = new WeakSet();

/** `prototype` is that of `TraceAPI` in any copy of the API: a provider registered through it is adopted, as through ours. */
export function adoptFromCopy(prototype: object): void {
  const api = prototype as { setGlobalTracerProvider: (this: unknown, provider: TracerProvider) => boolean };
  if (watched.has(api) || typeof api.setGlobalTracerProvider !== 'function') return;
  watched.add(api);
  const original = api.setGlobalTracerProvider;
  api.setGlobalTracerProvider = function (provider) {
    return adopting?.(provider) === true || original.call(this, provider);
  };
}

/** Registers what the host has not; returns how to take it back. */
export function registerGlobals(own: OwnGlobals, adopt: (provider: TracerProvider) => boolean): () => void {
  const before = globalApi();
  const undo: (() => void)[] = [];
  // Once the host lives on our context manager and propagator, they outlive us.
  let shared = false;
  const unlessShared = (step: () => void) => undo.push(() => (shared ? undefined : step()));
  if (before.context === undefined && context.setGlobalContextManager(own.contextManager)) {
    unlessShared(() => context.disable());
  }
  if (before.propagation === undefined && propagation.setGlobalPropagator(own.propagator)) {
    unlessShared(() => propagation.disable());
  }
  if (!hasMeterProvider() && metrics.setGlobalMeterProvider(own.meterProvider))
    undo.push(() => metrics.disable());
  if (findHostTracerProvider() === undefined && trace.setGlobalTracerProvider(own.tracerProvider)) {
    // Our registration would make the host's own, later one fail and silence its exporters.
    adopting = (provider) => {
      if (!adopt(provider)) return false;
      shared = true;
      const proxy = globalApi().trace as { setDelegate?: (provider: TracerProvider) => void } | undefined;
      proxy?.setDelegate?.(provider);
      return true;
    };
    adoptFromCopy(Object.getPrototypeOf(trace) as object);
    undo.push(() => (adopting = undefined));
    unlessShared(() => trace.disable());
  }
  return () => {
    for (const step of undo) step();
  };
}

function hasMeterProvider(): boolean {
  return (globalApi() as { metrics?: unknown }).metrics !== undefined;
}
