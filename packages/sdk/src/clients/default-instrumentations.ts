/** The instrumentation that is always on: outgoing fetch, which is undici inside Node. */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { UndiciInstrumentation, type UndiciRequest } from '@opentelemetry/instrumentation-undici';
import type { ResolvedOptions } from '../config/resolved-options.ts';
import { activeContext } from '../runtime/context.ts';

export function fetchInstrumentation(options: ResolvedOptions): UndiciInstrumentation | undefined {
  return options.traceFetch ? new UndiciInstrumentation({ ignoreRequestHook: isTracedAlready }) : undefined;
}

/**
 * The program's own OpenTelemetry may trace fetch as well. It was asked before us (see `resubscribe`), and has then put the headers of
 * its new span on the request: a child of the active span, or a trace where none is active.
 */
function isTracedAlready(request: UndiciRequest): boolean {
  const [, traceId, spanId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(traceparentOf(request)) ?? [];
  if (traceId === undefined) return false;
  const active = trace.getSpanContext(activeContext());
  if (active === undefined || !isSpanContextValid(active)) return true;
  return active.traceId === traceId && active.spanId !== spanId;
}

function traceparentOf({ headers }: UndiciRequest): string {
  if (typeof headers === 'string') return /^traceparent: *(.*)$/im.exec(headers)?.[1] ?? '';
  const index = headers.findIndex(
    (name, at) => at % 2 === 0 && typeof name === 'string' && name.toLowerCase() === 'traceparent',
  );
  return index < 0 ? '' : String(headers[index + 1]);
}

/** Puts ours behind a fetch instrumentation that the program has just set up. */
export function resubscribe(instrumentation: UndiciInstrumentation | undefined): void {
  instrumentation?.disable();
  instrumentation?.enable();
}
