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
