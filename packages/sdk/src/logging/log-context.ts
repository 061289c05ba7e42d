/** Fields that everything logged inside inherits. They live in the OpenTelemetry context, so they follow asynchronous code. */
import { createContextKey, INVALID_TRACEID, trace, type Context } from '@opentelemetry/api';
import { inheritedAttributes } from '../runtime/context.ts';

export type LogContext = Readonly<Record<string, unknown>>;

const key = createContextKey('sightline.log_context');
const none: LogContext = Object.freeze({});

export function logContextOf(context: Context): LogContext {
  return (context.getValue(key) as LogContext | undefined) ?? none;
}

export function withLogContext(context: Context, fields: LogContext): Context {
  return context.setValue(key, { ...logContextOf(context), ...fields });
}

/** `correlation_id`, `trace_id` and `span_id` as log lines carry them; only those that are set. */
export function traceFields(context: Context): Record<string, string> {
  const fields: Record<string, string> = { ...inheritedAttributes(context) };
  const span = trace.getSpanContext(context);
  if (span !== undefined && span.traceId !== INVALID_TRACEID) {
    fields['trace_id'] = span.traceId;
    fields['span_id'] = span.spanId;
  }
  return fields;
}
