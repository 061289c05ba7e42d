/** Headers to and from other services, for clients and servers that no instrumentation covers. */
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';

/**
 * The headers that carry this trace and correlation id to another service: `traceparent`, `baggage`, `x-correlation-id`,
 * `x-trace-id`. Empty before `init` and when nothing is set.
 *
 * @example
 * await fetch(url, { headers: { ...correlationHeaders() } });
 */
export function correlationHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  guard('writing correlation headers', () =>
    currentRuntime()?.propagator.inject(activeContext(), headers, defaultTextMapSetter),
  );
  return headers;
}

type HeaderSource = Headers | Readonly<Record<string, unknown>>;

/** The context that incoming headers describe. Never throws; unreadable headers give an empty context. */
export function contextFromHeaders(headers: HeaderSource): Context {
  let context = ROOT_CONTEXT;
  guard('reading correlation headers', () => {
    const carrier = headers instanceof Headers ? Object.fromEntries(headers.entries()) : headers;
    context =
      currentRuntime()?.propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter) ?? ROOT_CONTEXT;
  });
  return context;
}
