/**
 * Context read and write, straight on the context manager in force. Going around `@opentelemetry/api`'s `context` object
 * saves a lookup per call, and works when the program's OpenTelemetry registered with an older API than ours, which ours refuses to see.
 */
import { createContextKey, ROOT_CONTEXT, type Context, type Span } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { currentRuntime } from './runtime.ts';

export function activeContext(): Context {
  return currentRuntime()?.contextManager.active() ?? ROOT_CONTEXT;
}

export function runInContext<T>(context: Context, fn: () => T): T {
  const runtime = currentRuntime();
  return runtime === undefined ? fn() : runtime.contextManager.with(context, fn);
}

export function activeSpan(): Span | undefined {
  return trace.getSpan(activeContext());
}

/** OpenTelemetry's own key for the span, the same in every copy of its API. */
const spanKey = createContextKey('OpenTelemetry Context Key SPAN');

/** What `trace.setSpan` does, without copying the map of values for each span. */
export function withSpanSet(context: Context, span: Span): Context {
  return new SpanContextLayer(context instanceof SpanContextLayer ? context.below : context, span);
}

class SpanContextLayer implements Context {
  readonly below: Context;
  readonly #span: Span;

  constructor(below: Context, span: Span) {
    this.below = below;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === spanKey
      ? withSpanSet(this.below, value as Span)
      : new SpanContextLayer(this.below.setValue(key, value), this.#span);
  }

  deleteValue(key: symbol): Context {
    return key === spanKey
      ? this.below.deleteValue(key)
      : new SpanContextLayer(this.below.deleteValue(key), this.#span);
  }
}

/** Attributes that every span and log record made inside inherits: correlation id, session, user, run. */
export type InheritedAttributes = Readonly<Record<string, string>>;

const inheritedKey = createContextKey('sightline.inherited');
const none: InheritedAttributes = Object.freeze({});

export function inheritedAttributes(context: Context): InheritedAttributes {
  return (context.getValue(inheritedKey) as InheritedAttributes | undefined) ?? none;
}

export function withInherited(context: Context, attributes: InheritedAttributes): Context {
  return context.setValue(inheritedKey, { ...inheritedAttributes(context), ...attributes });
}
