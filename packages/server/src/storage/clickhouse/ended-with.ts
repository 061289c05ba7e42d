import { setTimeout as delay } from 'node:timers/promises';

/** The engine cannot end a statement that it has not begun yet, so it is told again. */
const againMs = 100;

/**
 * Runs a statement, and ends it by `kill` when the signal is aborted: engines end a statement only when another connection says so, some never by a closed one.
 * Settles when the engine is done with it.
 */
export async function endedWith<T>(
  signal: AbortSignal | undefined,
  { run, kill }: { readonly run: () => Promise<T>; readonly kill: () => Promise<unknown> },
): Promise<T> {
  signal?.throwIfAborted();
  let isDone = false;
  const end = async (): Promise<void> => {
    while (!isDone) {
      await kill().catch(() => undefined);
      await delay(againMs);
    }
  };
  const onAbort = (): void => void end();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await run();
  } finally {
    isDone = true;
    signal?.removeEventListener('abort', onAbort);
  }
}
