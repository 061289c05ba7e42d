/**
 * The correlation id: one id for everything done on behalf of one incoming request or tool call, across services. It rides in
 * the context and is stamped on every span and log record made inside, as `correlation_id`.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from '@opentelemetry/api';
import { guard, sayOnce } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { activeContext, inheritedAttributes, runInContext, withInherited } from '../runtime/context.ts';

export const correlationAttribute = 'correlation_id';
const idCharactersMax = 128;

/** The correlation id in force, or undefined when none is set. */
export function getCorrelationId(): string | undefined {
  return correlationIdOf(activeContext());
}

/**
 * Runs `fn` with the correlation id; everything it starts, also asynchronously, has it.
 *
 * @example
 * withCorrelationId('order-42', () => getCorrelationId()); // 'order-42'
 */
export function withCorrelationId<T>(id: string, fn: () => T): T {
  return runInContext(withCorrelation(activeContext(), id), fn);
}

/**
 * Sets the correlation id from here on, for code that has no function to wrap: what the current asynchronous flow does next, and what
 * that starts, has it. Prefer `withCorrelationId`, whose end is clear. Does nothing before `init`.
 *
 * @example
 * setCorrelationId('order-42');
 * getCorrelationId(); // 'order-42'
 */
export function setCorrelationId(id: string): void {
  guard('setting the correlation id', () => {
    const manager = currentRuntime()?.contextManager;
    if (manager === undefined) return;
    if (manager.attach === undefined)
      sayOnce(
        'attach',
        'The context manager of this program cannot be set: use withCorrelationId instead of setCorrelationId.',
      );
    else manager.attach(withCorrelation(manager.active(), id));
  });
}

export function correlationIdOf(context: Context): string | undefined {
  return inheritedAttributes(context)[correlationAttribute];
}

export function withCorrelation(context: Context, id: string): Context {
  return withInherited(context, { [correlationAttribute]: cleanId(id) ?? randomUUID() });
}

/** The context itself when it has a correlation id, else one with a new id: for the entry of a request, run or tool call. */
export function ensureCorrelation(context: Context): Context {
  return correlationIdOf(context) === undefined ? withCorrelation(context, randomUUID()) : context;
}

/** An id from outside, cut to 128 characters; undefined when nothing printable is left. Header injection dies here. */
export function cleanId(id: string | undefined): string | undefined {
  // JavaScript callers and parsed headers give anything.
  if (typeof id !== 'string') return undefined;
  const printable = id.replace(/[^\x21-\x7e]/g, '').slice(0, idCharactersMax);
  return printable === '' ? undefined : printable;
}
