const firstMs = 100;
const longestMs = 5_000;

/** How long to wait before retry number `attempt` (from 0): doubling, capped, and jittered so that many do not return at once. */
export function backOffMs(attempt: number): number {
  const ceilingMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 20));
  return ceilingMs * (0.5 + Math.random() / 2);
}
