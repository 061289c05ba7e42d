/** The handle user code holds on a span: a small surface over OpenTelemetry's, safe to use before init and after the end. */
import { SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import { guard } from './diagnostics.ts';

/** Attribute values as OpenTelemetry takes them. Undefined values are left out. */
export type SpanAttributes = Attributes;

export interface SpanHandle {
  readonly traceId: string;
  readonly spanId: string;
  /** False when the span is not sampled or tracing is off: expensive attributes can be skipped. */
  readonly isRecording: boolean;
  /** OpenTelemetry's own span, for what this handle does not offer. */
  readonly otel: Span | undefined;
  setAttributes(attributes: SpanAttributes): void;
  addEvent(name: string, attributes?: SpanAttributes): void;
  /** Records the exception and marks the span failed. Any value may be thrown, so any value is taken. */
  recordError(error: unknown): void;
  updateName(name: string): void;
}

export class OtelSpanHandle implements SpanHandle {
  readonly otel: Span;

  constructor(span: Span) {
    this.otel = span;
  }

  get traceId(): string {
    return this.otel.spanContext().traceId;
  }

  get spanId(): string {
    return this.otel.spanContext().spanId;
  }

  get isRecording(): boolean {
    return this.otel.isRecording();
  }

  setAttributes(attributes: SpanAttributes): void {
    if (this.otel.isRecording()) guard('setting attributes', () => void this.otel.setAttributes(attributes));
  }

  addEvent(name: string, attributes?: SpanAttributes): void {
    if (this.otel.isRecording()) guard('adding an event', () => void this.otel.addEvent(name, attributes));
  }

  recordError(error: unknown): void {
    if (this.otel.isRecording()) recordErrorOn(this.otel, error);
  }

  updateName(name: string): void {
    if (this.otel.isRecording()) this.otel.updateName(name);
  }
}

/** What callers get when nothing is recorded. */
export const idleHandle: SpanHandle = {
  traceId: '0'.repeat(32),
  spanId: '0'.repeat(16),
  isRecording: false,
  otel: undefined,
  setAttributes: () => undefined,
  addEvent: () => undefined,
  recordError: () => undefined,
  updateName: () => undefined,
};

export function recordErrorOn(span: Span, error: unknown): void {
  guard('recording an error', () => {
    const { type, message } = describeError(error);
    span.recordException(error instanceof Error ? error : { name: type, message });
    span.setAttribute('error.type', type);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  });
}

/** Type and message of anything thrown; never throws, even for hostile objects. */
export function describeError(error: unknown): { readonly type: string; readonly message: string } {
  try {
    if (error instanceof Error) {
      const { code } = error as { code?: unknown };
      const type = error.name !== 'Error' || typeof code !== 'string' ? error.name : code;
      return { type: String(type), message: String(error.message) };
    }
    if (typeof error === 'object' && error !== null && 'message' in error) {
      return { type: 'object', message: String(error.message) };
    }
    return { type: typeof error, message: String(error) };
  } catch {
    return { type: 'unknown', message: 'unreadable error' };
  }
}
