/** The replay in force, one for all copies of the SDK in this process; or one for the run that is current. */
import { isPromise } from 'node:util/types';
import { type Context, createContextKey } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import type { SpanHandle } from '../core/span-handle.ts';
import type { ReplaySession } from './replay-session.ts';

/** The replay of one run. What the run leaves behind when it ends is not answered any more. */
export interface ReplayScope {
  readonly session: ReplaySession;
  readonly context: Context;
  isOpen: boolean;
}

const slotKey = Symbol.for('sightline.replay.v1');
const holder = globalThis as { [slotKey]?: { current: ReplaySession | undefined; scopes?: number } };
const slot = (holder[slotKey] ??= { current: undefined });
const scopeKey = createContextKey('sightline.replay.scope');

export function currentReplay(): ReplaySession | undefined {
  return currentScope()?.session ?? slot.current;
}

export function replaceReplay(session: ReplaySession | undefined): void {
  slot.current = session;
}

/** The replay of the run that is current, if it is one. */
export function currentScope(): ReplayScope | undefined {
  // Most programs never have any.
  if ((slot.scopes ?? 0) === 0) return undefined;
  const scope = activeContext().getValue(scopeKey) as ReplayScope | undefined;
  return scope?.isOpen === true ? scope : undefined;
}

export function openScope(session: ReplaySession, around: Context): ReplayScope {
  const scope: { -readonly [K in keyof ReplayScope]: ReplayScope[K] } = {
    session,
    context: around,
    isOpen: true,
  };
  scope.context = around.setValue(scopeKey, scope);
  slot.scopes = (slot.scopes ?? 0) + 1;
  return scope;
}

export function closeScope(scope: ReplayScope): void {
  scope.isOpen = false;
  slot.scopes = (slot.scopes ?? 0) - 1;
}

/** Runs `fn`, the code of the operation that `handle` is about; under a replay the recording answers in its place. */
export function runReplayed<T>(handle: SpanHandle, fn: () => T, isAsync: boolean): T {
  const replay = currentReplay();
  if (replay !== undefined) return replay.run(handle.spanId, fn, isAsync);
  const result = fn();
  // A replay has to know which of the two to give back where the function does not say.
  if (!isAsync && isPromise(result)) handle.setAttributes({ 'sightline.async': true });
  return result;
}

export function isAsyncFunction(fn: unknown): boolean {
  return typeof fn === 'function' && fn.constructor.name === 'AsyncFunction';
}
