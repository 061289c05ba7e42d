/** Polls a condition; for tests that wait on sockets and child processes. Throws when the deadline passes. */
export async function waitUntil(condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const started = performance.now();
  while (!condition()) {
    if (performance.now() - started > deadlineMs)
      throw new Error(`Condition not met in ${deadlineMs} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
