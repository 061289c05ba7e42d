/** The replay in force, one for all copies of the SDK in this process. */
import { isPromise } from 'node:util/types';
import type { SpanHandle } from '../core/span-handle.ts';
import type { ReplaySession } from './replay-session.ts';

const slotKey = Symbol.for('sightline.replay.v1');
const holder = globalThis as { [slotKey]?: { current: ReplaySession | undefined } };
const slot = (holder[slotKey] ??= { current: undefined });

export function currentReplay(): ReplaySession | undefined {
  return slot.current;
}

export function replaceReplay(session: ReplaySession | undefined): void {
  slot.current = session;
}

/** Runs `fn`, the code of the operation that `handle` is about; under a replay the recording answers in its place. */
export function runReplayed<T>(handle: SpanHandle, fn: () => T, isAsync: boolean): T {
  if (slot.current !== undefined) return slot.current.run(handle.spanId, fn, isAsync);
  const result = fn();
  // A replay has to know which of the two to give back where the function does not say.
  if (!isAsync && isPromise(result)) handle.setAttributes({ 'sightline.async': true });
  return result;
}

export function isAsyncFunction(fn: unknown): boolean {
  return typeof fn === 'function' && fn.constructor.name === 'AsyncFunction';
}
