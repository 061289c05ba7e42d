/** A program that was just started offers its target a moment later: with --wait, what cannot be replayed yet is asked for again. */
import { setTimeout as delay } from 'node:timers/promises';
import { SightlineError } from '@sightline/schema/errors';
import type { Invocation } from '../command.ts';

const againMs = 500;

export async function onceOffered<T>({ options, signal }: Invocation, begin: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + (options.durationMs('wait') ?? 0);
  for (;;) {
    try {
      return await begin();
    } catch (error) {
      const mayCome = error instanceof SightlineError && error.code === 'nothing_to_replay';
      if (!mayCome || signal.aborted || performance.now() > untilMs) throw error;
    }
    await delay(againMs, undefined, { signal }).catch(() => undefined);
  }
}
