import { setTimeout as delay } from 'node:timers/promises';

const firstMs = 100;
const longestMs = 5_000;

/** Waits before retry number `attempt` (from 0): doubling, capped, and jittered so that many do not come back at once. */
export async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 20));
  await delay(ceilingMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(
    () => undefined,
  );
}
